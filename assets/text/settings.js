// Settings: the seed beneath the pictures; steps, guidance, how many and what to avoid behind "More".
const button = (name) => find(`[data-do="${name}"]`);
const more = find(".tx-more");

for (const { name, label, low, high, step, words } of SETUP.sliders) {
  const row = document.createElement("label");
  row.className = "tx-slider";
  row.innerHTML = `<span></span><output></output><input type="range"><small></small>`;
  row.querySelector("span").textContent = label;
  row.querySelector("small").textContent = words;
  const input = row.querySelector("input");
  Object.assign(input, { min: low, max: high, step, name });
  input.addEventListener("input", () => {
    state[name] = Number(input.value);
    showSettings();
  });
  // The hand has let go: the pictures follow.
  input.addEventListener("change", repaint);
  more.append(row);
}
const avoid = document.createElement("label");
avoid.className = "tx-avoid";
avoid.innerHTML = `<span>What to avoid</span><input type="text" autocomplete="off" spellcheck="false" placeholder="glasses, blue"><small>The negative prompt: guidance leads away from it.</small>`;
const avoided = avoid.querySelector("input");
avoided.addEventListener("input", () => { state.negative_prompt = avoided.value; });
avoided.addEventListener("change", repaint);
more.append(avoid);

// A large model takes its time: it is asked by the button alone.
function repaint() {
  if (state.model === "house" && state.prompt.trim() && !same(state, job?.settings ?? hung.settings)) paint();
}

function showSettings() {
  find(".tx-seed").value = state.seed;
  avoided.value = state.negative_prompt;
  for (const input of more.querySelectorAll("input[type=range]")) {
    input.value = state[input.name];
    input.parentElement.querySelector("output").textContent = state[input.name];
  }
}

function setSeed(word) {
  const seed = /^\d{1,10}$/.test(word.trim()) ? Number(word) : SETUP.seeds;
  if (seed >= SETUP.seeds) {
    say(`A seed is a whole number from 0 to ${SETUP.seeds - 1}.`);
    return showSettings();
  }
  state.seed = seed;
  repaint();
}
find(".tx-seed").addEventListener("change", ({ target }) => setSeed(target.value));
find(".tx-seed").addEventListener("keydown", ({ key, target }) => key === "Enter" && target.blur());
button("surprise").addEventListener("click", () => {
  state.seed = Math.floor(Math.random() * SETUP.seeds);
  showSettings();
  paint();
});

// One panel at a time, folded away at first.
for (const [name, panel] of [["words", find(".tx-words")], ["more", more]]) {
  button(name).addEventListener("click", () => {
    const open = panel.hidden;
    for (const other of root.querySelectorAll(".tx-panel")) other.hidden = other !== panel || !open;
    for (const each of ["words", "more"]) button(each).setAttribute("aria-expanded", each === name && open);
  });
}
button("words").textContent = `${SETUP.words.length} words it knows`;

// ------------------------------------------------------------ settings from outside

// A link, a recipe or another model. What the page was told last is no news.
let asking;
watch("asked", () => {
  clearTimeout(asking);
  asking = setTimeout(adopt, 60);
});
function adopt() {
  if (!props.asked || JSON.stringify(props.asked) === (told ?? JSON.stringify(settings()))) return;
  NAMES.filter((name) => name !== "model").forEach((name, place) => {
    const value = props.asked[place];
    if (typeof value === typeof state[name]) state[name] = value;
  });
  told = JSON.stringify(settings());
  field.value = state.prompt;
  showSettings();
  typed();
  repaint();
}
watch("model", takeModel);
function takeModel() {
  if (!props.model || props.model === state.model) return;
  state.model = props.model;
  const usual = SETUP.usual[state.model] ?? {};
  Object.assign(state, usual);
  root.toggleAttribute("data-guest", state.model !== "house");
  showSettings();
  typed();
}

// The floors beneath ask for a painting: {prompt} or any settings, by name.
document.addEventListener("text:paint", ({ detail }) => {
  for (const name of NAMES) if (name !== "model" && name in detail) state[name] = detail[name];
  field.value = state.prompt;
  showSettings();
  typed();
  paint();
  root.scrollIntoView({ behavior: "smooth", block: "start" });
});
