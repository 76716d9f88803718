// Looking inside: Gram matrices, and the parts that hear the style. It follows what hangs in the studio; gatys.js and
// cycles.js go on from here. SETUP comes from demos/style/inside.py.
const root = element.querySelector(".sn");
const find = (selector) => root.querySelector(selector);
const say = (sentence = "") => { if (find(".sn-note").textContent !== sentence) find(".sn-note").textContent = sentence; };
const studio = () => document.querySelector("#style .st");
const visible = new Set(); // what can be seen: "look", "parts", "cycles"
const PARTS = Object.keys(SETUP.parts);

// A picture of the visitor's that the house has forgotten is brought again, by who has it.
async function asking(question, wish) {
  const answer = await question(wish);
  if (!answer?.unknown || !(await studio()?.lend(wish))) return answer;
  return question(wish);
}
const standing = {
  look: new Standing((wish) => asking(server.look, wish), ({ layers }) => showLayers(layers), say),
  parts: new Standing((wish) => asking(server.parts, wish), (answer, wish) => showTold(answer, wish), say),
};

function ask() {
  const art = studio()?.art;
  if (!art) return;
  root.toggleAttribute("data-guest", !art.live);
  say(art.live ? "" : "Only the house model can be looked into: choose it, and its inside is shown here.");
  if (!art.live) return;
  const { side, ...wish } = art.order;
  if (visible.has("look")) standing.look.bring(wish);
  if (visible.has("parts")) standing.parts.bring({ ...wish, parts: [...told] });
  if (visible.has("cycles")) askCycles();
}

// ------------------------------------------------------------ Gram matrices

let layers = [];
let chosen = 1;
const CAN_SEE = ["5 pixels wide: colour, grain", "strokes", "bunches of strokes", "shapes"];

function showLayers(found) {
  layers = found;
  find(".sn-tabs").replaceChildren(...layers.map(({ name }, k) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.setAttribute("role", "radio");
    tab.textContent = `${name}: ${CAN_SEE[k] ?? ""}`;
    tab.addEventListener("click", () => chooseLayer(k));
    tab.addEventListener("keydown", ({ key }) => {
      const turn = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!turn) return;
      chooseLayer((chosen + turn + layers.length) % layers.length);
      find('.sn-tabs [aria-checked="true"]').focus();
    });
    return tab;
  }));
  root.dataset.looks = Number(root.dataset.looks || 0) + 1;
  chooseLayer(Math.min(chosen, layers.length - 1));
}

function chooseLayer(k) {
  chosen = k;
  const layer = layers[k];
  [...find(".sn-tabs").children].forEach((tab, place) => {
    tab.setAttribute("aria-checked", place === k);
    tab.tabIndex = place === k ? 0 : -1;
  });
  for (const [whose, picture] of Object.entries(layer.grams)) {
    Object.assign(find(`.sn-gram [data-of="${whose}"]`), { src: picture, alt: `Gram matrix of the ${whose}, ${layer.name}: ${layer.channels} by ${layer.channels} channels` });
  }
  for (const [whose, picture] of Object.entries(layer.maps)) {
    Object.assign(find(`[data-map="${whose}"]`), { src: picture, alt: `Feature maps of the ${whose}, ${layer.name}` });
  }
  const { style_before: before, style, content } = layer;
  find(".sn-numbers").textContent = `Style loss in this layer: the photo ${before.toFixed(2)}, the result ${style.toFixed(2)} (0 is the painting’s own). The layout moved by ${content.toFixed(2)}; at 2 nothing would be left of it.`;
}

// ------------------------------------------------------------ part by part

const told = new Set(PARTS);
const SETS = { "All of them": PARTS, "The brush alone": ["strokes", "touch"], "Shapes alone": ["shapes"], "Colours alone": ["palette"], "None": [] };
find(".sn-words").append(...Object.entries(SETS).map(([name, parts]) => {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.textContent = name;
  choice.addEventListener("click", () => { told.clear(); parts.forEach((part) => told.add(part)); showSwitches(); ask(); });
  choice.parts = parts;
  return choice;
}));
find(".sn-switches").append(...PARTS.map((part) => {
  const row = document.createElement("label");
  row.dataset.part = part;
  row.innerHTML = `<input type="checkbox" autocomplete="off"><span></span><small></small><i><b></b></i>`;
  row.querySelector("span").textContent = part;
  row.querySelector("small").textContent = SETUP.parts[part];
  row.querySelector("input").addEventListener("change", ({ target }) => {
    told[target.checked ? "add" : "delete"](part);
    showSwitches();
    ask();
  });
  return row;
}));
function showSwitches() {
  for (const row of find(".sn-switches").children) row.querySelector("input").checked = told.has(row.dataset.part);
  for (const choice of find(".sn-words").children) choice.setAttribute("aria-pressed", choice.parts.length === told.size && choice.parts.every((part) => told.has(part)));
}
showSwitches();

function showTold({ picture, asked }, { parts }) {
  const image = find('[data-of="told"]');
  const heard = parts.length === PARTS.length ? "everywhere" : parts.length ? `in: ${parts.join(", ")}` : "nowhere: the photo in its own style";
  Object.assign(image, { src: picture, alt: `The picture with the style heard ${heard}` });
  find(".sn-parts figcaption").textContent = `The style is heard ${heard}.`;
  const most = Math.max(...Object.values(asked), 1e-9);
  for (const row of find(".sn-switches").children) {
    row.querySelector("b").style.width = `${(100 * asked[row.dataset.part]) / most}%`;
    row.title = `How much this style asks of it: ${asked[row.dataset.part].toFixed(2)}`;
  }
  root.dataset.told = parts.join(" ");
}

// ------------------------------------------------------------ only what can be seen is asked for

document.addEventListener("style", ask);
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) target.inView = isIntersecting;
  visible.clear();
  for (const section of root.querySelectorAll("[data-asks]")) if (section.inView) visible.add(section.dataset.asks);
  ask();
}, { rootMargin: "300px 0px" }); // a little before it is scrolled to
for (const section of root.querySelectorAll("[data-asks]")) observer.observe(section);
