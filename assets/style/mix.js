// The pad: four styles at its corners, and a place among them.
const pad = find(".st-pad");
const clamp = (value) => Math.min(1, Math.max(0, value));
const round = (value) => Math.round(value * 100) / 100;
const mix = { corners: SETUP.corners.slice(), across: 0.5, down: 0.5, chosen: 0 };
const mixing = () => !find(".st-mix").hidden;
const weights = () => [(1 - mix.across) * (1 - mix.down), mix.across * (1 - mix.down), (1 - mix.across) * mix.down, mix.across * mix.down];
const mixText = () => `${mix.corners.join(",")}@${round(mix.across)},${round(mix.down)}`;

function sharesInWords() {
  const shares = new Map();
  mix.corners.forEach((slug, k) => shares.set(slug, (shares.get(slug) ?? 0) + weights()[k]));
  const listed = [...shares].filter(([, share]) => share >= 0.005).sort((a, b) => b[1] - a[1]);
  const short = (slug) => surname(styles.get(slug)?.artist ?? "") || nameOf(slug);
  return listed.map(([slug, share]) => `${short(slug)} ${Math.round(100 * share)} %`).join(", ");
}

find(".st-corners").append(...CORNER_NAMES.map((name, k) => {
  const corner = document.createElement("button");
  corner.type = "button";
  corner.className = "st-corner";
  corner.setAttribute("role", "radio");
  corner.innerHTML = "<img alt=\"\" draggable=\"false\"><span></span><small></small>";
  corner.addEventListener("click", () => chooseCorner(k));
  corner.addEventListener("keydown", (event) => {
    const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!turn) return;
    event.preventDefault();
    chooseCorner((k + turn + CORNER_NAMES.length) % CORNER_NAMES.length);
    find(`.st-corner:nth-child(${mix.chosen + 1})`).focus();
  });
  return corner;
}));

function chooseCorner(k) {
  mix.chosen = k;
  showMix();
}

function putAtCorner(slug) {
  mix.corners[mix.chosen] = slug;
  state.style = mixText();
  showMix();
}

function showMix() {
  const shares = weights();
  root.style.setProperty("--across", mix.across);
  root.style.setProperty("--down", mix.down);
  mix.corners.forEach((slug, k) => {
    const tile = styles.get(slug)?.tile ?? "";
    const corner = find(".st-corners").children[k];
    const images = [pad.querySelectorAll("img")[k], corner.querySelector("img")];
    for (const image of images) if (image.getAttribute("src") !== tile) image.src = tile;
    corner.querySelector("span").textContent = nameOf(slug);
    corner.querySelector("small").textContent = `${CORNER_NAMES[k]}, ${Math.round(100 * shares[k])} %`;
    corner.setAttribute("aria-checked", k === mix.chosen);
    corner.tabIndex = k === mix.chosen ? 0 : -1;
  });
  find("#st-shares").textContent = sharesInWords();
}

function unfoldMix(open) {
  find(".st-mix").hidden = !open;
  button("mix").setAttribute("aria-expanded", open);
  button("mix").textContent = open ? "One style alone" : "Mix four";
}

// The style that hangs goes to the first corner; back from the field, the nearest corner's is left.
button("mix").addEventListener("click", () => {
  const open = !mixing();
  unfoldMix(open);
  if (open) {
    mix.corners[0] = state.style;
    Object.assign(mix, { across: 0.5, down: 0.5, chosen: 0 });
    state.style = mixText();
  } else {
    const shares = weights();
    state.style = mix.corners[shares.indexOf(Math.max(...shares))];
  }
  showMix();
  develop({ afresh: true });
});

function moveTo(across, down, moving) {
  Object.assign(mix, { across: round(clamp(across)), down: round(clamp(down)) });
  state.style = mixText();
  showMix();
  develop({ moving });
}

function follow(event) {
  const box = pad.getBoundingClientRect();
  moveTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, true);
}
pad.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pad.setPointerCapture(event.pointerId);
  held = true;
  follow(event);
});
pad.addEventListener("pointermove", (event) => pad.hasPointerCapture(event.pointerId) && follow(event));
for (const over of ["pointerup", "pointercancel"]) {
  pad.addEventListener(over, () => {
    if (!held) return;
    held = false;
    develop();
  });
}
pad.addEventListener("keydown", (event) => {
  const step = event.shiftKey ? 0.2 : 0.05;
  const [x, y] = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowDown: [0, step], ArrowUp: [0, -step] }[event.key] ?? [0, 0];
  if (!x && !y) return;
  event.preventDefault();
  moveTo(mix.across + x, mix.down + y, false);
});

// A mix from outside: a link, a recipe.
function adoptMix() {
  const open = mixed();
  if (open) {
    const [across, down] = state.style.split("@")[1].split(",").map((share) => clamp(Number(share) || 0));
    Object.assign(mix, { corners: parts(), across, down });
  }
  unfoldMix(open);
  showMix();
}
