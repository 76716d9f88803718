// Choosing: the faces A to D, the wall of seeds, the three paths. A part of stage.js.

// ------------------------------------------------------------ A, B, C and D

const scene = find(".wk-scene");
LETTERS.forEach((letter, slot) => {
  const figure = document.createElement("figure");
  figure.className = "wk-slot";
  figure.dataset.slot = slot;
  figure.innerHTML = `<button type="button"><img alt="" draggable="false"></button><figcaption><b>${letter}</b>
    <label>seed <input type="number" min="0" max="${SETUP.seeds - 1}" step="1" inputmode="numeric"></label></figcaption>`;
  const button = figure.querySelector("button");
  button.addEventListener("click", () => { view.slot = slot; mark(); });
  button.title = "The next face you pick hangs here";
  figure.querySelector("input").addEventListener("change", ({ target }) => {
    const seed = target.value === "" ? NaN : Number(target.value);
    if (Number.isInteger(seed) && seed >= 0 && seed < SETUP.seeds) return setSeed(slot, seed);
    target.value = seedOf(slot);
    remark(SEED_SENTENCE);
  });
  scene.append(figure);
});
const slotOf = (slot) => scene.querySelector(`[data-slot="${slot}"]`);

function setSeed(slot, seed) {
  change({ [seedName(slot)]: seed });
}

// ------------------------------------------------------------ the wall of seeds

const wall = find(".wk-wall");
for (let k = 0; k < SETUP.wall; k++) {
  const face = document.createElement("button");
  face.type = "button";
  face.tabIndex = k ? -1 : 0;
  face.innerHTML = '<img alt="" draggable="false"><span></span>';
  face.addEventListener("click", () => pick(page()[k]));
  wall.append(face);
}
wall.addEventListener("keydown", (event) => {
  const at = [...wall.children].indexOf(document.activeElement);
  const slot = LETTERS.indexOf(event.key.toUpperCase());
  if (at >= 0 && slots().includes(slot) && !event.ctrlKey && !event.metaKey) return setSeed(slot, page()[at]);
  const columns = getComputedStyle(wall).gridTemplateColumns.split(" ").length;
  const turn = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!turn || at < 0) return;
  event.preventDefault();
  wall.children[Math.min(SETUP.wall - 1, Math.max(0, at + turn))].focus();
});
wall.addEventListener("focusin", ({ target }) => {
  for (const face of wall.children) face.tabIndex = face === target ? 0 : -1;
});

// The face goes to the marked place, and the next one to the place after it.
function pick(seed) {
  const slot = view.slot;
  view.slot = slots()[(slots().indexOf(slot) + 1) % slots().length];
  setSeed(slot, seed);
}

// ------------------------------------------------------------ the paths

const paths = find(".wk-paths");
for (const { name, title, words } of SETUP.paths) {
  const row = document.createElement("div");
  row.className = "wk-path";
  row.dataset.path = name;
  row.setAttribute("role", "radio");
  row.innerHTML = `<p><b>${title}</b><span>${words}</span></p><div class="wk-strip"><img alt="" draggable="false"><i></i></div>`;
  row.addEventListener("click", (event) => {
    const box = row.querySelector(".wk-strip").getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    // A strip's frames stand for the middle of their place in it.
    const t = ((share * SETUP.strip - 0.5) / (SETUP.strip - 1));
    change({ path: name, ...(event.clientX && share >= 0 && share <= 1 ? { t: round(clamp(t)) } : {}) });
  });
  paths.append(row);
}
paths.addEventListener("keydown", (event) => {
  const rows = [...paths.children].filter((row) => !row.hidden);
  const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!turn) return;
  event.preventDefault();
  const at = rows.findIndex((row) => row.dataset.path === pathShown());
  const next = rows[(at + turn + rows.length) % rows.length];
  change({ path: next.dataset.path });
  next.focus();
});

// A model without a w walks straight in z where w is asked for.
const pathShown = () => (state.path === "w" && state.model !== "house" ? "z-straight" : state.path);
