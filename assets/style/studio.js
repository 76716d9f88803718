// The studio: a photo, a style, and the painting that follows them. SETUP comes from demos/style/studio.py; compare.js,
// styles.js, mix.js, photos.js, settings.js, keep.js and start.js go on from here.
const root = element.querySelector(".st");
const find = (selector) => root.querySelector(selector);
const button = (name) => find(`[data-do="${name}"]`);
const painted = [...root.querySelectorAll(".st-painted")];

// What is asked, by the names links and recipes use. A visitor's photo has no name there: `state.photo` begins with OWN.
const state = { ...SETUP.first.settings, model: "house" };
const NAMES = ["photo", "style", "strength", "keep_colours", "seed"];
const photos = new Map(SETUP.photos.map((photo) => [photo.name, photo]));
const styles = new Map(SETUP.styles.map((style) => [style.slug, style]));
const own = (name = state.photo) => name.startsWith(SETUP.own);
const live = () => state.model === "house";

const order = (side) => ({ ...Object.fromEntries(NAMES.map((name) => [name, state[name]])), side });
const say = (sentence = "") => {
  if (find(".st-note").textContent !== sentence) find(".st-note").textContent = sentence;
};

function wordButton(text, act, title = "") {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "st-word";
  choice.textContent = text;
  choice.title = title;
  choice.addEventListener("click", act);
  return choice;
}

// ------------------------------------------------------------ asking

// The house remembers the last pictures of visitors; one that it has forgotten is brought again.
async function asking(question, wish) {
  const answer = await question(wish);
  if (!answer?.unknown || !(await lend(wish))) return answer;
  return question(wish);
}
async function lend({ photo, style }) {
  const brought = [];
  if (own(photo) && photos.get(photo)?.picture) brought.push(server.receive({ picture: photos.get(photo).picture }));
  for (const slug of style.split("@")[0].split(",")) {
    if (styles.get(slug)?.picture) brought.push(server.painting({ picture: styles.get(slug).picture }));
  }
  return (await Promise.allSettled(brought)).some(({ value }) => value && !value.sentence);
}
root.lend = lend;

const photographer = new Photographer({ take: (wish) => asking(server.paint, wish), hang, say });
const sharpener = new Standing((wish) => asking(server.sharpen, wish), ({ photo }, wish) => {
  // Late: something else is asked by now, and its preview hangs already.
  if (JSON.stringify(wish) !== JSON.stringify(order(SETUP.sides.sharp))) sharpener.has(null);
  else hang(photo, wish);
}, say);

// Anything changed. `moving`: the hand has not let go; `afresh`: what is under way shows something else.
function develop({ moving = false, afresh = false } = {}) {
  showTitle();
  markWall();
  if (live()) {
    if (afresh) photographer.recall();
    if (moving) photographer.glimpse(() => order(SETUP.sides.moving));
    else photographer.order(order(SETUP.sides.preview));
  }
  settleSoon();
}

let rest;
let held = false; // a slider or the pad is in somebody's hand
let coming = null; // the photo that was chosen and is on its way
function settleSoon() {
  root.dataset.settled = false;
  clearTimeout(rest);
  rest = setTimeout(settle, 160);
}
function settle() {
  if (held || coming || photographer.underway || photographer.waiting) return settleSoon();
  tell();
  if (live()) sharpener.bring(order(SETUP.sides.sharp));
  if (live() && sharpener.asking) return settleSoon();
  root.dataset.settled = true;
  publish();
}

// The address and the settings hear where we are, once we rest.
let told = null;
const settings = () => NAMES.map((name) => (name === "photo" && own() ? "" : state[name]));
root.settings = settings;
function tell() {
  const now = JSON.stringify(settings());
  if (now === told) return;
  told = now;
  trigger("select");
}

// The floors beneath follow what hangs.
function publish() {
  root.art = { order: order(SETUP.sides.preview), live: live(), words: words(), styled: styled() };
  document.dispatchEvent(new CustomEvent("style", { detail: root.art }));
}

// ------------------------------------------------------------ what hangs

const words = () => photos.get(state.photo)?.words ?? "a photo";

// Cross-fade in the photo's own place: previews and the sharp picture have the same proportions.
async function hang({ picture }, wish) {
  if (wish.photo !== state.photo) return;
  const next = painted.find((frame) => !frame.classList.contains("st-on")) || painted[0];
  root.wanted = picture;
  next.src = picture;
  await next.decode().catch(() => {});
  if (root.wanted !== picture || wish.photo !== state.photo) return;
  root.removeAttribute("data-bare");
  for (const frame of painted) {
    frame.classList.toggle("st-on", frame === next);
    frame.alt = frame === next ? `${words()}, painted after ${styled()}` : "";
  }
  if (wish.side !== SETUP.sides.sharp) sharpener.has(null); // a preview hangs: the sharp one is not there any more
  root.dataset.paintings = Number(root.dataset.paintings || 0) + 1;
  root.dataset.side = wish.side;
}

// Another photo: it is seen as it is until its painting comes.
function hangPhoto({ picture, width, height, words: shown }) {
  root.style.setProperty("--ratio", width / height);
  const image = find(".st-photo");
  image.src = picture;
  image.alt = `The photo: ${shown}`;
  root.toggleAttribute("data-bare", true);
  for (const frame of painted) frame.classList.remove("st-on");
  root.wanted = null;
}
