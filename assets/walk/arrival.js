// The words beneath the face, the marks of where we are, what links and settings say. The last part of stage.js.

// ------------------------------------------------------------ words

const actions = {
  play: () => (walking ? rests() : walk()),
  surprise: () => {
    const seeds = slots().map((slot) => [seedName(slot), Math.floor(Math.random() * SETUP.seeds)]);
    change(Object.fromEntries(seeds));
  },
  keep: () => document.dispatchEvent(new CustomEvent("walk:keep", { detail: { place: placeText(), photo: view.photo } })),
  more: () => {
    view.first = (view.first + SETUP.wall) % SETUP.seeds;
    mark();
    showFaces();
    settleSoon();
  },
  save: async () => {
    const name = `face-${placeText().replace(/[^0-9.]+/g, "-")}.png`;
    const answer = live() ? await server.face(order()).catch(() => null) : { photo: view.photo };
    if (answer?.photo) download(answer.photo, name);
    say(answer?.sentence);
  },
};
for (const [name, action] of Object.entries(actions)) find(`[data-do="${name}"]`).addEventListener("click", action);

function download(photo, name) {
  const link = document.createElement("a");
  link.href = photo;
  link.download = name;
  link.click();
}

// Everything that shows where we are.
function mark() {
  root.dataset.way = state.way;
  root.toggleAttribute("data-still", !live());
  if (!slots().includes(view.slot)) view.slot = 0;
  slots().forEach((slot) => {
    const figure = slotOf(slot);
    const place = four() ? `${LETTERS[slot]}, ${CORNERS[slot]}` : LETTERS[slot];
    figure.querySelector("button").setAttribute("aria-pressed", slot === view.slot);
    figure.querySelector("button").setAttribute("aria-label", `${place}: seed ${seedOf(slot)}. The next face you pick hangs here`);
    figure.querySelector("input").setAttribute("aria-label", `Seed of ${LETTERS[slot]}`);
    figure.querySelector("input").value = seedOf(slot);
  });
  page().forEach((seed, k) => {
    const face = wall.children[k];
    const held = slots().filter((slot) => seedOf(slot) === seed).map((slot) => LETTERS[slot]).join(" ");
    face.setAttribute("aria-label", `Seed ${seed}${held ? `, hangs in ${held}` : ""}`);
    face.lastChild.textContent = held || seed;
    face.toggleAttribute("data-held", Boolean(held));
  });
  find(".wk-choice h2").textContent = `Pick a face for ${LETTERS[view.slot]}`;
  slider.value = state.t;
  slider.setAttribute("aria-valuetext", where());
  find(".wk-where").textContent = [state.t, ...(four() ? [state.down] : [])].map((share) => share.toFixed(2)).join(", ");
  const at = (value) => `${100 * (MARGIN + value * (1 - 2 * MARGIN))}%`;
  Object.assign(find(".wk-point").style, { left: at(state.t), top: at(state.down) });
  for (const row of paths.children) {
    const chosen = row.dataset.path === pathShown();
    row.setAttribute("aria-checked", chosen);
    row.tabIndex = chosen ? 0 : -1;
    row.querySelector("i").style.left = `${(100 * (0.5 + state.t * (SETUP.strip - 1))) / SETUP.strip}%`;
  }
}

// ------------------------------------------------------------ what the page says

// A link, a recipe or a control moved us. What the page heard from here last is no news.
function adopt(name) {
  let value = props[name];
  if (value === null || value === undefined || value === told[name]) return;
  if (name === "t" || name === "down") {
    const within = round(clamp(value));
    if (within !== round(value)) remark(`The way goes from 0 to 1: ${value} became ${within}.`);
    value = within;
  }
  told[name] = props[name];
  if (state[name] === value) return;
  rests();
  change({ [name]: value });
  if (name === "model") find(".wk-map").classList.remove("wk-on"); // made by the last one
  if (["psi", "way", "model"].includes(name)) showFaces();
  say();
}

for (const name of Object.keys(told)) watch(name, () => adopt(name));
watch("photo", () => props.photo && hang(props.photo));
document.addEventListener("walk:go", ({ detail: { place } }) => {
  const [seeds, shares] = place.split("@");
  const [a, b, c, d] = seeds.split(",").map(Number);
  const [t, down] = (shares || "0").split(",").map(Number);
  rests();
  if (c !== undefined) change({ way: "four", seed_a: a, seed_b: b, seed_c: c, seed_d: d, t, down });
  else change({ way: "two", seed_a: a, t, ...(b === undefined ? {} : { seed_b: b }) });
  showFaces();
});

SETUP.opening.faces.forEach((face, seed) => view.faces.set(faceKey(seed), face));
standing.wall.has({ seeds: page(), ...look() });
standing.strips.has({ seeds: corners(), down: 0, ...look() });
showStrips(SETUP.opening.strips);
mark();
showFaces();
hang(SETUP.opening.photo);
for (const name of Object.keys(told)) adopt(name);
settleSoon();
