// Looking inside the walk: drawings in the page's own colours. SETUP comes from demos/walk/inside.py.
const root = element.querySelector(".in");
const find = (selector) => root.querySelector(selector);
const stage = () => document.querySelector("#walk .wk")?.walk;
const say = (sentence) => { find(".in-note").textContent = sentence; };
const PLANES = {
  w: "Each point is a face, drawn on the first two principal components of w. The walk from A to B, three ways.",
  z: "Each point is a face, drawn on the plane through A, B and the middle of z. Most lie off this plane, so they seem to crowd around it.",
};
const STILL = "This model takes its time, so nothing is drawn for it here.";
let seen = null; // what was drawn last
let visible = false;

const standing = {
  inside: new Standing((wish) => server.inside(wish), (answer) => { seen = answer; drawMap(); drawSpeed(); follow(); }, say),
  layers: new Standing((wish) => server.layers(wish), ({ layers }) => drawLayers(layers), say),
};

function ask(detail = stage()) {
  if (!visible || !detail) return;
  say(detail.live ? "" : STILL);
  if (!detail.live) return;
  const { seeds, down, psi, model, path, t } = detail.order;
  standing.inside.bring({ seeds, down, psi, model, path: "w" });
  standing.layers.bring({ seeds, t, down, path, psi, model });
}

// ------------------------------------------------------------ drawing

const line = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
const names = () => Object.keys(seen.paths).reverse(); // the first path last, on top of the others

let onMap = null; // plane to picture
function drawMap() {
  const svg = find(".in-map");
  svg.replaceChildren();
  find(".in-plane").textContent = seen.mapped ? PLANES.w : PLANES.z;
  // A few faces far out would make all the others small: the drawing reaches as far as most of them and the paths.
  const far = seen.cloud.map((point) => Math.max(...point.map(Math.abs))).sort((a, b) => a - b);
  const reach = 1.08 * Math.max(far[Math.floor(0.97 * far.length)], ...Object.values(seen.paths).flat(2).map(Math.abs));
  onMap = ([x, y]) => [200 + (x / reach) * 190, 200 - (y / reach) * 190];
  draw(svg, "path", { class: "in-axis", d: "M200 10V390M10 200H390" });
  for (const [cx, cy] of seen.cloud.map(onMap)) {
    if (Math.abs(cx - 200) > 196 || Math.abs(cy - 200) > 196) continue;
    draw(svg, "circle", { class: "in-dot", cx: cx.toFixed(1), cy: cy.toFixed(1), r: 1.9 });
  }
  for (const name of names()) draw(svg, "polyline", { class: `in-line in-${name}`, points: line(seen.paths[name].map(onMap)) });
  const ends = seen.paths["z-straight"];
  for (const [letter, end, other] of [["A", ends[0], ends.at(-1)], ["B", ends.at(-1), ends[0]]]) {
    const [x, y] = onMap(end);
    const left = onMap(other)[0] >= x;
    draw(svg, "circle", { class: "in-end", cx: x, cy: y, r: 4 });
    draw(svg, "text", { class: "in-letter", x: x + (left ? -11 : 11), y: y + 5, "text-anchor": left ? "end" : "start" }, letter);
  }
  draw(svg, "circle", { class: "in-here", r: 7 });
}

const [LEFT, RIGHT, TOP, FLOOR] = [30, 392, 12, 204];
const across = (t) => LEFT + t * (RIGHT - LEFT);
function drawSpeed() {
  const svg = find(".in-speed");
  svg.replaceChildren();
  const highest = Math.max(0.1, ...Object.values(seen.speeds).flat()) * 1.08;
  const height = (value) => FLOOR - (value / highest) * (FLOOR - TOP);
  draw(svg, "path", { class: "in-axis", d: `M${LEFT} ${TOP}V${FLOOR}H${RIGHT}` });
  draw(svg, "text", { class: "in-number", x: LEFT - 6, y: TOP + 8, "text-anchor": "end" }, highest.toFixed(1));
  draw(svg, "text", { class: "in-number", x: LEFT - 6, y: FLOOR, "text-anchor": "end" }, "0");
  for (const [letter, t] of [["A", 0], ["B", 1]]) {
    draw(svg, "text", { class: "in-letter", x: across(t), y: FLOOR + 20, "text-anchor": t ? "end" : "start" }, letter);
  }
  for (const name of names()) {
    const points = seen.speeds[name].map((speed, k, all) => [across((k + 0.5) / all.length), height(speed)]);
    draw(svg, "polyline", { class: `in-line in-${name}`, points: line(points) });
  }
  draw(svg, "path", { class: "in-now" });
  find(".in-sums").replaceChildren(...names().reverse().map((name) => {
    const speeds = seen.speeds[name];
    const sum = speeds.reduce((a, b) => a + b, 0);
    const fastest = sum ? Math.max(...speeds) / (sum / speeds.length) : 1;
    const item = document.createElement("li");
    item.innerHTML = `<svg viewBox="0 0 34 8" aria-hidden="true"><path class="in-line in-${name}" d="M1 4H33"/></svg><span></span>`;
    item.lastChild.textContent = `${SETUP.titles[name]}: ${sum.toFixed(0)} in all, its fastest step ${fastest.toFixed(1)} times the mean`;
    return item;
  }));
}

function drawLayers(layers) {
  find(".in-wide").hidden = !layers.length;
  find(".in-layers").replaceChildren(...layers.map(({ name, picture }) => {
    const figure = document.createElement("figure");
    figure.innerHTML = `<img alt=""><figcaption></figcaption>`;
    figure.firstChild.src = picture;
    figure.firstChild.alt = `The face at ${name} pixels`;
    figure.lastChild.textContent = name;
    return figure;
  }));
}

// The mark of where we are moves with the hand, without asking anybody.
function follow(detail = stage()) {
  if (!seen || !detail) return;
  const { t, path } = detail.order;
  const way = seen.paths[path] || seen.paths["z-straight"];
  const at = t * (way.length - 1);
  const [low, high] = [way[Math.floor(at)], way[Math.ceil(at)]];
  const [x, y] = onMap(low.map((value, k) => value + (high[k] - value) * (at % 1)));
  const here = find(".in-here");
  here.setAttribute("cx", x);
  here.setAttribute("cy", y);
  find(".in-now").setAttribute("d", `M${across(t)} ${TOP}V${FLOOR}`);
}

document.addEventListener("walk", ({ detail }) => {
  follow(detail); // out of sight too: whoever scrolls back finds it where the walk is
  if (detail.settled) ask(detail);
});
new IntersectionObserver(([entry]) => {
  visible = entry.isIntersecting;
  if (visible) ask();
}).observe(root);
