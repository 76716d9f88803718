// Long work, which tells its steps and can be called off: the picture at full size, to take home, and whatever a model
// from the hub paints.
const LEAVING = 600; // milliseconds that work which was called off takes to leave the queue
const WORDS = { save: "Save picture", ask: "Paint with it" };
let job = null; // {id, kind, wish, name, sent, leaving}
let orders = 0;
let guests = null; // what a model from the hub painted last: {wish, picture}

const nameOfFile = () => `${own() ? "photo" : state.photo}-${mixed() ? "mix" : state.style.startsWith(SETUP.ownStyle) ? "own" : state.style}.png`;
for (const kind of Object.keys(WORDS)) button(kind).addEventListener("click", () => (job ? callOff() : begin(kind)));

async function begin(kind) {
  const wish = { ...order(0), model: state.model };
  if (kind === "save" && !live()) {
    if (JSON.stringify(guests?.wish) === JSON.stringify(wish)) return download(guests.picture, nameOfFile());
    return say("It has not painted this yet: press “Paint with it” first.");
  }
  const mine = job = { id: ++orders, kind, wish, name: nameOfFile() };
  progress(0, 1, "Waiting for a place");
  await lend(wish);
  if (job !== mine || mine.leaving) return;
  root.order = JSON.stringify({ ...wish, id: mine.id, with_photo: find(".st-with input").checked });
  mine.sent = true;
  trigger("submit");
}

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  if (news.step) return progress(...news.step, news.step[1] > 1 ? `Step ${news.step[0]} of ${news.step[1]}` : "Getting ready");
  const { kind, name, wish } = job;
  atRest();
  if (!news.picture) return;
  if (kind === "save") return download(news.picture, name);
  guests = { wish, picture: news.picture };
  hang({ picture: news.picture }, wish);
});

function download(picture, name) {
  const link = document.createElement("a");
  link.href = picture;
  link.download = name;
  link.click();
}

function progress(done, of, sentence) {
  root.toggleAttribute("data-busy", true);
  button(job.kind).textContent = "Stop";
  const bar = find(".st-progress");
  bar.style.visibility = "visible";
  bar.setAttribute("aria-valuenow", Math.round((100 * done) / of));
  bar.firstChild.style.width = `${(100 * done) / of}%`;
  say(sentence);
}

function callOff() {
  if (job.leaving) return;
  job.leaving = true;
  if (job.sent) trigger("stop");
  progress(0, 1, "Stopping");
  setTimeout(atRest, LEAVING);
}

function atRest() {
  button(job.kind).textContent = WORDS[job.kind];
  job = null;
  root.removeAttribute("data-busy");
  find(".st-progress").style.visibility = "hidden";
  find(".st-progress span").style.width = 0;
  say();
}

// What hangs now, for a room that takes a picture.
for (const { slug, title } of (window.vernissage?.takers ?? []).filter((room) => room.slug !== SETUP.slug)) {
  find(".st-take").append(wordButton(`To ${title}`, () => {
    const shown = painted.find((frame) => frame.classList.contains("st-on"));
    if (!shown) return;
    const sheet = Object.assign(document.createElement("canvas"), { width: shown.naturalWidth, height: shown.naturalHeight });
    sheet.getContext("2d").drawImage(shown, 0, 0);
    window.vernissage.hand(slug, sheet.toDataURL("image/png"));
  }, `What hangs here goes to “${title}”`));
}
