// Walking: on the line, in the field, by itself. A part of stage.js.

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
