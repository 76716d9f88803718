// Apples to tomatoes and back. SETUP comes from demos/style/turn.py.
const root = element.querySelector(".su");
const find = (selector) => root.querySelector(selector);
const say = (sentence = "") => { find(".su-note").textContent = sentence; };
const NO_ANSWER = "The gallery does not answer just now. Nothing you made is lost.";
const WAYS = Object.keys(SETUP.ways);
const state = { direction: WAYS[0], photos: Object.fromEntries(WAYS.map((way) => [way, `${SETUP.fruit}0`])) };
const shelves = new Map(); // pictures by name, by direction
const brought = new Map(); // visitors' pictures by name, as data URLs
const order = (direction = state.direction) => ({ photo: state.photos[direction], direction });

// A photo that the house has forgotten is brought again.
async function asking(question, wish) {
  const answer = await question(wish);
  const picture = brought.get(wish.photo);
  if (!answer?.unknown || !picture) return answer;
  await server.receive({ picture });
  return question(wish);
}
const standing = new Standing((wish) => asking(server.turn, wish), show, say);
const shelving = new Standing((wish) => server.shelf(wish), ({ pictures }, { direction }) => { shelves.set(direction, pictures); showShelf(); }, say);

function change() {
  say("");
  root.turns = WAYS.map((way) => order(way)); // for looking inside
  document.dispatchEvent(new CustomEvent("style:turn"));
  for (const choice of find(".su-ways").children) {
    choice.setAttribute("aria-checked", choice.dataset.way === state.direction);
    choice.tabIndex = choice.dataset.way === state.direction ? 0 : -1;
  }
  showShelf();
  if (!seen) return;
  standing.bring(order());
  if (!shelves.has(state.direction)) shelving.bring({ direction: state.direction });
}

function show(answer, { direction }) {
  const { from, to } = SETUP.ways[direction];
  const alts = { seen: `The photo: ${from.toLowerCase()}`, result: `The same as ${to}`, back: `Back again: ${from.toLowerCase()}` };
  for (const [name, alt] of Object.entries(alts)) Object.assign(find(`[data-of="${name}"]`), { src: answer[name], alt });
  say(answer.note);
  find("[data-name=to]").textContent = `As ${to}`;
  find("[data-name=back]").textContent = `And back: a pixel is off by ${(100 * answer.lost).toFixed(1)} %`;
  root.dataset.turns = Number(root.dataset.turns || 0) + 1;
}

// ------------------------------------------------------------ directions

find(".su-ways").append(...WAYS.map((way) => {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.dataset.way = way;
  choice.setAttribute("role", "radio");
  choice.textContent = `${SETUP.ways[way].from} to ${SETUP.ways[way].to}`;
  choice.addEventListener("click", () => { state.direction = way; change(); });
  choice.addEventListener("keydown", ({ key }) => {
    if (!key.startsWith("Arrow")) return;
    state.direction = WAYS[(WAYS.indexOf(way) + 1) % WAYS.length];
    change();
    find('.su-ways [aria-checked="true"]').focus();
  });
  return choice;
}));

// ------------------------------------------------------------ fruit

const bring = document.createElement("label");
bring.className = "su-tile";
bring.title = "A picture of your own: one fruit on a plain ground works best";
bring.innerHTML = `<b></b><input type="file" accept="image/*" aria-label="A picture of your own">`;
bring.querySelector("input").addEventListener("change", ({ target }) => { take(target.files[0]); target.value = ""; });

function showShelf() {
  const known = [...[...brought].reverse(), ...Object.entries(shelves.get(state.direction) ?? {})];
  find(".su-shelf").replaceChildren(bring, ...known.map(([name, picture]) => tile(name, picture)));
}

function tile(name, picture) {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "su-tile";
  choice.setAttribute("aria-pressed", state.photos[state.direction] === name);
  choice.setAttribute("aria-label", brought.has(name) ? "Your picture" : `${SETUP.ways[state.direction].from} ${Number(name.slice(SETUP.fruit.length)) + 1}`);
  choice.append(Object.assign(new Image(), { src: picture, alt: "", draggable: false }));
  choice.addEventListener("click", () => {
    state.photos[state.direction] = name;
    change();
    [...find(".su-shelf").querySelectorAll("button")].find((one) => one.getAttribute("aria-pressed") === "true")?.focus();
  });
  return choice;
}

function take(file) {
  if (!file) return;
  if (file.size > SETUP.mostBytes) return say(`That file has ${Math.round(file.size / 2 ** 20)} MB; the gallery takes ${Math.round(SETUP.mostBytes / 2 ** 20)} MB at most. Please choose a smaller picture.`);
  const reader = new FileReader();
  reader.addEventListener("load", () => receive(reader.result));
  reader.addEventListener("error", () => say("That file could not be read. Please choose it again."));
  reader.readAsDataURL(file);
}
async function receive(picture) {
  const answer = await server.receive({ picture }).catch(() => ({ sentence: NO_ANSWER }));
  if (!answer.name) return say(answer.sentence || NO_ANSWER);
  brought.set(answer.name, answer.picture);
  state.photos[state.direction] = answer.name;
  change();
}
const glass = find(".su-glass");
glass.addEventListener("dragover", (event) => event.preventDefault());
glass.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});

// ------------------------------------------------------------ taking home, coming back

find("[data-do=save]").addEventListener("click", async () => {
  const answer = await asking(server.keep, order()).catch(() => ({ sentence: NO_ANSWER }));
  if (!answer.picture) return say(answer.sentence);
  const link = document.createElement("a");
  link.href = answer.picture;
  link.download = `${state.direction}.png`;
  link.click();
});

watch("value", adopt);
function adopt() {
  if (!props.value) return;
  const { photo, direction } = JSON.parse(props.value);
  props.value = ""; // the same one may come again
  state.direction = direction;
  seen = true;
  root.scrollIntoView({ block: "center" });
  if (photo.startsWith("data:")) return receive(photo);
  if (photo) state.photos[direction] = photo;
  change();
}

// Asked for when it is first scrolled to: the networks need not be loaded for who never does.
let seen = false;
new IntersectionObserver(([entry], observer) => {
  if (!entry.isIntersecting) return;
  observer.disconnect();
  seen = true;
  change();
}, { rootMargin: "300px 0px" }).observe(root);
change();
adopt();
