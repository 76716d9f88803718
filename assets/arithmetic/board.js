// The board: an equation of faces, worked out as it changes. SETUP comes from demos/arithmetic/board.py.
const root = element.querySelector(".fa");
const find = (selector) => root.querySelector(selector);
const TERMS = ["plus", "minus", "add"];
const NAMES = { plus: "first term", minus: "second term", add: "third term", face: "sliders" };
const SUM = "sum"; // in the place of a face: the sum of the equation
const BY_NAME = SETUP.attributes.map(({ name }) => name);

const state = {
  terms: Object.fromEntries(TERMS.map((term) => [term, SETUP.presets[0][term].split(",")])),
  seed: SETUP.seed,
  face: SUM,
  turns: Object.fromEntries(BY_NAME.map((name) => [name, 0])),
  chosen: "plus", // where a face that is clicked goes
};
const pictures = new Map(Object.entries(SETUP.opening.pictures)); // by face: a seed, or "w..." for a photo's

const say = (sentence) => {
  const note = find(".fa-note");
  if (note.textContent !== sentence) note.textContent = sentence;
};
// What a link asked for and did not get: beside the room's own sentences, which the next answer replaces.
let mentions = [];
function mention(sentence) {
  if (!mentions.length) setTimeout(() => { window.vernissage?.say(mentions.join(" ")); mentions = []; });
  mentions.push(sentence);
}
const order = () => ({ ...Object.fromEntries(TERMS.map((term) => [term, state.terms[term].join(",")])), seed: state.seed });
const whole = () => TERMS.every((term) => state.terms[term].length);
const called = (face) => (face === SUM ? "the sum" : face.startsWith("w") ? "the face of your photo" : `face ${face}`);

// Cross-fade: the new picture comes over the old one, and only when it has been decoded.
async function hangIn(glass, picture, alt) {
  const frames = [...glass.querySelectorAll("img")];
  const next = frames.find((frame) => !frame.classList.contains("fa-on")) || frames[0];
  glass.wanted = picture;
  next.src = picture;
  await next.decode().catch(() => {});
  if (glass.wanted !== picture) return;
  for (const frame of frames) {
    frame.classList.toggle("fa-on", frame === next);
    frame.alt = frame === next ? alt : "";
  }
}

// ------------------------------------------------------------ the sum

const solver = new Photographer({ take: (wish) => server.solve(wish), hang: hangSum, say });

function hangSum({ grid, means }, wish) {
  if (JSON.stringify(wish) !== JSON.stringify(order())) return;
  hangIn(find(".fa-sum .fa-glass"), grid, "Nine faces: the sum in the middle, and around it the same sum with a little noise");
  means.forEach((mean, k) => hangMean(TERMS[k], mean));
  root.dataset.sums = Number(root.dataset.sums || 0) + 1;
}

// Anything in the equation changed.
function equate() {
  root.toggleAttribute("data-open", !whole());
  for (const name of ["save-equation", "save-grid"]) button(name).disabled = !whole();
  for (const term of [...TERMS, "face"]) layOut(term);
  markPreset();
  find(".fa-seed").value = state.seed;
  if (whole()) {
    solver.order(order());
    if (state.face === SUM) turn();
  } else {
    solver.recall();
    const empty = TERMS.find((term) => !state.terms[term].length);
    say(`The ${NAMES[empty]} is empty: choose one to three faces for it.`);
  }
  settleSoon();
}

function setTerm(term, faces) {
  if (term === "face") return setFace(faces.at(-1) ?? SUM);
  state.terms[term] = faces;
  say("");
  equate();
}

// A full term lets its first face go, or the one at `place`.
function add(face, term = state.chosen, place = 0) {
  const faces = [...(state.terms[term] ?? [])];
  if (faces.length >= SETUP.most) faces.splice(place, 1);
  setTerm(term, [...faces, face]);
}

// ------------------------------------------------------------ equations to begin with

for (const preset of SETUP.presets) {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "fa-word";
  choice.textContent = preset.title;
  choice.title = preset.equation;
  choice.addEventListener("click", () => {
    for (const term of TERMS) state.terms[term] = preset[term].split(",");
    say("");
    equate();
  });
  find(".fa-presets").append(choice);
}
function markPreset() {
  SETUP.presets.forEach((preset, k) => {
    find(".fa-presets").children[k].setAttribute("aria-pressed", TERMS.every((term) => preset[term] === state.terms[term].join(",")));
  });
}

// ------------------------------------------------------------ the seed of the eight faces around the sum

const readSeed = (word) => (/^\d{1,10}$/.test(word.trim()) && Number(word) < SETUP.seeds ? Number(word) : null);
const notASeed = () => `A seed is a whole number from 0 to ${SETUP.seeds - 1}.`;
function setSeed(seed) {
  if (seed === null) {
    say(notASeed());
    find(".fa-seed").value = state.seed;
  } else if (seed !== state.seed) {
    state.seed = seed;
    say("");
    equate();
  }
}
find(".fa-seed").addEventListener("change", ({ target }) => setSeed(readSeed(target.value)));

// ------------------------------------------------------------ what goes home

const button = (name) => find(`[data-do="${name}"]`);
button("surprise").addEventListener("click", () => setSeed(Math.floor(Math.random() * SETUP.seeds)));
async function keep(what, name) {
  const answer = await server.keep({ ...order(), what, face: state.face, ...state.turns }).catch(() => null);
  if (answer?.picture) {
    const link = document.createElement("a");
    link.href = answer.picture;
    link.download = `${name}.png`;
    link.click();
  }
  say(answer ? answer.sentence || "" : "The gallery does not answer just now. Please try once more.");
}
button("save-equation").addEventListener("click", () => keep("equation", `face-arithmetic-${state.seed}`));
button("save-grid").addEventListener("click", () => keep("grid", `faces-${state.seed}`));
button("save-face").addEventListener("click", () => keep("face", "face"));

// ------------------------------------------------------------ once the hand rests, the page hears of it

let rest;
let told = null; // what the page's settings were last told
function settleSoon() {
  root.dataset.settled = false;
  clearTimeout(rest);
  rest = setTimeout(settle, 260);
}
async function settle() {
  if (solver.underway || turner.underway) return settleSoon();
  const now = JSON.stringify(settings());
  if (now !== told) {
    told = now;
    trigger("select"); // links, the address and the seed row follow
  }
  if (whole()) await readOut();
  if (JSON.stringify(settings()) !== now) return;
  if (props.looking && whole()) {
    props.value = JSON.stringify(order());
    trigger("submit");
  }
  root.dataset.settled = true;
}

// In the order of the page's components: see SETTINGS in demos/face_arithmetic.py.
function settings() {
  const wish = order();
  return [...TERMS.map((term) => wish[term]), state.seed, state.face, ...BY_NAME.map((name) => state.turns[name])];
}
root.settings = settings;

// Settings from outside: a link, a recipe, the seed row. What the page itself was told last is no news.
let asking;
watch("asked", () => {
  clearTimeout(asking);
  asking = setTimeout(adopt, 60);
});
function adopt() {
  if (!props.asked || JSON.stringify(props.asked) === (told ?? JSON.stringify(settings()))) return;
  const values = [...props.asked];
  say("");
  for (const term of TERMS) {
    const faces = faceList(values.shift());
    if (faces) state.terms[term] = faces;
  }
  const seed = values.shift();
  if (Number.isSafeInteger(seed) && seed >= 0) state.seed = seed;
  const [face] = faceList(values.shift()) ?? [];
  state.face = face ?? SUM;
  for (const name of BY_NAME) state.turns[name] = within(name, values.shift());
  for (const term of TERMS) {
    if (state.terms[term].length <= SETUP.most) continue;
    state.terms[term] = state.terms[term].slice(0, SETUP.most);
    mention(`A term holds ${SETUP.most} faces: the first ${SETUP.most} of the ${NAMES[term]} were taken.`);
  }
  layOutSliders();
  equate();
  if (state.face !== SUM) turn();
}

// "1, 2, 3" as faces; null, and a sentence, for what is none.
function faceList(text) {
  const faces = String(text ?? "").split(/[\s,;]+/).filter(Boolean);
  const wrong = faces.find((face) => face !== SUM && !isFace(face));
  if (wrong === undefined) return faces;
  mention(notAFace(wrong));
  return null;
}
const isFace = (face) => readSeed(face) !== null || /^w[\w-]{4,8000}$/.test(face);
const notAFace = (word) => `“${word.slice(0, 24)}” is not a face: give seeds, whole numbers from 0 to ${SETUP.seeds - 1}.`;
