// A drawing: strokes in units of the paper's side, their text form (models/sketch/strokes.py), and how ink looks.
const GRID = 1000;
const WHITE = "#ffffff"; // the eraser draws in paper

const toText = (strokes) => strokes.map(strokeToText).join("\n");

function strokeToText({ color, width, points }) {
  let before = [0, 0, 0];
  const steps = points.flatMap((point) => {
    const grid = point.map((value) => Math.round(value * GRID));
    const step = grid.map((value, k) => value - before[k]);
    before = grid;
    return step;
  });
  const flag = points[0].length === 3 ? "p" : "";
  return `${color.slice(1)} ${Math.max(1, Math.round(width * GRID))}${flag} ${steps.join(" ")}`;
}

const fromText = (text) => text.split("\n").filter(Boolean).map(strokeFromText);

function strokeFromText(line) {
  const [color, width, ...steps] = line.split(" ");
  const columns = width.endsWith("p") ? 3 : 2;
  const at = [0, 0, 0];
  const points = [];
  for (let k = 0; k + columns <= steps.length; k += columns) {
    for (let c = 0; c < columns; c++) at[c] += Number(steps[k + c]);
    points.push(at.slice(0, columns).map((value) => value / GRID));
  }
  return { color: `#${color}`, width: parseInt(width, 10) / GRID, points };
}

// Quadratic B-spline through the middles, exactly as the network's picture of the drawing is made.
function curve(points, steps = 5) {
  if (points.length < 3) return points;
  const middle = (a, b) => a.map((value, k) => (value + b[k]) / 2);
  const path = [points[0]];
  let from = points[0];
  for (let i = 1; i < points.length - 1; i++) {
    const to = i === points.length - 2 ? points[i + 1] : middle(points[i], points[i + 1]);
    for (let s = 1; s <= steps; s++) {
      const t = s / steps;
      path.push(to.map((value, k) => (1 - t) ** 2 * from[k] + 2 * t * (1 - t) * points[i][k] + t * t * value));
    }
    from = to;
  }
  return path;
}

function ink(pen, { color, width, points }, side) {
  const path = curve(points);
  const pressure = (point) => Math.min(2, Math.max(0.1, point[2] ?? 1));
  pen.globalCompositeOperation = color === WHITE ? "destination-out" : "source-over";
  pen.strokeStyle = pen.fillStyle = color;
  pen.lineCap = pen.lineJoin = "round";
  if (path.length === 1) {
    pen.beginPath();
    pen.arc(path[0][0] * side, path[0][1] * side, (width * side * pressure(path[0])) / 2, 0, 2 * Math.PI);
    pen.fill();
  } else if (path[0].length === 2) {
    pen.lineWidth = width * side;
    pen.beginPath();
    path.forEach(([x, y]) => pen.lineTo(x * side, y * side));
    pen.stroke();
  } else {
    for (let i = 1; i < path.length; i++) {
      pen.lineWidth = width * side * pressure(path[i]);
      pen.beginPath();
      pen.moveTo(path[i - 1][0] * side, path[i - 1][1] * side);
      pen.lineTo(path[i][0] * side, path[i][1] * side);
      pen.stroke();
    }
  }
  pen.globalCompositeOperation = "source-over";
}

// The sheet: finished strokes are kept as one picture, so that a long drawing costs no more than a short one.
class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
    this.finished = document.createElement("canvas");
    this.strokes = [];
    this.current = null; // the stroke being drawn
    this.cursor = null; // where the keyboard's pen is
    new ResizeObserver(() => this.fit()).observe(canvas);
  }

  fit() {
    const side = Math.round(this.canvas.clientWidth * Math.min(3, window.devicePixelRatio || 1));
    if (!side || side === this.canvas.width) return;
    for (const layer of [this.canvas, this.finished]) layer.width = layer.height = side;
    this.show(this.strokes);
  }

  show(strokes) {
    const pen = this.finished.getContext("2d");
    const grown = this.painted && strokes.length > this.painted.length && this.painted.every((s, k) => s === strokes[k]);
    const fresh = grown && this.paintedSide === this.finished.width ? strokes.slice(this.painted.length) : strokes;
    if (fresh === strokes) pen.clearRect(0, 0, this.finished.width, this.finished.width);
    fresh.forEach((stroke) => ink(pen, stroke, this.finished.width));
    this.strokes = this.painted = strokes;
    this.paintedSide = this.finished.width;
    this.paint();
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const side = this.canvas.width;
      const pen = this.canvas.getContext("2d");
      pen.clearRect(0, 0, side, side);
      if (this.finished.width) pen.drawImage(this.finished, 0, 0);
      if (this.current) ink(pen, this.current, side);
      if (this.cursor) this.mark(pen, side);
    });
  }

  mark(pen, side) {
    const [x, y] = this.cursor.map((value) => value * side);
    const arm = side / 40;
    pen.strokeStyle = "#b23a24";
    pen.lineWidth = Math.max(1, side / 400);
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + (dx * arm) / 3, y + (dy * arm) / 3);
      pen.lineTo(x + dx * arm, y + dy * arm);
    }
    pen.stroke();
  }
}
