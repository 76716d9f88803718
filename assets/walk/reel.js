// The film's row of faces: add, remove, put in order, go there. SETUP comes from demos/walk/reel.py.
const root = element.querySelector(".rl");
const find = (selector) => root.querySelector(selector);
const row = find(".rl-keys");
const stage = () => document.querySelector("#walk .wk")?.walk;
const fromText = (text) => (text ? text.split(";") : []);

let keys = fromText(props.value);
let told = props.value;
let look = null; // {path, psi, model} the small faces were made with
const faces = new Map(); // pictures by place and look
const faceKey = (place) => `${place} ${JSON.stringify(look)}`;
const say = (sentence) => { find(".rl-note").textContent = sentence; };

const standing = new Standing((wish) => server.stills(wish), (answer, wish) => {
  wish.places.forEach((place, k) => faces.set(faceKey(place), answer.faces[k]));
  show();
}, say);

// ------------------------------------------------------------ the row

function show() {
  const focused = [...row.children].findIndex((item) => item.contains(document.activeElement));
  const action = document.activeElement?.dataset?.act;
  row.replaceChildren(...keys.map(item));
  if (focused >= 0 && keys.length) {
    const back = row.children[Math.min(focused, keys.length - 1)];
    (back.querySelector(`[data-act="${action}"]:not(:disabled)`) || back.querySelector("button")).focus();
  }
  measure();
}

function item(place, k) {
  const name = `Face ${k + 1} of ${keys.length}`;
  const li = document.createElement("li");
  li.draggable = true;
  li.innerHTML = `<button type="button" class="rl-face" data-act="go" aria-label="${name}, ${words(place)}: walk there"
      title="Walk there (Delete removes, Shift and arrows move)"><img alt="" draggable="false"></button>
    <span class="rl-tools"><button type="button" data-act="left" aria-label="${name}: earlier" title="Earlier">‹</button><button
      type="button" data-act="away" aria-label="${name}: remove" title="Remove">×</button><button
      type="button" data-act="right" aria-label="${name}: later" title="Later">›</button></span>`;
  const act = (what) => li.querySelector(`[data-act="${what}"]`);
  act("go").addEventListener("click", () => document.dispatchEvent(new CustomEvent("walk:go", { detail: { place } })));
  act("away").addEventListener("click", () => change(keys.toSpliced(k, 1)));
  act("left").addEventListener("click", () => move(k, k - 1));
  act("right").addEventListener("click", () => move(k, k + 1));
  act("left").disabled = k === 0;
  act("right").disabled = k === keys.length - 1;
  const face = faces.get(faceKey(place));
  if (face) li.querySelector("img").src = face;
  li.querySelector("img").classList.toggle("rl-on", Boolean(face));
  li.addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace") change(keys.toSpliced(k, 1));
    else if (event.shiftKey && event.key === "ArrowLeft") focusOn(move(k, k - 1));
    else if (event.shiftKey && event.key === "ArrowRight") focusOn(move(k, k + 1));
    else return;
    event.preventDefault();
  });
  li.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/x-keyframe", k);
    event.dataTransfer.effectAllowed = "move";
  });
  li.addEventListener("dragover", (event) => event.dataTransfer.types.includes("text/x-keyframe") && event.preventDefault());
  li.addEventListener("drop", (event) => {
    const from = event.dataTransfer.getData("text/x-keyframe");
    if (from === "") return;
    event.preventDefault();
    move(Number(from), k);
  });
  return li;
}

const words = (place) => {
  const [seeds, share] = place.split("@");
  return share ? `between seeds ${seeds.replaceAll(",", ", ")}` : `seed ${seeds}`;
};
const focusOn = (k) => row.children[k]?.querySelector(".rl-face").focus();

function move(from, to) {
  if (to < 0 || to >= keys.length || from === to) return from;
  change(keys.toSpliced(from, 1).toSpliced(to, 0, keys[from]));
  return to;
}

function change(next) {
  if (next.length > SETUP.most) return say(`A film has ${SETUP.most} faces at most: take one out first.`);
  keys = next;
  say("");
  props.value = told = keys.join(";");
  show();
  refresh();
}

function measure() {
  const seconds = Math.min(props.seconds ?? SETUP.seconds, SETUP.longest / Math.max(1, keys.length));
  const length = Math.round(10 * seconds * keys.length) / 10;
  find(".rl-length").textContent = keys.length < SETUP.fewest
    ? `A film needs ${SETUP.fewest} faces at least: “Keep for the film” puts the large one here.`
    : `${keys.length} faces, then back to the first: a loop of ${length === 1 ? "1 second" : `${length} seconds`}, ${SETUP.sides}.`;
}

// The small faces follow path, psi and model of the stage.
function refresh(detail = stage()) {
  if (!detail?.live) return;
  const { path, psi, model } = detail.order;
  if (JSON.stringify(look) !== JSON.stringify({ path, psi, model })) {
    look = { path, psi, model };
    show();
  }
  const places = [...new Set(keys)].filter((place) => !faces.has(faceKey(place)));
  if (places.length) standing.bring({ places, ...look });
}

// A film that was opened: the stage shows its first face, as soon as there is a stage.
function goToFirst() {
  if (!keys.length) return;
  const go = () => document.dispatchEvent(new CustomEvent("walk:go", { detail: { place: keys[0] } }));
  if (stage()) go();
  else document.addEventListener("walk", go, { once: true });
}

document.addEventListener("walk", ({ detail }) => detail.settled && refresh(detail));
document.addEventListener("walk:keep", ({ detail }) => {
  refresh();
  if (detail.photo) faces.set(faceKey(detail.place), detail.photo);
  change([...keys, detail.place]);
  window.vernissage?.say(`Kept as face ${keys.length} of the film, further down.`);
});

// ------------------------------------------------------------ what the page says

watch("value", () => {
  if (props.value === told) return;
  told = props.value;
  keys = fromText(props.value);
  show();
  refresh();
  goToFirst();
});
watch("seconds", measure);

look = { path: SETUP.path, psi: SETUP.psi, model: "house" };
SETUP.seeds.forEach((seed, k) => faces.set(faceKey(`${seed}`), SETUP.faces[k]));
show();
refresh();
if (keys.join() !== SETUP.seeds.join()) goToFirst();
