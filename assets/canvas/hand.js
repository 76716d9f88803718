// The visitor's hand on the sheet: mouse, finger, pen and keyboard become strokes.
const SPACING = 0.005; // between kept points; closer ones are only tremor
const STEADY = 0.62; // how directly the line follows the hand
const KEY_STEP = 0.02;

class Hand {
  // nib() names colour and width; drawing(stroke) is called while a stroke grows, drawn(stroke) when it ends
  constructor(sheet, { nib, drawing, drawn }) {
    Object.assign(this, { sheet, nib, drawing, drawn, pointer: null });
    const { canvas } = sheet;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.up(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.rest());
  }

  point(event) {
    const box = this.sheet.canvas.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (event.pointerType === "pen" && event.pressure) at.push(0.45 + 1.1 * event.pressure);
    return at;
  }

  down(event) {
    if (this.pointer !== null || event.button > 0) return; // a second finger, or another button than the first
    event.preventDefault();
    this.sheet.canvas.focus({ preventScroll: true });
    this.rest();
    this.pointer = event.pointerId;
    try { this.sheet.canvas.setPointerCapture(event.pointerId); } catch { /* a synthetic pointer cannot be held */ }
    const erasing = (event.buttons & 32) !== 0; // the other end of a pen
    this.begin(this.point(event), erasing);
  }

  begin(point, erasing) {
    this.last = point;
    this.sheet.current = { ...this.nib(erasing), points: [point] };
    this.sheet.paint();
    this.drawing();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() || [];
    for (const one of events.length ? events : [event]) this.follow(this.point(one));
    this.sheet.paint();
    this.drawing();
  }

  follow(point) {
    const { points } = this.sheet.current;
    this.last = point.slice(0, points[0].length);
    const before = points[points.length - 1];
    const next = before.map((value, k) => value + STEADY * ((this.last[k] ?? 1) - value));
    if (Math.hypot(next[0] - before[0], next[1] - before[1]) >= SPACING) points.push(next);
  }

  up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.end();
  }

  end() {
    const stroke = this.sheet.current;
    this.sheet.current = null;
    const tail = stroke.points[stroke.points.length - 1];
    if (Math.hypot(this.last[0] - tail[0], this.last[1] - tail[1]) > 0.001 && this.last.length === tail.length) stroke.points.push(this.last);
    this.drawn(stroke);
  }

  // Arrow keys move a cross over the sheet, space puts the pen down and lifts it again.
  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    if (this.pointer !== null || event.ctrlKey || event.metaKey || !(arrow || [" ", "Enter"].includes(event.key))) return;
    event.preventDefault();
    this.sheet.cursor ||= [0.5, 0.5];
    if (arrow) {
      const step = event.shiftKey ? KEY_STEP / 4 : KEY_STEP;
      this.sheet.cursor = this.sheet.cursor.map((value, k) => Math.min(1, Math.max(0, value + arrow[k] * step)));
      if (this.sheet.current) {
        this.last = this.sheet.cursor;
        this.sheet.current.points.push(this.last);
        this.drawing();
      }
    } else if (this.sheet.current) {
      this.end();
    } else {
      this.begin(this.sheet.cursor, false);
    }
    this.sheet.paint();
  }

  rest() {
    if (this.sheet.current && this.pointer === null) this.end();
    this.sheet.cursor = null;
    this.sheet.paint();
  }
}
