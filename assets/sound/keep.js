// Long work, which tells its steps and can be called off: watching a film, a film to take home, a large model's voice.
const LEAVING = 600; // milliseconds that work which was called off takes to leave the queue
const DOING = { watch: "Watching", save: "Joining film and sound", voice: "Re-voicing", why: "Looking closely" };
let job = null; // {id, kind, sent, leaving, done}
let orders = 0;

// Asks for it, and waits: what came of it, or null when it failed or was called off.
async function longWork(kind, wish, own = mine) {
  if (job) return null;
  const task = job = { id: ++orders, kind, sent: false, leaving: false };
  progress(0, 1, kind === "watch" ? "Sending the film" : "Waiting for a place");
  if (own && !own.sent) own.sent = await upload(own.file).catch(() => null);
  if (job !== task || task.leaving) return null;
  if (own && !own.sent?.path) {
    own.sent = null;
    atRest("The film did not arrive. Please try once more.");
    return null;
  }
  root.source = own ? { path: own.sent.path, orig_name: own.file.name, size: own.file.size, meta: { _type: "gradio.FileData" } } : null;
  root.order = JSON.stringify({ ...wish, id: task.id, kind });
  task.sent = true;
  progress(0, 1, "Waiting for a place");
  trigger("submit");
  return new Promise((done) => { task.done = done; });
}

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  if (news.step) return progress(...news.step, news.step[0] ? `${DOING[job.kind]}: ${news.step[0]} of ${news.step[1]}` : `${DOING[job.kind]} …`);
  const { done } = job;
  atRest("");
  done?.(news.over ? null : news);
});

function progress(of, total, sentence) {
  root.toggleAttribute("data-busy", true);
  const bar = find(".so-progress");
  bar.style.visibility = "visible";
  bar.setAttribute("aria-valuenow", Math.round((100 * of) / total));
  bar.firstElementChild.style.width = `${(100 * of) / total}%`;
  say(sentence);
}

button("stop").addEventListener("click", () => {
  if (!job || job.leaving) return;
  job.leaving = true;
  const { done, sent } = job;
  if (sent) trigger("stop");
  progress(0, 1, "Stopping");
  setTimeout(() => { atRest("Stopped."); done?.(null); }, LEAVING);
});

function atRest(sentence) {
  job = null;
  root.removeAttribute("data-busy");
  find(".so-progress").style.visibility = "hidden";
  find(".so-progress span").style.width = 0;
  say(sentence);
}

// The house has done with it, one way or the other. Where it could not even begin, as when the film that was sent is no
// longer there, nothing else would say so.
root.over = () => {
  const task = job;
  setTimeout(() => {
    if (!task || job !== task || task.leaving) return;
    if (mine) mine.sent = null;
    atRest("");
    task.done?.(null);
  }, 1500);
};

// ------------------------------------------------------------ the film to take home

let files = null; // waits for the file that the house has written
watch("file", () => {
  if (!props.file?.url) return;
  files?.(props.file);
  files = null;
});
button("save").addEventListener("click", async () => {
  const arrived = new Promise((done) => { files = done; });
  const besides = voice ? { voice: voice.name, prompt: voice.prompt, change: voice.change, model: voice.model } : {};
  const done = await longWork("save", { ...order(), original: state.original, clip: film.name, ...besides });
  if (!done) return void (files = null);
  const { url } = await arrived;
  const link = document.createElement("a");
  link.href = url;
  link.download = `${film.name || "film"}-with-sound.mp4`;
  link.click();
});

// ------------------------------------------------------------ a large model's voice

let suggested = "";
async function suggestPrompt() {
  const prompt = find(".so-prompt");
  if (prompt.value && prompt.value !== suggested) return;
  const answer = await server.words({ hits: hitsText() }).catch(() => ({}));
  if (answer.prompt) prompt.value = suggested = answer.prompt;
}
const change_ = find(".so-change");
const showChange = () => { change_.nextElementSibling.textContent = percent(Number(change_.value)); };
change_.addEventListener("input", showChange);
showChange();
button("voice").addEventListener("click", async () => {
  const wish = order();
  const asked = { prompt: find(".so-prompt").value, change: Number(change_.value), model: state.model };
  const done = await longWork("voice", { ...wish, ...asked });
  if (!done) return;
  voice = { ...asked, wish: JSON.stringify(wish), name: done.voice };
  player.take(await heard(done.sound));
  root.dataset.voices = Number(root.dataset.voices || 0) + 1;
  say(done.said);
  publish();
});

// ------------------------------------------------------------ looking inside asks why a hit was seen

root.why = (seconds) => longWork("why", { clip: film.name, at: seconds });
