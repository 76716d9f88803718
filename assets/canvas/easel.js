// The easel: one drawing a subject, its tools, and the photograph beside it. SETUP comes from demos/sketch/canvas.py.
const root = element.querySelector(".sk");
const find = (selector) => root.querySelector(selector);
const frames = [...root.querySelectorAll(".sk-photo img")];
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const NIB = { ink: 0.016, crayon: 0.026, eraser: 0.065 };
const HISTORY = 200;

const state = {
  subject: props.subject ?? SETUP.subject,
  seed: props.seed ?? SETUP.seed,
  tool: "pen",
  ink: {}, // chosen ink by subject
  easel: {}, // {past, strokes, future, photo} by subject
};
const live = () => props.live ?? true;
for (const [subject, { drawing, photo }] of Object.entries(SETUP.posters)) {
  state.easel[subject] = { past: [], strokes: fromText(drawing), future: [], photo };
  state.ink[subject] = SETUP.inks[subject][0].color;
}

const here = () => state.easel[state.subject];
const say = (sentence) => {
  const note = find(".sk-note");
  if (note.textContent !== sentence) note.textContent = sentence;
};
const drawing = (strokes) => `${state.subject}\n${toText(strokes)}`;
const order = (strokes = here().strokes) => ({ drawing: drawing(strokes), seed: state.seed });

// ------------------------------------------------------------ the photograph

const photographer = new Photographer({ take: (wish) => server.photo(wish), hang, say });

async function hang(photo, wish) {
  if (wish && (wish.drawing.split("\n", 1)[0] !== state.subject || wish.seed !== state.seed)) return;
  here().photo = photo;
  const next = frames.find((frame) => !frame.classList.contains("sk-on")) || frames[0];
  next.src = photo;
  await next.decode().catch(() => {});
  if (here().photo !== photo) return;
  for (const frame of frames) {
    frame.classList.toggle("sk-on", frame === next);
    frame.alt = frame === next ? `A photograph of a ${state.subject}, made from the drawing with seed ${state.seed}` : "";
  }
  root.dataset.photos = Number(root.dataset.photos || 0) + 1;
  root.dispatchEvent(new CustomEvent("photo", { bubbles: true, detail: { order: wish || null } }));
}

// Anything changed: the paper, the seed or the subject.
function develop() {
  const empty = !here().strokes.some((stroke) => stroke.color !== WHITE);
  root.toggleAttribute("data-empty", empty && !sheet.current);
  for (const name of ["undo", "redo"]) button(name).disabled = !here()[name === "undo" ? "past" : "future"].length;
  for (const name of ["clear", "another", "save", "both"]) button(name).disabled = empty;
  if (empty) {
    photographer.recall();
    here().photo = null;
    say("");
  } else if (live()) {
    photographer.order(order());
  } else {
    say("This model takes its time: press “Make the photograph” under “Other models” when the drawing is done.");
  }
  settleSoon();
}

// ------------------------------------------------------------ four takes

const takes = find(".sk-takes");
const deck = () => [0, 1, 2, 3].map((k) => state.seed - (state.seed % 4) + k);
let dealt = ""; // what the four show
let dealing = false;

for (let k = 0; k < 4; k++) {
  const take = document.createElement("button");
  take.type = "button";
  take.append(Object.assign(new Image(), { alt: "" }));
  take.addEventListener("click", () => choose(deck()[k]));
  takes.append(take);
}

function markTakes() {
  deck().forEach((seed, k) => {
    const take = takes.children[k];
    take.setAttribute("aria-pressed", seed === state.seed);
    take.setAttribute("aria-label", `Take ${k + 1} of 4, seed ${seed}`);
    take.title = `Seed ${seed}`;
  });
}

async function deal() {
  const wish = { ...order(), seed: deck()[0] };
  const key = JSON.stringify(wish);
  if (dealing) return settleSoon();
  if (key === dealt || root.hasAttribute("data-empty") || !live()) return settled();
  dealing = true;
  const answer = await server.takes(wish).catch(() => null);
  dealing = false;
  if (answer?.photos && JSON.stringify({ ...order(), seed: deck()[0] }) === key) {
    dealt = key;
    answer.photos.forEach((photo, k) => {
      const picture = takes.children[k].firstChild;
      picture.src = photo;
      picture.classList.add("sk-on");
    });
    settled();
  } else if (!answer || answer.photos || answer.busy) {
    settleSoon();
  }
}

function choose(seed) {
  setSeed(seed);
  root.dataset.seed = seed;
  trigger("select", { seed }); // the seed row follows
}

function setSeed(seed) {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed === state.seed) return;
  state.seed = seed;
  markTakes();
  develop();
}

// Once the hand rests, the rest of the page hears of it.
let rest;
function settleSoon() {
  root.dataset.settled = false;
  clearTimeout(rest);
  rest = setTimeout(settle, 320);
}
function settle() {
  if (sheet.current || playing || photographer.underway) return settleSoon();
  const value = drawing(here().strokes);
  if (value !== told) props.value = told = value;
  if (props.looking && !root.hasAttribute("data-empty")) trigger("submit");
  deal();
}
const settled = () => { root.dataset.settled = true; };

// ------------------------------------------------------------ the drawing and its history

const sheet = new Sheet(find(".sk-canvas"));
new Hand(sheet, {
  nib: (erasing) => (erasing || state.tool === "eraser" ? { color: WHITE, width: NIB.eraser } : nib()),
  drawing: () => {
    root.removeAttribute("data-empty");
    finishPlaying();
    if (live() && sheet.current.points.length > 3) photographer.glimpse(() => order([...here().strokes, sheet.current]));
  },
  drawn: (stroke) => commit([...here().strokes, stroke]),
});

function nib() {
  const color = state.ink[state.subject];
  return { color, width: color === SETUP.inks[state.subject][0].color ? NIB.ink : NIB.crayon };
}

function commit(strokes) {
  const paper = here();
  paper.past = [...paper.past, paper.strokes].slice(-HISTORY);
  paper.future = [];
  paper.strokes = strokes;
  sheet.show(strokes);
  develop();
}

function step(from, to) {
  finishPlaying();
  const paper = here();
  if (!paper[from].length) return;
  paper[to] = [...paper[to], paper.strokes];
  paper.strokes = paper[from].at(-1);
  paper[from] = paper[from].slice(0, -1);
  sheet.show(paper.strokes);
  develop();
}

// A drawing that arrives whole is drawn stroke by stroke, so that one sees the photograph grow with it.
let playing = null;
function play(strokes) {
  finishPlaying();
  const paper = here();
  Object.assign(paper, { past: [...paper.past, paper.strokes].slice(-HISTORY), future: [], strokes });
  const length = calm ? 1 : Math.min(1100, 260 + 30 * strokes.length);
  const show = { began: performance.now(), shown: -1 };
  playing = show;
  const tick = () => {
    if (playing !== show) return;
    const count = Math.ceil((strokes.length * (performance.now() - show.began)) / length);
    if (count >= strokes.length) return finishPlaying();
    if (count > show.shown) {
      show.shown = count;
      root.removeAttribute("data-empty");
      sheet.show(strokes.slice(0, count));
      if (live()) photographer.glimpse(() => order(strokes.slice(0, count)));
    }
    requestAnimationFrame(tick);
  };
  tick();
}
function finishPlaying() {
  if (!playing) return;
  playing = null;
  sheet.show(here().strokes);
  develop();
}

// ------------------------------------------------------------ tools

const button = (name) => find(`[data-do="${name}"]`);
const actions = {
  pen: () => setTool("pen"),
  eraser: () => setTool("eraser"),
  undo: () => step("past", "future"),
  redo: () => step("future", "past"),
  clear: () => { finishPlaying(); if (here().strokes.length) commit([]); },
  random: async () => {
    const subject = state.subject;
    const answer = await server.random_sketch({ subject, seed: Math.floor(Math.random() * 2 ** 31) }).catch(() => null);
    if (answer?.drawing && subject === state.subject) play(fromText(answer.drawing));
  },
  another: () => choose((state.seed + 1) % SETUP.seeds),
  save: () => here().photo && download(here().photo, `${state.subject}-${state.seed}.png`),
  both: async () => {
    const name = `${state.subject}-${state.seed}-both.png`;
    const answer = await server.pair(order()).catch(() => null);
    if (answer?.picture) download(answer.picture, name);
    say(answer?.sentence || "");
  },
};
for (const [name, action] of Object.entries(actions)) button(name).addEventListener("click", action);

function setTool(tool) {
  root.dataset.tool = state.tool = tool;
  for (const name of ["pen", "eraser"]) button(name).setAttribute("aria-pressed", name === tool);
}

function download(picture, name) {
  const link = document.createElement("a");
  link.href = picture;
  link.download = name;
  link.click();
}

function layOutInks() {
  const chosen = state.ink[state.subject];
  find(".sk-inks").replaceChildren(...SETUP.inks[state.subject].map(({ color, name }) => {
    const pot = document.createElement("button");
    pot.type = "button";
    pot.title = name;
    pot.style.setProperty("--ink", color);
    pot.setAttribute("role", "radio");
    pot.setAttribute("aria-label", name);
    pot.setAttribute("aria-checked", color === chosen);
    pot.tabIndex = color === chosen ? 0 : -1;
    pot.addEventListener("click", () => dip(color));
    return pot;
  }));
}
function dip(color) {
  state.ink[state.subject] = color;
  setTool("pen");
  layOutInks();
}
find(".sk-inks").addEventListener("keydown", (event) => {
  const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!turn) return;
  event.preventDefault();
  const pots = SETUP.inks[state.subject].map(({ color }) => color);
  dip(pots[(pots.indexOf(state.ink[state.subject]) + turn + pots.length) % pots.length]);
  find('.sk-inks [aria-checked="true"]').focus();
});

// Undo by keyboard anywhere in the room, except while typing.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !root.offsetParent) return;
  if (event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  (key === "y" || event.shiftKey ? actions.redo : actions.undo)();
});

// ------------------------------------------------------------ paper sketches, held into the camera

async function scan(file) {
  if (!file) return;
  const strokes = await traced(file).catch(() => null);
  if (strokes?.length) return play(strokes);
  say(strokes ? "No lines were found on that picture: draw with a dark pen on plain paper." : "That file is not a picture we can read.");
}
find(".sk-scan input").addEventListener("change", ({ target }) => { scan(target.files[0]); target.value = ""; });
sheet.canvas.addEventListener("dragover", (event) => event.preventDefault());
sheet.canvas.addEventListener("drop", (event) => { event.preventDefault(); scan(event.dataTransfer.files[0]); });

// ------------------------------------------------------------ what the page says

function turnTo(subject) {
  if (subject === state.subject || !state.easel[subject]) return;
  finishPlaying();
  photographer.recall();
  state.subject = subject;
  open();
}

// Show this subject's sheet, and the photograph it had, before asking for a new one.
function open() {
  layOutInks();
  markTakes();
  sheet.show(here().strokes);
  for (const picture of takes.querySelectorAll("img")) picture.classList.remove("sk-on");
  dealt = "";
  if (here().photo) hang(here().photo);
  develop();
}

// A drawing set from outside: a recipe that was opened. What the page itself said last is no news.
let told = `${SETUP.subject}\n${SETUP.posters[SETUP.subject].drawing}`;
function adopt() {
  if (!props.value || props.value === told) return;
  told = props.value;
  const [subject, ...lines] = props.value.split("\n");
  if (!state.easel[subject]) return;
  turnTo(subject);
  finishPlaying();
  commit(fromText(lines.join("\n")));
}

watch("value", adopt);
watch("subject", () => turnTo(props.subject));
watch("seed", () => setSeed(props.seed));
watch("looking", () => props.looking && settleSoon());
watch("live", () => {
  takes.hidden = !live();
  for (const name of ["another", "both"]) button(name).hidden = !live();
  develop();
});
watch("photo", () => props.photo && hang(props.photo));
setTool("pen");
open();
adopt();
