// A film of the visitor's, painted as the picture above is. SETUP comes from demos/style/film.py.
const root = element.querySelector(".sf");
const find = (selector) => root.querySelector(selector);
const button = find("[data-do=paint]");
const source = find(".sf-source");
const say = (sentence = "") => { find(".sf-note").textContent = sentence; };
const LEAVING = 600; // milliseconds a film that was called off takes to leave the queue
let film = null; // {file, sent}: what was chosen, and where the house keeps it once it was sent
let job = null; // {id, leaving}
let orders = 0;

// ------------------------------------------------------------ choosing

function choose(file) {
  if (!file || job) return;
  say("");
  if (file.size > SETUP.mostBytes) return say(`That film has ${Math.round(file.size / 2 ** 20)} MB; the gallery takes ${Math.round(SETUP.mostBytes / 2 ** 20)} MB at most. Please choose a shorter one.`);
  film = { file, sent: null };
  button.disabled = false;
  find(".sf-about").textContent = file.name;
  URL.revokeObjectURL(source.src);
  source.src = URL.createObjectURL(file);
  source.hidden = false;
}
source.addEventListener("loadedmetadata", () => {
  source.play().catch(() => {});
  const seconds = source.duration;
  if (seconds > SETUP.seconds) find(".sf-about").textContent = `The first ${SETUP.seconds} seconds of ${length(seconds)} are painted.`;
});
// A film that the browser cannot show may still be one that the house can read.
source.addEventListener("error", () => { source.hidden = true; if (film) find(".sf-invite").textContent = film.file.name; });
const length = (seconds) => (seconds < 120 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`);

const input = find("input");
input.addEventListener("change", () => { choose(input.files[0]); input.value = ""; });
const place = find(".sf-place");
place.addEventListener("dragover", (event) => event.preventDefault());
place.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});

// ------------------------------------------------------------ painting

button.addEventListener("click", async () => {
  if (job) return callOff();
  if (!film) return;
  const mine = job = { id: ++orders, leaving: false, asked: false };
  progress(0, 1, "Sending the film");
  film.sent ??= await upload(film.file).catch(() => null);
  if (job !== mine || mine.leaving) return;
  if (!film.sent?.path) {
    film.sent = null;
    return rest("The film did not arrive. Please try once more.");
  }
  root.source = { path: film.sent.path, orig_name: film.file.name, size: film.file.size, meta: { _type: "gradio.FileData" } };
  root.order = JSON.stringify({ ...document.querySelector("#style .st")?.art?.order, id: mine.id });
  mine.asked = true;
  progress(0, 1, "Waiting for a place");
  trigger("submit");
});

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  if (news.step) return progress(...news.step, news.step[0] ? `Frame ${news.step[0]} of ${news.step[1]}` : "Reading the film");
  rest(news.said ?? "");
  if (news.said) root.dataset.films = Number(root.dataset.films || 0) + 1;
});

function progress(done, of, sentence) {
  root.toggleAttribute("data-busy", true);
  button.textContent = "Stop";
  const bar = find(".sf-progress");
  bar.style.visibility = "visible";
  bar.setAttribute("aria-valuenow", Math.round((100 * done) / of));
  bar.firstChild.style.width = `${(100 * done) / of}%`;
  say(sentence);
}

function callOff() {
  if (job.leaving) return;
  job.leaving = true;
  if (job.asked) trigger("stop");
  progress(0, 1, "Stopping");
  setTimeout(() => rest("Stopped."), LEAVING);
}

function rest(sentence) {
  job = null;
  root.removeAttribute("data-busy");
  button.textContent = "Paint the film";
  find(".sf-progress").style.visibility = "hidden";
  find(".sf-progress span").style.width = 0;
  say(sentence);
}
