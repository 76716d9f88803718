// The line of hits: time across, strength upwards. Click adds, drag moves, Delete removes; keys do it all as well.
const line = find(".so-line");
const scale = find(".so-scale");
const EDGE = 16; // pixels left free at either end, as in stage.css
const TOP = 16; // pixels above the strongest and, with the names, FOOT below the weakest
const FOOT = 26;
const TAP = 6; // pixels that a finger may slip and still have tapped
const SOFTEST = 0.05;
const NEAR_NAME = 54; // pixels that a name takes
const past = []; // hits as text, as they were

const xOf = (seconds) => clamp(seconds / film.seconds);
const secondsAt = (clientX) => {
  const box = line.getBoundingClientRect();
  return clamp((clientX - box.left - EDGE) / (box.width - 2 * EDGE)) * film.seconds;
};
const strengthAt = (clientY) => {
  const box = line.getBoundingClientRect();
  return clamp((box.bottom - FOOT - clientY) / (box.height - TOP - FOOT), SOFTEST, 1);
};
const percent = (share) => `${Math.round(100 * share)} %`;

// ------------------------------------------------------------ what is seen

const pins = new Map(); // nodes by the hit's id

function showHits() {
  const hits = inOrder();
  const ids = new Set(hits.map(({ id }) => id));
  for (const [id, { pin, stem, name }] of pins) if (!ids.has(id)) { [pin, stem, name].forEach((node) => node.remove()); pins.delete(id); }
  const width = line.clientWidth - 2 * EDGE;
  let free = -Infinity;
  hits.forEach((hit, place) => {
    const { pin, stem, name } = pins.get(hit.id) ?? pinned(hit.id);
    for (const node of [pin, stem, name]) { node.style.setProperty("--x", xOf(hit.t)); node.style.setProperty("--y", hit.s); }
    const material = titles.get(materialOf(hit)) ?? materialOf(hit);
    const selected = hit.id === chosen;
    for (const node of [pin, stem, name]) node.classList.toggle("so-chosen", selected);
    pin.setAttribute("aria-label", `Hit ${place + 1} of ${hits.length}`);
    pin.setAttribute("aria-valuemax", number(film.seconds, 2));
    pin.setAttribute("aria-valuenow", number(hit.t, 2));
    pin.setAttribute("aria-valuetext", `${number(hit.t, 2)} seconds, strength ${percent(hit.s)}, ${material}`);
    name.textContent = material;
    const at = xOf(hit.t) * width;
    name.hidden = at - free < NEAR_NAME && !selected;
    if (!name.hidden) free = at;
  });
  root.dataset.hits = hits.length;
  line.setAttribute("aria-label", hits.length ? `The line of hits: ${hits.length}` : "The line of hits: none yet");
  button("undo").disabled = !past.length;
  button("found").disabled = !edited();
  showChosen(hits);
}

function pinned(id) {
  const [pin, stem, name] = ["button", "i", "span"].map((kind) => document.createElement(kind));
  pin.type = "button";
  [pin.className, stem.className, name.className] = ["so-pin", "so-stem", "so-name"];
  pin.setAttribute("role", "slider");
  pin.setAttribute("aria-valuemin", 0);
  stem.setAttribute("aria-hidden", true);
  name.setAttribute("aria-hidden", true);
  pin.addEventListener("pointerdown", (event) => grasp(event, id));
  pin.addEventListener("keydown", (event) => keyed(event, id));
  pin.addEventListener("focus", () => { if (chosen !== id && !held) choose(id); });
  line.append(stem, name, pin);
  pins.set(id, { pin, stem, name });
  return pins.get(id);
}

function choose(id) {
  chosen = id;
  showHits();
  showMaterials();
  settleSoon();
}

function showChosen(hits) {
  const hit = hitOf(chosen);
  find(".so-tune").hidden = !hit;
  if (!hit) {
    const none = "Tap the line where something is hit. The higher, the harder.";
    find(".so-which").textContent = hits.length ? "Tap a hit to change it, or the line to add one. The higher, the harder." : none;
    return;
  }
  find(".so-which").textContent = `Hit ${hits.indexOf(hit) + 1} of ${hits.length}`;
  find(".so-when").textContent = `${hit.t.toFixed(2)} s`;
  find(".so-force").value = hit.s;
  find(".so-force").setAttribute("aria-valuetext", percent(hit.s));
}

// The onset curve behind the hits: what the model saw, whatever was changed since.
function showCurve() {
  const curve = find(".so-curve");
  const heights = film.onset ?? [];
  curve.setAttribute("viewBox", `0 0 ${Math.max(1, heights.length - 1)} 1`);
  curve.querySelector("path").setAttribute("d", heights.length ? `M0 1 ${heights.map((height, k) => `L${k} ${1 - height}`).join(" ")} L${heights.length - 1} 1Z` : "");
  const step = film.seconds <= 2 ? 0.5 : film.seconds <= 8 ? 1 : 5;
  scale.querySelectorAll("span").forEach((tick) => tick.remove());
  for (let at = 0; at <= film.seconds + 1e-6; at += step) {
    const tick = Object.assign(document.createElement("span"), { textContent: number(at, 1) });
    tick.style.setProperty("--x", xOf(at));
    scale.append(tick);
  }
  scale.setAttribute("aria-valuemax", number(film.seconds, 2));
}

let passed = 0;
function showPlace(seconds) {
  if (!film) return;
  root.style.setProperty("--at", xOf(seconds));
  find(".so-clock").textContent = `${seconds.toFixed(1)} / ${film.seconds.toFixed(1)} s`;
  scale.setAttribute("aria-valuenow", number(seconds, 2));
  scale.setAttribute("aria-valuetext", `${seconds.toFixed(1)} of ${film.seconds.toFixed(1)} seconds`);
  if (player.playing) for (const hit of state.hits) if (hit.t > passed && hit.t <= seconds) flash(hit.id);
  passed = seconds;
}
const flash = (id) => pins.get(id)?.pin.animate([{ boxShadow: "0 0 0 0 var(--v-dot)" }, { boxShadow: "0 0 0 12px transparent" }], { duration: 420, pseudoElement: "::before" });

// ------------------------------------------------------------ changes

// Before a change: what can be undone.
function remember() {
  const now = hitsText();
  if (past.at(-1) !== now) past.push(now);
  if (past.length > 60) past.shift();
}
function restore(text) {
  const near = hitOf(chosen);
  state.hits = hitsIn(text);
  chosen = near ? state.hits.find(({ t }) => Math.abs(t - near.t) < 0.005)?.id ?? null : null;
  develop();
}

function add(seconds, strength) {
  if (state.hits.length >= SETUP.mostHits) return say(`A film has ${SETUP.mostHits} hits at most: remove one first.`);
  remember();
  const nearest = [...state.hits].sort((a, b) => Math.abs(a.t - seconds) - Math.abs(b.t - seconds))[0];
  const hit = { id: ++ids, t: seconds, s: strength, m: nearest?.m ?? SETUP.materials[0].name };
  state.hits.push(hit);
  chosen = hit.id;
  peeked = hit.t;
  develop();
  return hit;
}
function remove(id) {
  const hits = inOrder();
  const place = hits.findIndex((hit) => hit.id === id);
  if (place < 0) return;
  remember();
  const next = hits[place + 1] ?? hits[place - 1];
  state.hits = hits.filter((hit) => hit.id !== id);
  const focused = pins.get(id)?.pin === document.activeElement;
  chosen = focused && next ? next.id : null;
  develop();
  if (focused) (pins.get(chosen)?.pin ?? line).focus();
}
function change(id, { t, s }, sounding = true) {
  const hit = hitOf(id);
  if (!hit) return;
  if (t !== undefined) hit.t = clamp(t, 0, film.seconds - 0.001);
  if (s !== undefined) hit.s = clamp(s, SOFTEST, 1);
  if (!sounding) return showHits();
  peeked = hit.t;
  develop();
}

// ------------------------------------------------------------ hands

function grasp(event, id) {
  if (event.button) return;
  event.preventDefault();
  event.stopPropagation();
  const pin = pins.get(id).pin;
  const { x, y } = { x: event.clientX, y: event.clientY };
  const { t, s } = hitOf(id);
  let moved = false;
  held = true;
  pin.setPointerCapture(event.pointerId);
  pin.focus({ preventScroll: true });
  choose(id);
  const drag = (now) => {
    if (!moved && Math.hypot(now.clientX - x, now.clientY - y) < TAP) return;
    if (!moved) remember();
    moved = true;
    change(id, { t: t + secondsAt(now.clientX) - secondsAt(x), s: s + strengthAt(now.clientY) - strengthAt(y) }, false);
  };
  const drop = () => {
    pin.removeEventListener("pointermove", drag);
    held = false;
    if (moved) change(id, {});
    else { player.peek(hitOf(id).t); settleSoon(); }
  };
  pin.addEventListener("pointermove", drag);
  pin.addEventListener("lostpointercapture", drop, { once: true });
}

function keyed(event, id) {
  const hit = hitOf(id);
  const far = event.shiftKey ? 10 : 1;
  const move = { ArrowLeft: { t: hit.t - 0.01 * far }, ArrowRight: { t: hit.t + 0.01 * far }, ArrowUp: { s: hit.s + 0.05 }, ArrowDown: { s: hit.s - 0.05 } }[event.key];
  if (event.key === "Delete" || event.key === "Backspace") remove(id);
  else if (event.key === "Enter") player.peek(hit.t);
  else if (move) { remember(); change(id, move); }
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// On the line itself: a tap adds, a drag along it looks for a place.
line.addEventListener("pointerdown", (event) => {
  if (event.button || event.target.closest(".so-pin") || !film) return;
  const start = { x: event.clientX, y: event.clientY };
  let looking = false;
  line.setPointerCapture(event.pointerId);
  const drag = (now) => {
    looking ||= Math.abs(now.clientX - start.x) > TAP;
    if (looking) player.seek(secondsAt(now.clientX));
  };
  const drop = (now) => {
    line.removeEventListener("pointermove", drag);
    line.removeEventListener("pointerup", drop);
    line.removeEventListener("pointercancel", drop);
    if (now.type === "pointerup" && !looking && Math.hypot(now.clientX - start.x, now.clientY - start.y) <= TAP) {
      const hit = add(secondsAt(start.x), strengthAt(start.y));
      if (hit) pins.get(hit.id).pin.focus({ preventScroll: true });
    }
  };
  line.addEventListener("pointermove", drag);
  line.addEventListener("pointerup", drop);
  line.addEventListener("pointercancel", drop);
});
line.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); return undo(); }
  if (event.key.toLowerCase() !== "a" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const hit = add(Math.min(player.place, film.seconds - 0.01), 0.7);
  if (hit) pins.get(hit.id).pin.focus({ preventScroll: true });
});

scale.addEventListener("pointerdown", (event) => {
  if (event.button || !film) return;
  scale.setPointerCapture(event.pointerId);
  player.seek(secondsAt(event.clientX));
});
scale.addEventListener("pointermove", (event) => scale.hasPointerCapture(event.pointerId) && player.seek(secondsAt(event.clientX)));
scale.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1 / 30, ArrowRight: 1 / 30, PageDown: -1, PageUp: 1, Home: -Infinity, End: Infinity }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  player.seek(clamp(player.place + by, 0, film.seconds - 0.02));
});

function undo() {
  if (past.length) restore(past.pop());
}
button("undo").addEventListener("click", undo);
button("found").addEventListener("click", () => { remember(); restore(film.found); });
button("remove").addEventListener("click", () => remove(chosen));
button("all").addEventListener("click", () => choose(null));
for (const nudge of root.querySelectorAll(".so-nudge")) {
  nudge.addEventListener("click", () => { remember(); change(chosen, { t: hitOf(chosen).t + Number(nudge.dataset.by) }); });
}
let forcing = false;
find(".so-force").addEventListener("input", ({ target }) => {
  if (!forcing) remember();
  forcing = true;
  change(chosen, { s: Number(target.value) }, false);
});
find(".so-force").addEventListener("change", () => { forcing = false; change(chosen, {}); });
new ResizeObserver(() => film && showHits()).observe(line);
