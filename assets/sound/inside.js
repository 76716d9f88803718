// Looking inside: it follows the film and the sound on the stage. SETUP comes from demos/sound/inside.py.
const root = element.querySelector(".si");
const find = (selector) => root.querySelector(selector);
const say = (sentence = "") => { if (find(".si-note").textContent !== sentence) find(".si-note").textContent = sentence; };
const stage = () => document.querySelector("#sound .so");
const visible = new Set(); // what can be seen: "spectra", "modes"
let art = null; // what hangs: {order, film, chosen, live}
let sheet = null; // frames of motion, side by side
let places = null; // a row of 64 places a frame
let hits = []; // of the last answer: {seconds, material, modes}

const standing = {
  spectra: new Standing((wish) => server.spectra(wish), showSpectra, say),
  modes: new Standing((wish) => server.modes(wish), (answer) => { hits = answer.hits; showModes(); }, say),
};

function ask() {
  art = stage()?.art ?? null;
  if (!art) return;
  if (sheet?.of !== art.film.motion) openFilm();
  showCurve();
  showModes();
  for (const name of visible) standing[name].bring(art.order);
}

// ------------------------------------------------------------ motion and attention

function openFilm() {
  const { motion, where, width, height } = art.film;
  root.style.setProperty("--ratio", width / height);
  sheet = Object.assign(new Image(), { src: motion, of: motion });
  const rows = Object.assign(new Image(), { src: where });
  places = null;
  rows.decode().then(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: rows.naturalWidth, height: rows.naturalHeight });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(rows, 0, 0);
    places = pen.getImageData(0, 0, canvas.width, canvas.height);
    shown = -1;
  }).catch(() => {});
  shown = -1;
  why = null;
}

let shown = -1; // the frame that is seen
let seen = false;
function follow() {
  if (!seen) return;
  requestAnimationFrame(follow);
  const player = stage()?.player;
  if (!art || !player) return;
  const { seconds, fps, onset } = art.film;
  root.style.setProperty("--at", Math.min(1, player.place / seconds));
  const frame = Math.min(onset.length - 1, Math.max(0, Math.round(player.place * fps)));
  if (frame === shown || !sheet?.complete) return;
  shown = frame;
  find(".si-motion").getContext("2d").drawImage(sheet, 64 * (frame % SETUP.columns), 64 * Math.floor(frame / SETUP.columns), 64, 64, 0, 0, 64, 64);
  showPlaces(frame);
  showMade(frame);
  find(".si-frame").textContent = `Frame ${frame + 1} of ${onset.length}, ${Math.round(100 * onset[frame])} % a hit`;
  const at = find(".si-at");
  if (at) for (const end of ["x1", "x2"]) at.setAttribute(end, frame);
  showModes();
}

// Attention as warm squares over the motion; or, once it was asked for, why a hit was seen.
let why = null; // {frame, map}: 64 shares
function showPlaces(frame) {
  const pen = find(".si-where").getContext("2d");
  const picture = pen.createImageData(8, 8);
  for (let k = 0; k < 64; k++) {
    const share = why ? why.map[k] : places && frame < places.height ? places.data[4 * (frame * places.width + k)] / 255 : 0;
    picture.data.set([236, 120, 80, 200 * share ** 3], 4 * k);
  }
  pen.putImageData(picture, 0, 0);
}

// ------------------------------------------------------------ what things are taken for

// A colour for each of SETUP.materials.
const HUES = ["#b5702c", "#7f93ad", "#5fd3d8", "#f1e7d3", "#e8497a", "#77716b", "#d9a45c", "#6f5bd6", "#f6d743", "#e08d6d", "#a59b86", "#6f9f33", "#2b7de0"];
const SIDE = 14; // places, each way
function showMade(frame) {
  const { made, every } = art.film;
  find(".si-film").getContext("2d").drawImage(stage().player.video, 0, 0, 224, 224);
  const pen = find(".si-made").getContext("2d");
  const first = SIDE * SIDE * Math.floor(frame / every);
  const counts = HUES.map(() => 0);
  pen.clearRect(0, 0, SIDE, SIDE);
  for (let k = 0; k < SIDE * SIDE; k++) {
    const letter = made[first + k];
    const material = letter.toLowerCase().charCodeAt(0) - 97;
    counts[material] += 1;
    pen.fillStyle = HUES[material];
    pen.globalAlpha = letter < "a" ? 0.7 : 0.35; // a capital: it is sure
    pen.fillRect(k % SIDE, Math.floor(k / SIDE), 1, 1);
  }
  showKey(counts);
}

let keyed = ""; // the counts that are shown
function showKey(counts) {
  if (keyed === (keyed = counts.join())) return;
  const seen = counts.map((count, material) => ({ count, material })).filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
  find(".si-key").replaceChildren(...seen.map(({ count, material }) => {
    const row = document.createElement("li");
    row.innerHTML = "<i aria-hidden=\"true\"></i><span></span><small></small>";
    row.style.setProperty("--hue", HUES[material]);
    row.style.setProperty("--share", count / SIDE ** 2);
    row.querySelector("span").textContent = SETUP.materials[material];
    row.querySelector("small").textContent = `${Math.round((100 * count) / SIDE ** 2)} %`;
    return row;
  }));
  root.dataset.made = seen.length;
}

// ------------------------------------------------------------ the onset curve

function showCurve() {
  const { onset, threshold, fps } = art.film;
  const curve = find(".si-curve");
  const last = Math.max(1, onset.length - 1);
  curve.setAttribute("viewBox", `0 0 ${last} 1`);
  curve.replaceChildren();
  const points = onset.map((height, k) => `${k} ${1 - height}`);
  draw(curve, "path", { class: "si-area", d: `M0 1 L${points.join(" L")} L${last} 1Z` });
  draw(curve, "polyline", { class: "si-outline", points: points.join(" ") });
  draw(curve, "line", { class: "si-limit", x1: 0, x2: last, y1: 1 - Math.min(1, threshold), y2: 1 - Math.min(1, threshold) });
  for (const word of art.order.hits ? art.order.hits.split("*") : []) {
    const at = Number(word.split("_")[0]) * fps;
    draw(curve, "line", { class: "si-hit", x1: at, x2: at, y1: 1, y2: 1.06 });
  }
  draw(curve, "line", { class: "si-at", x1: Math.max(0, shown), x2: Math.max(0, shown), y1: 0, y2: 1 });
}
find(".si-curve").addEventListener("click", (event) => {
  const box = find(".si-curve").getBoundingClientRect();
  stage()?.player.seek(((event.clientX - box.left) / box.width) * art.film.seconds);
});

// ------------------------------------------------------------ cochleagrams

const WAYS = { modal: "modal synthesis", exemplar: "exemplars of the bank", "griffin-lim": "Griffin-Lim" };
function showSpectra({ expected, produced, low, high }, { backend }) {
  const range = `${Math.round(low)} Hz to ${(high / 1000).toFixed(1)} kHz`;
  Object.assign(find('[data-of="expected"]'), { src: expected, alt: `The cochleagram that the hits lead one to expect, ${range}` });
  Object.assign(find('[data-of="produced"]'), { src: produced, alt: `The cochleagram of the sound that plays now, ${range}` });
  find(".si-backend").textContent = `${WAYS[backend]}, ${range}`;
  root.dataset.spectra = Number(root.dataset.spectra || 0) + 1;
}

// ------------------------------------------------------------ modes

const LOW = 40;
const HIGH = 16000;
const LONG = 1.6; // seconds
const yOf = (hertz) => 232 - 222 * (Math.log(Math.min(HIGH, Math.max(LOW, hertz)) / LOW) / Math.log(HIGH / LOW));
const xOf = (seconds) => 52 + 578 * Math.min(1, seconds / LONG);

// The chosen hit, or else the last one that was heard.
function current() {
  const at = art?.chosen?.t ?? stage()?.player.place ?? 0;
  const before = hits.filter(({ seconds }) => seconds <= at + 0.02);
  return before.at(-1) ?? hits[0] ?? null;
}

let drawn = null;
function showModes() {
  const hit = current();
  find('[data-do="why"]').disabled = !hit;
  if (hit === drawn) return;
  drawn = hit;
  const chart = find(".si-modes");
  chart.replaceChildren();
  for (const hertz of [100, 1000, 10000]) {
    draw(chart, "line", { class: "si-grid", x1: 52, x2: 630, y1: yOf(hertz), y2: yOf(hertz) });
    draw(chart, "text", { x: 44, y: yOf(hertz) + 4, "text-anchor": "end" }, hertz < 1000 ? hertz : `${hertz / 1000} k`);
  }
  for (const seconds of [0, 0.5, 1, 1.5]) draw(chart, "text", { x: xOf(seconds), y: 254, "text-anchor": seconds ? "middle" : "start" }, `${seconds} s`);
  const words = find(".si-struck");
  const usual = "A solid thing rings in modes: each has a pitch, and dies away at its own pace. A hard hit is a short one, and reaches the high ones too.";
  if (!hit) return void (words.textContent = usual);
  const name = `the hit at ${hit.seconds.toFixed(2)} s, on ${hit.material}`;
  const most = Math.max(...hit.modes.map(([, , gain]) => gain), 1e-9);
  for (const [hertz, lasts, gain] of hit.modes) {
    draw(chart, "line", { class: "si-mode", x1: xOf(0), x2: Math.max(xOf(0) + 3, xOf(lasts)), y1: yOf(hertz), y2: yOf(hertz), opacity: 0.12 + 0.88 * Math.sqrt(gain / most) });
  }
  chart.setAttribute("aria-label", hit.modes.length ? `The ${hit.modes.length} modes of ${name}` : `No modes: ${name}`);
  words.textContent = hit.modes.length ? `${usual} Here ${name}: ${hit.modes.length} modes, the loudest at ${Math.round(hit.modes[0][0])} Hz.` : `Here ${name}: nothing that rings. Its sound is a shower of small knocks, or of bubbles.`;
  root.dataset.modes = hit.modes.length;
}

// ------------------------------------------------------------ why this hit

find('[data-do="why"]').addEventListener("click", async () => {
  const hit = current();
  const asked = stage()?.why;
  if (!hit || !asked) return;
  if (why) { why = null; shown = -1; return showWhy(); }
  const found = await asked(hit.seconds);
  if (!found) return;
  stage().player.pause();
  stage().player.seek(hit.seconds);
  why = { map: found.map, onset: found.onset };
  shown = -1;
  showWhy(hit);
});
function showWhy(hit) {
  find('[data-do="why"]').textContent = why ? "Attention again" : "Why this hit?";
  find(".si-why").textContent = why
    ? `For the hit at ${hit.seconds.toFixed(2)} s: the warmer a square, the more of the hit goes away when that part of the picture stands still.`
    : "Parts of the picture are held still, one after the other: where the hit goes away, it was seen.";
  root.dataset.why = Boolean(why);
}

// ------------------------------------------------------------ only what can be seen is asked for

document.addEventListener("sound", ask);
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) target.inView = isIntersecting;
  visible.clear();
  for (const section of root.querySelectorAll("[data-asks]")) if (section.inView) visible.add(section.dataset.asks);
  ask();
}, { rootMargin: "300px 0px" }); // a little before it is scrolled to
for (const section of root.querySelectorAll("[data-asks]")) observer.observe(section);
new IntersectionObserver(([entry]) => {
  const began = entry.isIntersecting && !seen;
  seen = entry.isIntersecting;
  if (began) { ask(); follow(); }
}).observe(root);
