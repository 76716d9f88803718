// A picture lit where a word looks: maps of 16 x 16 shares over it, drawn smoothly.
const MAP_SIDE = 16;

// Bytes of base64 as shares: one map a word. `peak` is what 255 means.
function unpack(text, peak, words) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return words.map((_, k) => Float32Array.from(bytes.subarray(k * MAP_SIDE ** 2, (k + 1) * MAP_SIDE ** 2), (byte) => (byte / 255) * peak));
}

const mean = (maps) => maps[0].map((_, k) => maps.reduce((sum, map) => sum + map[k], 0) / maps.length);

// The least and the most of some maps: what is dark and what is lit.
function reachOf(maps) {
  let [low, high] = [Infinity, -Infinity];
  for (const map of maps) for (const share of map) [low, high] = [Math.min(low, share), Math.max(high, share)];
  return [low, Math.max(high, low + 1e-6)];
}

const mask = Object.assign(document.createElement("canvas"), { width: MAP_SIDE, height: MAP_SIDE });
const veil = document.createElement("canvas");
function light(canvas, picture, map, [low, high]) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.filter = "grayscale(1) brightness(0.28)";
  pen.drawImage(picture, 0, 0, width, height);
  pen.filter = "none";
  const spots = new ImageData(MAP_SIDE, MAP_SIDE);
  map.forEach((share, k) => { spots.data[4 * k + 3] = 255 * Math.min(1, Math.max(0, (share - low) / (high - low))); });
  mask.getContext("2d").putImageData(spots, 0, 0);
  Object.assign(veil, { width, height });
  const over = veil.getContext("2d");
  over.imageSmoothingQuality = "high";
  over.drawImage(mask, 0, 0, width, height);
  over.globalCompositeOperation = "source-in";
  over.drawImage(picture, 0, 0, width, height);
  pen.drawImage(veil, 0, 0);
}

async function load(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode().catch(() => {});
  return picture;
}
