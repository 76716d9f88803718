// A picture of a drawing on paper becomes strokes: ink is what is darker than the paper around it, thinned to
// one-pixel lines (Zhang and Suen 1984) that are then followed from end to end.
const TRACE = { side: 300, reach: 22, contrast: 0.83, speck: 14, shortest: 7, most: 500, margin: 0.09 };
const AROUND = [[0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1]];

async function traced(file) {
  const picture = await pixelsOf(file);
  const ink = inkOf(picture);
  const area = ink.reduce((sum, value) => sum + value, 0);
  if (area > 0.5 * ink.length) return [];
  const lines = follow(thin(ink.slice(), picture), picture).filter((line) => line.length >= TRACE.shortest);
  lines.sort((a, b) => b.length - a.length).splice(TRACE.most);
  if (!lines.length) return [];
  const drawn = lines.reduce((sum, line) => sum + line.length, 0);
  return fitted(lines, picture, area / drawn);
}

async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file); // upright: the browser minds the camera's orientation
  const scale = TRACE.side / Math.max(bitmap.width, bitmap.height);
  const width = Math.max(8, Math.round(bitmap.width * scale));
  const height = Math.max(8, Math.round(bitmap.height * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { data: pen.getImageData(0, 0, width, height).data, width, height };
}

// 1 where a pixel's darkest channel is clearly below the mean of its surroundings, so shadows on the paper do not count.
function inkOf({ data, width, height }) {
  const value = Float32Array.from({ length: width * height }, (_, i) => Math.min(data[4 * i], data[4 * i + 1], data[4 * i + 2]));
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0, row = 0; x < width; x++) {
      row += value[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  const ink = new Uint8Array(width * height);
  const edge = Math.round(0.02 * width);
  for (let y = edge; y < height - edge; y++)
    for (let x = edge; x < width - edge; x++) {
      const [l, t] = [Math.max(0, x - TRACE.reach), Math.max(0, y - TRACE.reach)];
      const [r, b] = [Math.min(width, x + TRACE.reach + 1), Math.min(height, y + TRACE.reach + 1)];
      const at = (column, row) => sums[row * (width + 1) + column];
      const mean = (at(r, b) - at(l, b) - at(r, t) + at(l, t)) / ((r - l) * (b - t));
      ink[y * width + x] = value[y * width + x] < TRACE.contrast * mean - 2 ? 1 : 0;
    }
  return withoutSpecks(ink, width);
}

function withoutSpecks(ink, width) {
  const seen = new Uint8Array(ink.length);
  for (let start = 0; start < ink.length; start++) {
    if (!ink[start] || seen[start]) continue;
    const island = [start];
    seen[start] = 1;
    for (let k = 0; k < island.length; k++)
      for (const [dx, dy] of AROUND) {
        const next = island[k] + dy * width + dx;
        if (ink[next] && !seen[next]) seen[next] = island.push(next) && 1;
      }
    if (island.length < TRACE.speck) for (const one of island) ink[one] = 0;
  }
  return ink;
}

function thin(ink, { width }) {
  const offsets = AROUND.map(([dx, dy]) => dy * width + dx);
  for (let changed = true; changed; ) {
    changed = false;
    for (const second of [false, true]) {
      const gone = [];
      for (let i = 0; i < ink.length; i++) {
        if (!ink[i]) continue;
        const n = offsets.map((offset) => ink[i + offset] || 0); // north first, clockwise
        const count = n.reduce((sum, value) => sum + value, 0);
        if (count < 2 || count > 6) continue;
        const turns = n.reduce((sum, value, k) => sum + (!value && n[(k + 1) % 8] ? 1 : 0), 0);
        const [north, , east, , south, , west] = n;
        const open = second ? !(north && east && west) && !(north && south && west) : !(north && east && south) && !(east && south && west);
        if (turns === 1 && open) gone.push(i);
      }
      for (const i of gone) ink[i] = 0;
      changed ||= gone.length > 0;
    }
  }
  return ink;
}

// Walk every line once, free ends first, straight on where lines cross.
function follow(bones, { width }) {
  const neighbours = (i) => AROUND.map(([dx, dy]) => i + dy * width + dx).filter((j) => bones[j]);
  const pixels = [...bones.keys()].filter((i) => bones[i]);
  const starts = [...pixels.filter((i) => neighbours(i).length === 1), ...pixels];
  const lines = [];
  for (const start of starts) {
    if (!bones[start]) continue;
    const line = [start];
    for (let at = start; at !== undefined; ) {
      bones[at] = 0;
      const back = line[Math.max(0, line.length - 6)];
      const [hx, hy] = [(at % width) - (back % width), Math.floor(at / width) - Math.floor(back / width)];
      const straight = (j) => hx * ((j % width) - (at % width)) + hy * (Math.floor(j / width) - Math.floor(at / width));
      at = neighbours(at).sort((a, b) => straight(b) - straight(a))[0];
      if (at !== undefined) line.push(at);
    }
    lines.push(line);
  }
  return lines;
}

// Pixels to strokes: the drawing fills the paper, lines keep the weight and the colour they had.
function fitted(lines, { data, width }, weight) {
  const all = lines.flat();
  const [xs, ys] = [all.map((i) => i % width), all.map((i) => Math.floor(i / width))];
  const low = (values) => values.reduce((a, b) => Math.min(a, b));
  const high = (values) => values.reduce((a, b) => Math.max(a, b));
  const [left, right, top, bottom] = [low(xs), high(xs), low(ys), high(ys)];
  const scale = (1 - 2 * TRACE.margin) / Math.max(right - left, bottom - top, 1);
  const shift = [0.5 - (scale * (left + right)) / 2, 0.5 - (scale * (top + bottom)) / 2];
  return lines.map((line) => {
    const path = line.map((i) => [i % width, Math.floor(i / width)]);
    const smooth = path.map((_, k) => {
      const near = path.slice(Math.max(0, k - 2), k + 3);
      return [0, 1].map((c) => shift[c] + (scale * near.reduce((sum, point) => sum + point[c], 0)) / near.length);
    });
    const points = smooth.filter((_, k) => k % 3 === 0 || k === smooth.length - 1);
    return { color: colourOf(line, data), width: Math.min(0.03, Math.max(0.01, weight * scale)), points };
  });
}

function colourOf(line, data) {
  const middle = [0, 1, 2].map((c) => line.map((i) => data[4 * i + c]).sort((a, b) => a - b)[line.length >> 1]);
  const colourful = Math.max(...middle) - Math.min(...middle) > 60;
  return colourful ? `#${middle.map((value) => value.toString(16).padStart(2, "0")).join("")}` : "#1f1f1f";
}
