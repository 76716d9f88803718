// The stage of the latent walk: its state and what it shows of it. SETUP comes from demos/walk/stage.py; choose.js,
// ground.js and arrival.js go on from here.
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
