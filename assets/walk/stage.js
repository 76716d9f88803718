// The stage of the latent walk: faces to choose, a line or a field to walk on. SETUP comes from demos/walk/stage.py.
const root = element.querySelector(".wk");
const find = (selector) => root.querySelector(selector);
const frames = [...root.querySelectorAll(".wk-picture img")];
const LETTERS = ["A", "B", "C", "D"];
const CORNERS = ["top left", "top right", "bottom left", "bottom right"];
const SEED_SENTENCE = `A seed is a whole number from 0 to ${SETUP.seeds - 1}.`;
const clamp = (value) => Math.min(1, Math.max(0, value));
const round = (value) => Math.round(value * 1000) / 1000;

// What links and recipes set, by their names there. `told` is what the page heard from here last.
const state = { ...SETUP.settings, model: "house" };
const told = { ...state };
const view = { slot: 0, first: 0, photo: null, hung: null, faces: new Map(), remark: "" };

const four = () => state.way === "four";
const slots = () => (four() ? [0, 1, 2, 3] : [0, 1]);
const seedName = (slot) => `seed_${"abcd"[slot]}`;
const seedOf = (slot) => state[seedName(slot)];
const corners = () => [0, 1, 2, 3].map((slot) => seedOf(four() ? slot : slot % 2));
const live = () => SETUP.live.includes(state.model);
const style = () => ({ path: state.path, psi: state.psi, model: state.model });
const order = () => ({ seeds: corners(), t: state.t, down: four() ? state.down : 0, ...style() });
// What went wrong just now, else what was remarked a moment ago, else what there is to know about the model.
const say = (sentence = "") => {
  const text = sentence || view.remark || SETUP.remarks[state.model] || "";
  if (find(".wk-note").textContent !== text) find(".wk-note").textContent = text;
};
function remark(sentence) {
  view.remark = sentence;
  say();
  setTimeout(() => { if (view.remark === sentence) view.remark = ""; say(); }, 8000);
}

// The shortest name of a place, as models/faces/walk.py reads it.
function placeText() {
  const [a, b, c, d] = corners();
  if (four()) return `${a},${b},${c},${d}@${state.t},${state.down}`;
  return state.t === 0 || a === b ? `${a}` : state.t === 1 ? `${b}` : `${a},${b}@${state.t}`;
}

// ------------------------------------------------------------ the large face

const photographer = new Photographer({ take: (wish) => server.face(wish), hang, say });
const same = (a, b) => JSON.stringify([a?.seeds, a?.path, a?.psi, a?.model]) === JSON.stringify([b?.seeds, b?.path, b?.psi, b?.model]);

async function hang(photo, wish) {
  if (wish && !same(wish, order())) return;
  const step = wish && same(wish, view.hung) && Math.hypot(wish.t - view.hung.t, wish.down - view.hung.down) < 0.12;
  const next = frames.find((frame) => !frame.classList.contains("wk-on")) || frames[0];
  view.photo = photo;
  next.src = photo;
  await next.decode().catch(() => {});
  if (view.photo !== photo) return;
  root.toggleAttribute("data-moving", Boolean(step));
  for (const frame of frames) {
    frame.classList.toggle("wk-on", frame === next);
    frame.alt = frame === next ? `A face that never was: ${where()}` : "";
  }
  view.hung = wish || order();
  root.dispatchEvent(new CustomEvent("face", { bubbles: true, detail: { order: wish || null } }));
}

function where() {
  const across = Math.round(100 * state.t);
  if (!four()) return `${across} % of the way from seed ${seedOf(0)} to seed ${seedOf(1)}`;
  return `${across} % across and ${Math.round(100 * state.down)} % down between seeds ${corners().join(", ")}`;
}

// Anything changed: where we are, between whom, on which path.
function develop() {
  mark();
  if (live()) photographer.order(order());
  publish();
  settleSoon();
}

// The floors beneath follow: detail.order is where we are, detail.settled says that the hand rests.
function publish(settled = false) {
  const detail = { order: order(), place: placeText(), live: live(), settled };
  root.walk = detail;
  document.dispatchEvent(new CustomEvent("walk", { detail }));
}

function change(changes) {
  const before = order();
  Object.assign(state, changes);
  if (!same(before, order())) photographer.recall();
  develop();
}

// ------------------------------------------------------------ what rests beside it

const standing = {
  wall: new Standing((wish) => server.wall(wish), ({ faces }, wish) => learn(wish.seeds, faces), say),
  slots: new Standing((wish) => server.wall(wish), ({ faces }, wish) => learn(wish.seeds, faces), say),
  strips: new Standing((wish) => server.strips(wish), ({ strips }) => showStrips(strips), say),
  map: new Standing((wish) => server.field(wish), ({ field }) => showMap(field), say),
};
const page = () => Array.from({ length: SETUP.wall }, (_, k) => (view.first + k) % SETUP.seeds);
const look = () => ({ psi: state.psi, model: state.model });
const faceKey = (seed) => `${seed} ${state.psi} ${state.model}`;

let rest;
function settleSoon() {
  root.dataset.settled = false;
  clearTimeout(rest);
  rest = setTimeout(settle, 220);
}
function settle() {
  if (photographer.underway || walking || view.held) return settleSoon();
  tell();
  if (live()) {
    standing.wall.bring({ seeds: page(), ...look() });
    const unknown = slots().map(seedOf).filter((seed) => !view.faces.has(faceKey(seed)));
    if (unknown.length) standing.slots.bring({ seeds: unknown, ...look() });
    standing.strips.bring({ seeds: corners(), down: order().down, ...look() });
    if (four()) standing.map.bring({ seeds: corners(), ...style() });
  }
  if (Object.values(standing).some(({ asking }) => asking)) return settleSoon();
  root.dataset.settled = true;
  publish(true);
}

// The address and the settings hear where we are, once we rest.
function tell() {
  if (Object.keys(told).every((name) => told[name] === state[name])) return;
  Object.assign(told, state);
  root.dataset.state = JSON.stringify(state);
  trigger("select", {});
}

function learn(seeds, faces) {
  seeds.forEach((seed, k) => view.faces.set(faceKey(seed), faces[k]));
  showFaces();
}

function showFaces() {
  slots().forEach((slot) => picture(slotOf(slot).querySelector("img"), seedOf(slot)));
  page().forEach((seed, k) => picture(wall.children[k].querySelector("img"), seed));
}
function picture(image, seed) {
  const face = view.faces.get(faceKey(seed));
  image.classList.toggle("wk-on", Boolean(face));
  if (face && image.getAttribute("src") !== face) image.src = face;
}

function showStrips(strips) {
  for (const row of paths.children) {
    const strip = strips[row.dataset.path];
    row.hidden = !strip;
    if (strip) row.querySelector("img").src = strip;
  }
  find(".wk-compare").hidden = false;
}

function showMap(field) {
  const map = find(".wk-map");
  map.src = field;
  map.classList.add("wk-on");
}

// ------------------------------------------------------------ A, B, C and D

const scene = find(".wk-scene");
LETTERS.forEach((letter, slot) => {
  const figure = document.createElement("figure");
  figure.className = "wk-slot";
  figure.dataset.slot = slot;
  figure.innerHTML = `<button type="button"><img alt="" draggable="false"></button><figcaption><b>${letter}</b>
    <label>seed <input type="number" min="0" max="${SETUP.seeds - 1}" step="1" inputmode="numeric"></label></figcaption>`;
  const button = figure.querySelector("button");
  button.addEventListener("click", () => { view.slot = slot; mark(); });
  button.title = "The next face you pick hangs here";
  figure.querySelector("input").addEventListener("change", ({ target }) => {
    const seed = target.value === "" ? NaN : Number(target.value);
    if (Number.isInteger(seed) && seed >= 0 && seed < SETUP.seeds) return setSeed(slot, seed);
    target.value = seedOf(slot);
    remark(SEED_SENTENCE);
  });
  scene.append(figure);
});
const slotOf = (slot) => scene.querySelector(`[data-slot="${slot}"]`);

function setSeed(slot, seed) {
  change({ [seedName(slot)]: seed });
}

// ------------------------------------------------------------ the wall of seeds

const wall = find(".wk-wall");
for (let k = 0; k < SETUP.wall; k++) {
  const face = document.createElement("button");
  face.type = "button";
  face.tabIndex = k ? -1 : 0;
  face.innerHTML = '<img alt="" draggable="false"><span></span>';
  face.addEventListener("click", () => pick(page()[k]));
  wall.append(face);
}
wall.addEventListener("keydown", (event) => {
  const at = [...wall.children].indexOf(document.activeElement);
  const slot = LETTERS.indexOf(event.key.toUpperCase());
  if (at >= 0 && slots().includes(slot) && !event.ctrlKey && !event.metaKey) return setSeed(slot, page()[at]);
  const columns = getComputedStyle(wall).gridTemplateColumns.split(" ").length;
  const turn = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!turn || at < 0) return;
  event.preventDefault();
  wall.children[Math.min(SETUP.wall - 1, Math.max(0, at + turn))].focus();
});
wall.addEventListener("focusin", ({ target }) => {
  for (const face of wall.children) face.tabIndex = face === target ? 0 : -1;
});

// The face goes to the marked place, and the next one to the place after it.
function pick(seed) {
  const slot = view.slot;
  view.slot = slots()[(slots().indexOf(slot) + 1) % slots().length];
  setSeed(slot, seed);
}

// ------------------------------------------------------------ the paths

const paths = find(".wk-paths");
for (const { name, title, words } of SETUP.paths) {
  const row = document.createElement("div");
  row.className = "wk-path";
  row.dataset.path = name;
  row.setAttribute("role", "radio");
  row.innerHTML = `<p><b>${title}</b><span>${words}</span></p><div class="wk-strip"><img alt="" draggable="false"><i></i></div>`;
  row.addEventListener("click", (event) => {
    const box = row.querySelector(".wk-strip").getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    // A strip's frames stand for the middle of their place in it.
    const t = ((share * SETUP.strip - 0.5) / (SETUP.strip - 1));
    change({ path: name, ...(event.clientX && share >= 0 && share <= 1 ? { t: round(clamp(t)) } : {}) });
  });
  paths.append(row);
}
paths.addEventListener("keydown", (event) => {
  const rows = [...paths.children].filter((row) => !row.hidden);
  const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!turn) return;
  event.preventDefault();
  const at = rows.findIndex((row) => row.dataset.path === pathShown());
  const next = rows[(at + turn + rows.length) % rows.length];
  change({ path: next.dataset.path });
  next.focus();
});

// A model without a w walks straight in z where w is asked for.
const pathShown = () => (state.path === "w" && state.model !== "house" ? "z-straight" : state.path);

// ------------------------------------------------------------ the line and the field

const slider = find(".wk-t");
const pad = find(".wk-pad");
const MARGIN = 0.5 / SETUP.field; // the field's corner faces have their middle so far inside

slider.addEventListener("input", () => { rests(); change({ t: round(slider.valueAsNumber) }); });
slider.addEventListener("pointerdown", () => { rests(); view.held = true; });
for (const over of ["pointerup", "pointercancel", "change"]) slider.addEventListener(over, () => { view.held = false; });

function walkTo(event) {
  const box = pad.getBoundingClientRect();
  const place = (at, from, length) => round(clamp(((at - from) / length - MARGIN) / (1 - 2 * MARGIN)));
  change({ t: place(event.clientX, box.left, box.width), down: place(event.clientY, box.top, box.height) });
}
pad.addEventListener("pointerdown", (event) => {
  if (event.button > 0) return;
  rests();
  pad.setPointerCapture(event.pointerId);
  view.held = true;
  walkTo(event);
});
pad.addEventListener("pointermove", (event) => view.held && pad.hasPointerCapture(event.pointerId) && walkTo(event));
for (const over of ["pointerup", "pointercancel"]) pad.addEventListener(over, () => { view.held = false; });
pad.addEventListener("keydown", (event) => {
  const [x, y] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] || [0, 0];
  if (!x && !y) return;
  event.preventDefault();
  rests();
  const step = event.shiftKey ? 0.1 : 0.02;
  change({ t: round(clamp(state.t + x * step)), down: round(clamp(state.down + y * step)) });
});

// By itself: there and back on the line, round and round in the field, no faster than the pictures come.
const LAP = 9000; // milliseconds
let walking = null;
function walk() {
  const started = performance.now() - phase() * LAP;
  const tick = () => {
    if (walking !== tick) return;
    if (!photographer.underway && root.offsetParent && !document.hidden && live()) {
      const turn = (2 * Math.PI * (performance.now() - started)) / LAP;
      change(four()
        ? { t: round(0.5 - 0.38 * Math.cos(turn)), down: round(0.5 - 0.38 * Math.sin(turn)) }
        : { t: round(0.5 - 0.5 * Math.cos(turn)) });
    }
    requestAnimationFrame(tick);
  };
  walking = tick;
  marks();
  tick();
}
// Where on the lap we stand, so that setting off is no jump.
const phase = () => (four()
  ? Math.atan2(0.5 - state.down, 0.5 - state.t) / (2 * Math.PI)
  : Math.acos(1 - 2 * state.t) / (2 * Math.PI));
function rests() {
  walking = null;
  marks();
}
function marks() {
  find(".wk-play").setAttribute("aria-pressed", Boolean(walking));
}

// ------------------------------------------------------------ words

const actions = {
  play: () => (walking ? rests() : walk()),
  surprise: () => {
    const seeds = slots().map((slot) => [seedName(slot), Math.floor(Math.random() * SETUP.seeds)]);
    change(Object.fromEntries(seeds));
  },
  keep: () => document.dispatchEvent(new CustomEvent("walk:keep", { detail: { place: placeText(), photo: view.photo } })),
  more: () => {
    view.first = (view.first + SETUP.wall) % SETUP.seeds;
    mark();
    showFaces();
    settleSoon();
  },
  save: async () => {
    const name = `face-${placeText().replace(/[^0-9.]+/g, "-")}.png`;
    const answer = live() ? await server.face(order()).catch(() => null) : { photo: view.photo };
    if (answer?.photo) download(answer.photo, name);
    say(answer?.sentence);
  },
};
for (const [name, action] of Object.entries(actions)) find(`[data-do="${name}"]`).addEventListener("click", action);

function download(photo, name) {
  const link = document.createElement("a");
  link.href = photo;
  link.download = name;
  link.click();
}

// Everything that shows where we are.
function mark() {
  root.dataset.way = state.way;
  root.toggleAttribute("data-still", !live());
  if (!slots().includes(view.slot)) view.slot = 0;
  slots().forEach((slot) => {
    const figure = slotOf(slot);
    const place = four() ? `${LETTERS[slot]}, ${CORNERS[slot]}` : LETTERS[slot];
    figure.querySelector("button").setAttribute("aria-pressed", slot === view.slot);
    figure.querySelector("button").setAttribute("aria-label", `${place}: seed ${seedOf(slot)}. The next face you pick hangs here`);
    figure.querySelector("input").setAttribute("aria-label", `Seed of ${LETTERS[slot]}`);
    figure.querySelector("input").value = seedOf(slot);
  });
  page().forEach((seed, k) => {
    const face = wall.children[k];
    const held = slots().filter((slot) => seedOf(slot) === seed).map((slot) => LETTERS[slot]).join(" ");
    face.setAttribute("aria-label", `Seed ${seed}${held ? `, hangs in ${held}` : ""}`);
    face.lastChild.textContent = held || seed;
    face.toggleAttribute("data-held", Boolean(held));
  });
  find(".wk-choice h3").textContent = `Pick a face for ${LETTERS[view.slot]}`;
  slider.value = state.t;
  slider.setAttribute("aria-valuetext", where());
  find(".wk-where").textContent = [state.t, ...(four() ? [state.down] : [])].map((share) => share.toFixed(2)).join(", ");
  const at = (value) => `${100 * (MARGIN + value * (1 - 2 * MARGIN))}%`;
  Object.assign(find(".wk-point").style, { left: at(state.t), top: at(state.down) });
  for (const row of paths.children) {
    const chosen = row.dataset.path === pathShown();
    row.setAttribute("aria-checked", chosen);
    row.tabIndex = chosen ? 0 : -1;
    row.querySelector("i").style.left = `${(100 * (0.5 + state.t * (SETUP.strip - 1))) / SETUP.strip}%`;
  }
}

// ------------------------------------------------------------ what the page says

// A link, a recipe or a control moved us. What the page heard from here last is no news.
function adopt(name) {
  let value = props[name];
  if (value === null || value === undefined || value === told[name]) return;
  if (name === "t" || name === "down") {
    const within = round(clamp(value));
    if (within !== round(value)) remark(`The way goes from 0 to 1: ${value} became ${within}.`);
    value = within;
  }
  told[name] = props[name];
  if (state[name] === value) return;
  rests();
  change({ [name]: value });
  if (name === "model") find(".wk-map").classList.remove("wk-on"); // made by the last one
  if (["psi", "way", "model"].includes(name)) showFaces();
  say();
}

for (const name of Object.keys(told)) watch(name, () => adopt(name));
watch("photo", () => props.photo && hang(props.photo));
document.addEventListener("walk:go", ({ detail: { place } }) => {
  const [seeds, shares] = place.split("@");
  const [a, b, c, d] = seeds.split(",").map(Number);
  const [t, down] = (shares || "0").split(",").map(Number);
  rests();
  if (c !== undefined) change({ way: "four", seed_a: a, seed_b: b, seed_c: c, seed_d: d, t, down });
  else change({ way: "two", seed_a: a, t, ...(b === undefined ? {} : { seed_b: b }) });
  showFaces();
});

SETUP.opening.faces.forEach((face, seed) => view.faces.set(faceKey(seed), face));
standing.wall.has({ seeds: page(), ...look() });
standing.strips.has({ seeds: corners(), down: 0, ...look() });
showStrips(SETUP.opening.strips);
mark();
showFaces();
hang(SETUP.opening.photo);
for (const name of Object.keys(told)) adopt(name);
settleSoon();
