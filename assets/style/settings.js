// Strength, colours, seed; and settings from outside: links, recipes, another room's picture, another model.
const strength = find(".st-strength input");
strength.addEventListener("input", () => {
  held = true;
  state.strength = Number(strength.value);
  showSettings();
  develop({ moving: true });
});
strength.addEventListener("change", () => {
  held = false;
  develop();
});
find(".st-keep").addEventListener("change", ({ target }) => {
  state.keep_colours = target.checked;
  develop();
});

function setSeed(seed) {
  if (seed === state.seed) return;
  state.seed = seed;
  showSettings();
  develop();
}
find(".st-seed").addEventListener("change", ({ target }) => {
  const seed = /^\d{1,10}$/.test(target.value.trim()) ? Number(target.value) : SETUP.seeds;
  if (seed < SETUP.seeds) return setSeed(seed);
  say(`A seed is a whole number from 0 to ${SETUP.seeds - 1}.`);
  showSettings();
});
find(".st-seed").addEventListener("keydown", ({ key, target }) => key === "Enter" && target.blur());
button("surprise").addEventListener("click", () => setSeed(Math.floor(Math.random() * SETUP.seeds)));

function showSettings() {
  strength.value = state.strength;
  strength.setAttribute("aria-valuetext", `${Math.round(100 * state.strength)} %`);
  find(".st-strength output").textContent = `${Math.round(100 * state.strength)} %`;
  find(".st-keep").checked = state.keep_colours;
  find(".st-seed").value = state.seed;
}

// ------------------------------------------------------------ settings from outside

// What the page itself was told last is no news.
let adopting;
watch("asked", () => {
  clearTimeout(adopting);
  adopting = setTimeout(adopt, 60);
});
function adopt() {
  if (!props.asked || JSON.stringify(props.asked) === (told ?? JSON.stringify(settings()))) return;
  const asked = Object.fromEntries(NAMES.map((name, place) => [name, props.asked[place]]));
  if (isStyle(asked.style)) state.style = asked.style;
  if (Number.isFinite(asked.strength)) state.strength = clamp(asked.strength);
  if (typeof asked.keep_colours === "boolean") state.keep_colours = asked.keep_colours;
  if (Number.isSafeInteger(asked.seed) && asked.seed >= 0 && asked.seed < SETUP.seeds) state.seed = asked.seed;
  told = JSON.stringify(props.asked); // what could not be taken is told back
  showSettings();
  adoptMix();
  meetStyles();
  develop({ afresh: true });
  if (photos.has(asked.photo) && asked.photo !== state.photo) choosePhoto(asked.photo);
}

// One style, or four and a place among them; as demos/style/mixing.py reads it.
function isStyle(text) {
  if (typeof text !== "string") return false;
  const [names, place] = text.split("@");
  const slugs = names.split(",");
  const known = slugs.every((slug) => styles.has(slug) || slug.startsWith(SETUP.ownStyle));
  return known && (place === undefined ? slugs.length === 1 : slugs.length === SETUP.corners.length);
}

// A photo from a recipe or another room: a data URL that the house has read already.
watch("value", adoptPhoto);
function adoptPhoto() {
  if (!props.value) return;
  const picture = props.value;
  props.value = ""; // the same one may come again
  receive(picture, "your photo");
}

watch("model", takeModel);
function takeModel() {
  if (!props.model || props.model === state.model) return;
  state.model = props.model;
  button("ask").hidden = live();
  if (live()) say();
  else say("This model takes its time: it paints when you ask it to.");
  develop({ afresh: true });
}
