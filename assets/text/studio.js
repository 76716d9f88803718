// The studio: what is asked, what hangs, and the painting between the two. SETUP comes from demos/text/studio.py;
// prompt.js, settings.js, visit.js and start.js go on from here.
const root = element.querySelector(".tx");
const find = (selector) => root.querySelector(selector);
const wall = find(".tx-wall");

// What is asked, by the names links and recipes use; and what hangs: settings and pictures of the same painting.
const state = { ...SETUP.first.settings, model: "house" };
const NAMES = Object.keys(state);
const hung = { settings: { ...state }, pictures: [] };
let chosen = 0; // the picture that looking inside is about
let told = null; // what the page's settings were last told
const same = (a, b) => NAMES.every((name) => a[name] === b[name]);

// ------------------------------------------------------------ words to the visitor

const note = find(".tx-note");
// One sentence at a time; `offer` is a word that a click puts right: {word, act, title}.
function say(words, offer = null) {
  const parts = [words];
  if (offer) {
    const choice = wordButton(offer.word, offer.act);
    choice.title = offer.title;
    parts.push(" Or ", choice, "?");
  }
  note.replaceChildren(...parts);
}

// ------------------------------------------------------------ the wall

function layOut(count) {
  while (wall.children.length > count) wall.lastChild.remove();
  while (wall.children.length < count) wall.append(work(wall.children.length));
  wall.dataset.count = count;
}

function work(place) {
  const figure = document.createElement("figure");
  figure.innerHTML = `<button type="button" class="tx-frame"><span class="tx-glass"><img alt="" draggable="false"><img alt="" draggable="false"></span></button>
    <figcaption><span class="tx-number"></span><button type="button" class="tx-word" data-do="save" title="The picture, with its recipe inside">Save</button></figcaption>`;
  figure.querySelector(".tx-frame").addEventListener("click", () => choose(place));
  figure.querySelector("[data-do=save]").addEventListener("click", () => save(place));
  for (const { slug, title } of window.vernissage?.takers ?? []) {
    figure.querySelector("figcaption").append(wordButton(`To ${title}`, () => window.vernissage.hand(slug, hung.pictures[place])));
  }
  return figure;
}

// Cross-fade: the new picture comes over the old one, and only when it has been decoded.
async function hangIn(glass, picture, alt) {
  const frames = [...glass.querySelectorAll("img")];
  const next = frames.find((frame) => !frame.classList.contains("tx-on")) || frames[0];
  glass.wanted = picture;
  next.src = picture;
  await next.decode().catch(() => {});
  if (glass.wanted !== picture) return;
  for (const frame of frames) {
    frame.classList.toggle("tx-on", frame === next);
    frame.alt = frame === next ? alt : "";
  }
}

const seedAt = (settings, place) => (settings.seed + place) % SETUP.seeds;
function hang(pictures, settings, finished = true) {
  layOut(pictures.length);
  pictures.forEach((picture, place) => {
    const figure = wall.children[place];
    const seed = seedAt(settings, place);
    hangIn(figure.querySelector(".tx-glass"), picture, finished ? `${settings.prompt}, seed ${seed}` : "A picture on its way");
    figure.querySelector(".tx-number").textContent = `seed ${seed}`;
    figure.querySelector(".tx-frame").setAttribute("aria-label", `${settings.prompt}, seed ${seed}: look inside this one`);
  });
}

function finish(settings, pictures) {
  Object.assign(hung, { settings: { ...settings }, pictures });
  hang(pictures, settings);
  choose(Math.min(chosen, pictures.length - 1));
  root.dataset.paintings = Number(root.dataset.paintings || 0) + 1;
}

// The floors beneath follow the chosen picture; only one that hangs finished can be chosen.
function choose(place) {
  chosen = place;
  [...wall.children].forEach((figure, k) => figure.querySelector(".tx-frame").setAttribute("aria-pressed", k === place));
  publish();
}
function publish() {
  root.text = { settings: { ...hung.settings }, place: chosen, seed: seedAt(hung.settings, chosen), picture: hung.pictures[chosen] };
  document.dispatchEvent(new CustomEvent("text", { detail: root.text }));
}

function save(place) {
  const link = document.createElement("a");
  link.href = hung.pictures[place];
  link.download = `text-to-image-${seedAt(hung.settings, place)}.png`;
  link.click();
}

// ------------------------------------------------------------ painting

let job = null; // {id, settings}
let next = null; // what is asked while another painting is being called off
let orders = 0;
const LEAVING = 600; // milliseconds a painting that was called off takes to leave the queue

function paint() {
  if (!state.prompt.trim()) {
    field.focus();
    return say("There is no prompt yet: say in a few words what to paint, or take one from below.");
  }
  if (job && same(job.settings, state) && !job.leaving) return;
  if (job) return callOff({ ...state });
  begin({ ...state });
}

function begin(settings) {
  job = { id: ++orders, settings };
  root.order = JSON.stringify({ id: job.id, ...settings });
  layOut(settings.count);
  tell();
  progress(0, 1, "Waiting for a place");
  trigger("submit");
}

function callOff(then = null) {
  next = then;
  if (job?.leaving) return;
  job.leaving = true;
  trigger("stop");
  setTimeout(() => {
    rest();
    sayUnknown(mark());
    hang(hung.pictures, hung.settings);
    if (next) begin(next);
    next = null;
  }, LEAVING);
  progress(0, 1, then ? "Waiting for a place" : "Stopping");
}

function rest() {
  job = null;
  root.removeAttribute("data-busy");
  find(".tx-paint").textContent = "Paint";
  find(".tx-progress").style.visibility = "hidden";
  find(".tx-progress span").style.width = 0;
  markTiles();
}

function progress(done, of, words) {
  root.toggleAttribute("data-busy", true);
  find(".tx-paint").textContent = "Stop";
  const bar = find(".tx-progress");
  bar.style.visibility = "visible";
  bar.setAttribute("aria-valuenow", Math.round((100 * done) / of));
  bar.firstChild.style.width = `${(100 * done) / of}%`;
  say(words);
}

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  if (news.ready) return progress(0, 1, "Getting the model ready");
  if (news.step) {
    if (news.previews.length) hang(news.previews, job.settings, false);
    return progress(news.step[0], news.step[1], `Step ${news.step[0]} of ${news.step[1]}`);
  }
  const { settings } = job;
  rest();
  sayUnknown(mark());
  if (!news.pictures) return hang(hung.pictures, hung.settings);
  adoptClamped(settings, news.settings);
  finish({ ...settings, ...news.settings }, news.pictures);
  keepInVisit(hung.settings, news.pictures);
  if (news.said.length) say(news.said.join(" "));
});

// The house may have brought a setting back to what is possible; what was changed since then stays.
function adoptClamped(asked, got) {
  for (const name of NAMES) if (name in got && state[name] === asked[name]) state[name] = got[name];
  showSettings();
  tell();
}

find(".tx-ask").addEventListener("submit", (event) => {
  event.preventDefault();
  paint();
});
// The button says what it does: while a painting is under way, it stops it.
find(".tx-paint").addEventListener("click", (event) => {
  if (!job) return;
  event.preventDefault();
  callOff();
});

// The address and the settings hear what is asked, once it is asked.
function tell() {
  const now = JSON.stringify(settings());
  if (now === told) return;
  told = now;
  trigger("select");
}
const settings = () => NAMES.filter((name) => name !== "model").map((name) => state[name]);
root.settings = settings;
root.wish = () => ({ ...state });
