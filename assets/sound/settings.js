// How it sounds: back-end, room, volume, the film's own sound, seed; and settings from outside: links, recipes.
find(".so-ways").append(...SETUP.backends.map(({ name, words }) => {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "so-choice";
  choice.dataset.backend = name;
  choice.setAttribute("role", "radio");
  choice.textContent = { modal: "Modal", exemplar: "Exemplar", "griffin-lim": "Griffin-Lim" }[name] ?? name;
  choice.title = words;
  choice.addEventListener("click", () => { state.backend = name; showSettings(); develop(); });
  return choice;
}));
walkChoices(find(".so-ways"));

const SPOKEN = {
  room: (value) => (value === 0 ? "dry" : value < 0.3 ? "small" : value < 0.7 ? "large" : "a hall"),
  volume: (value) => percent(value),
  original: (value) => (value === 0 ? "none" : percent(value)),
};
for (const slider of root.querySelectorAll("[data-set]")) {
  const name = slider.dataset.set;
  slider.addEventListener("input", () => {
    held = true;
    state[name] = Number(slider.value);
    showSettings();
    if (name === "original") showOwnSound();
    settleSoon();
  });
  slider.addEventListener("change", () => { held = false; name === "original" ? settleSoon() : develop(); });
}

function showSettings() {
  for (const choice of find(".so-ways").children) {
    const taken = choice.dataset.backend === state.backend;
    choice.setAttribute("aria-checked", taken);
    choice.tabIndex = taken ? 0 : -1;
    if (taken) find(".so-way").textContent = choice.title;
  }
  for (const slider of root.querySelectorAll("[data-set]")) {
    const spoken = SPOKEN[slider.dataset.set](state[slider.dataset.set]);
    slider.value = state[slider.dataset.set];
    slider.setAttribute("aria-valuetext", spoken);
    slider.nextElementSibling.textContent = spoken;
  }
  find(".so-seed").value = state.seed;
}

function setSeed(seed) {
  if (seed === state.seed) return;
  state.seed = seed;
  showSettings();
  develop();
}
find(".so-seed").addEventListener("change", ({ target }) => {
  const seed = /^\d{1,10}$/.test(target.value.trim()) ? Number(target.value) : SETUP.seeds;
  if (seed < SETUP.seeds) return setSeed(seed);
  say(`A seed is a whole number from 0 to ${SETUP.seeds - 1}.`);
  showSettings();
});
find(".so-seed").addEventListener("keydown", ({ key, target }) => key === "Enter" && target.blur());
button("surprise").addEventListener("click", () => setSeed(Math.floor(Math.random() * SETUP.seeds)));

// ------------------------------------------------------------ settings from outside

// What the page itself was told last is no news.
let adopting;
watch("asked", () => {
  clearTimeout(adopting);
  adopting = setTimeout(adopt, 60);
});
function adopt() {
  if (!props.asked || JSON.stringify(props.asked) === told) return;
  const wish = Object.fromEntries(SETUP.names.map((name, place) => [name, props.asked[place]]));
  told = JSON.stringify(props.asked);
  // A film that was saved here and is opened: the page has the file in its hands, and the house reads its recipe.
  const file = window.vernissage?.takeOpened?.();
  if (file && !wish.clip) return bring(file);
  take(wish);
  const then = () => { takeHits(wish.hits); develop(); };
  if (SETUP.clips.some(({ name }) => name === wish.clip) && (film?.own || wish.clip !== film?.name)) return openClip(wish.clip, then);
  if (!wish.clip && wish.hits && !film?.own) say("These hits are of a film that is not here: choose that film, and it opens with them.");
  else then();
}

function take(wish) {
  if (SETUP.backends.some(({ name }) => name === wish.backend)) state.backend = wish.backend;
  if (wish.material === "" || titles.has(wish.material)) state.material = wish.material;
  for (const [name, most] of [["room", 1], ["volume", 2], ["original", 1]]) if (Number.isFinite(wish[name])) state[name] = clamp(wish[name], 0, most);
  if (Number.isSafeInteger(wish.seed) && wish.seed >= 0 && wish.seed < SETUP.seeds) state.seed = wish.seed;
  showSettings();
  showOwnSound();
}
const HIT = /^\d{1,2}(\.\d+)?_\d(\.\d+)?_[a-z0-9-]+$/;
function takeHits(text) {
  const readable = typeof text === "string" && text !== "" && text.split("*").every((word) => HIT.test(word));
  const hits = hitsIn(readable ? text : film.found).filter(({ t, m }) => t < film.seconds && materialsIn(m).every(([name]) => titles.has(name)));
  state.hits = hits.slice(0, SETUP.mostHits);
  chosen = null;
}
function adoptRecipe(recipe) {
  take(recipe);
  takeHits(recipe.hits);
  develop();
}

watch("model", takeModel);
function takeModel() {
  if (!props.model || props.model === state.model) return;
  state.model = props.model;
  find(".so-voice").hidden = live();
  if (live() && voice) { voice = null; develop(); }
  if (!live()) suggestPrompt();
}
