// The stage: a film, its hits, and the sound that follows them. SETUP comes from demos/sound/stage.py; line.js,
// materials.js, films.js, settings.js, keep.js and start.js go on from here.
const root = element.querySelector(".so");
const find = (selector) => root.querySelector(selector);
const button = (name) => find(`[data-do="${name}"]`);
const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
const say = (sentence = "") => { if (find(".so-note").textContent !== sentence) find(".so-note").textContent = sentence; };
const NO_ANSWER = "The gallery does not answer just now. Nothing you made is lost.";
const titles = new Map(SETUP.materials.map(({ name, title }) => [name, title]));

// What is asked, by the names links and recipes use; `hits` are kept as objects {id, t, s, m}, seconds, strength, and
// materials as text. `film` is what hangs: {name, own, seconds, sound, found, onset, ...}; a visitor's has no name.
const state = { ...SETUP.first, hits: [], model: "house" };
let film = null;
let chosen = null; // the id of the hit in hand
let voice = null; // what a large model made of it: {wish, name, prompt, change}

const live = () => state.model === "house";
const order = () => ({
  hits: hitsText(), seconds: film.seconds, material: state.material, backend: state.backend, room: state.room, volume: state.volume, seed: state.seed,
});

// ------------------------------------------------------------ hits as text, as models/foley/keepsake.py reads them

let ids = 0;
const number = (value, digits) => String(Number(value.toFixed(digits)));
const hitText = ({ t, s, m }) => `${number(t, 4)}_${number(s, 3)}_${m}`;
const hitsText = () => inOrder().map(hitText).join("*");
const inOrder = () => [...state.hits].sort((a, b) => a.t - b.t);
const hitsIn = (text) => (text ? text.split("*") : []).map((word) => {
  const [t, s, m] = word.split("_");
  return { id: ++ids, t: Number(t), s: Number(s), m };
});
// "wood71-stone29" as [["wood", 0.71], ["stone", 0.29]], the likeliest first.
const materialsIn = (text) => text.split("-").map((word) => {
  const [, name, percent] = word.match(/^([a-z]+)(\d*)$/) ?? [null, word, ""];
  return [name, percent === "" ? 1 : Number(percent) / 100];
});
const materialOf = ({ m }) => state.material || materialsIn(m)[0][0];
const hitOf = (id) => state.hits.find((hit) => hit.id === id) ?? null;
const edited = () => film !== null && hitsText() !== film.found;

// ------------------------------------------------------------ sound

const player = root.player = new Player(find(".so-picture"), { moved: (seconds) => showPlace(seconds), turned: () => showPlaying() });

// The last sounds stay here: back and forth between back-ends is at once.
const sounds = new Map();
async function sounding(wish) {
  const key = JSON.stringify(wish);
  const answer = sounds.get(key) ?? (await server.sound(wish));
  if (answer.sound) {
    answer.buffer ??= await heard(answer.sound);
    sounds.delete(key);
    sounds.set(key, answer);
    if (sounds.size > 12) sounds.delete(sounds.keys().next().value);
  }
  return answer;
}
let asked = 0; // when the last sound was asked for
const standing = new Standing((wish) => { asked = performance.now(); return sounding(wish); }, ({ buffer }, wish) => {
  root.dataset.took = Math.round(performance.now() - asked);
  player.take(buffer);
  root.wish = wish;
  root.dataset.sounds = Number(root.dataset.sounds || 0) + 1;
  if (peeked !== null) { player.peek(peeked); peeked = null; }
  say("");
}, say);
let peeked = null; // a hit to let hear once its sound is there, in seconds

// Anything that is heard changed.
function develop() {
  if (!film) return;
  if (voice && JSON.stringify(order()) !== voice.wish) voice = null;
  if (!voice) standing.bring(order());
  showHits();
  showMaterials();
  settleSoon();
}

let rest;
let held = false; // something is in somebody's hand
function settleSoon() {
  root.dataset.settled = false;
  clearTimeout(rest);
  rest = setTimeout(settle, 140);
}
function settle() {
  if (held || standing.asking) return settleSoon();
  tell();
  root.dataset.settled = true;
  publish();
}

// The address and the settings hear where we are, once we rest.
let told = null;
const settings = () => SETUP.names.map((name) => {
  if (name === "hits") return edited() ? hitsText() : "";
  return name === "clip" ? film?.name ?? "" : state[name];
});
root.settings = settings;
function tell() {
  const now = JSON.stringify(settings());
  if (now === told) return;
  told = now;
  trigger("select");
}

// The floors beneath follow what is heard.
function publish() {
  root.art = { order: order(), film, chosen: hitOf(chosen), live: !voice };
  document.dispatchEvent(new CustomEvent("sound", { detail: root.art }));
}

// ------------------------------------------------------------ what hangs

function hang(next) {
  player.pause();
  if (film?.url && film.own) URL.revokeObjectURL(film.url);
  film = next;
  chosen = voice = null;
  past.length = 0;
  const video = find(".so-picture");
  root.style.setProperty("--ratio", film.width / film.height);
  root.style.setProperty("--seconds", film.seconds);
  video.poster = film.poster ?? "";
  if (film.url) video.src = film.url;
  video.setAttribute("aria-label", film.words ? `The film: ${film.words}` : "The film: yours");
  player.seconds = film.seconds;
  state.hits = hitsIn(film.found);
  root.classList.toggle("so-mute", !film.sound);
  showOwnSound();
  showCurve();
  showPlace(0);
  markFilms();
  develop();
}

function showOwnSound() {
  const video = find(".so-picture");
  video.muted = !(film?.sound && state.original > 0);
  video.volume = clamp(state.original);
}

function showPlaying() {
  root.toggleAttribute("data-playing", player.playing);
  button("play").textContent = player.playing ? "Pause" : "Play";
}

button("start").addEventListener("click", () => player.play());
button("play").addEventListener("click", () => player.toggle());
find(".so-picture").addEventListener("click", () => player.toggle());
find(".so-loop").addEventListener("change", ({ target }) => { player.loop = target.checked; });
root.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.closest("button, input, select, [role=radio]")) return;
  event.preventDefault();
  player.toggle();
});
