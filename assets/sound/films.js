// Films: ours, a visitor's, one from the camera. Ours come with what the model saw; others are watched.
const WAIT = 4000; // milliseconds a browser gets to say whether it can play a film
const clips = new Map(); // what is known of ours by name, once it was fetched
const strip = find(".so-strip");
let mine = null; // the visitor's film: {file, sent, words}

function fileTile() {
  const tile = document.createElement("label");
  tile.className = "so-tile so-bring";
  tile.title = "A film of your own";
  tile.innerHTML = `<b aria-hidden="true"></b><span>Your own</span><input type="file" accept="video/*,image/gif,.mkv,.avi" aria-label="A film of your own">`;
  const input = tile.querySelector("input");
  input.addEventListener("change", () => { bring(input.files[0]); input.value = ""; });
  return tile;
}
function tileButton(className, words, act) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.className = `so-tile ${className}`;
  tile.innerHTML = "<b aria-hidden=\"true\"></b><span></span>";
  tile.querySelector("span").textContent = words;
  tile.addEventListener("click", act);
  return tile;
}
const cameraTile = tileButton("so-bring so-lens", "Camera", openCamera);
cameraTile.title = "Film something being hit, up to 15 seconds";
cameraTile.hidden = !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder;
strip.append(fileTile(), cameraTile, ...SETUP.clips.map(({ name, words, tile: picture }) => {
  const tile = tileButton("so-clip", words, () => openClip(name));
  tile.dataset.clip = name;
  tile.querySelector("b").style.backgroundImage = `url("${picture}")`;
  return tile;
}));
strip.addEventListener("keydown", (event) => {
  const tiles = [...strip.querySelectorAll("button.so-tile:not([hidden])")];
  const to = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const at = tiles.indexOf(document.activeElement);
  if (!to || at < 0) return;
  event.preventDefault();
  tiles[clamp(at + to, 0, tiles.length - 1)].focus();
});

function markFilms() {
  for (const tile of strip.querySelectorAll(".so-clip")) tile.setAttribute("aria-pressed", !film.own && tile.dataset.clip === film.name);
  find(".so-bring").classList.toggle("so-on", film.own);
}

// ------------------------------------------------------------ ours

let wanted = null; // the clip that was asked for last
async function openClip(name, then = () => {}) {
  if (job) return say("One thing at a time: stop what is under way first.");
  wanted = name;
  say("");
  closeCamera();
  if (!clips.has(name)) {
    const answer = await server.clip({ name }).catch(() => ({ sentence: NO_ANSWER }));
    if (!answer.film) return say(answer.sentence || NO_ANSWER);
    clips.set(name, await known(name, answer));
  }
  if (wanted !== name) return;
  mine = null;
  hang(clips.get(name));
  then();
}
async function known(name, { film: data, hits, ...seen }) {
  const about = SETUP.clips.find((clip) => clip.name === name);
  return { ...seen, name, own: false, words: about.words, url: data ? await asBlob(data) : "", found: hits, sound: false };
}

// ------------------------------------------------------------ a visitor's

async function bring(file, words = "") {
  if (!file) return;
  if (job) return say("One thing at a time: stop what is under way first.");
  if (file.size > SETUP.mostBytes) return say(`That film has ${Math.round(file.size / 2 ** 20)} MB; the gallery takes ${Math.round(SETUP.mostBytes / 2 ** 20)} MB at most. Please choose a shorter one.`);
  if (!file.size) return say("That file is empty. Please choose another.");
  say("");
  wanted = null;
  closeCamera();
  const url = URL.createObjectURL(file);
  const plays = await canPlay(url);
  if (!plays) URL.revokeObjectURL(url);
  const own = { file, sent: null, words };
  const done = await longWork("watch", { show: !plays }, own);
  if (!done) return plays && URL.revokeObjectURL(url);
  const { film: shown, hits, recipe, has_sound: sound, ...seen } = done;
  if (!plays && !shown) return say("That film is too large to be shown here; please choose a shorter one.");
  mine = own;
  hang({ ...seen, name: "", own: true, words, url: plays ? url : await asBlob(shown), found: hits, sound });
  const none = "The model saw nothing hit in it. Tap the line where something is, and it is heard.";
  say([seen.note, hits || recipe ? "" : none].filter(Boolean).join(" "));
  if (recipe) adoptRecipe(recipe);
}

// Whether this browser plays a film from beginning to end, and can search in it.
function canPlay(url) {
  const probe = Object.assign(document.createElement("video"), { muted: true, preload: "metadata", src: url });
  return new Promise((answer) => {
    const timer = setTimeout(() => answer(false), WAIT);
    probe.addEventListener("loadedmetadata", () => { clearTimeout(timer); answer(Number.isFinite(probe.duration) && probe.videoWidth > 0); });
    probe.addEventListener("error", () => { clearTimeout(timer); answer(false); });
  });
}

for (const place of root.querySelectorAll(".v-takes-files")) {
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    bring(event.dataTransfer.files[0]);
  });
}

// ------------------------------------------------------------ the camera

let stream = null;
let recorder = null;
let ticking;

async function openCamera() {
  if (job) return say("One thing at a time: stop what is under way first.");
  say("");
  const wish = { video: { facingMode: "environment", width: { ideal: 1280 }, frameRate: { ideal: 30 } }, audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } };
  const media = navigator.mediaDevices;
  stream = await media.getUserMedia(wish).catch(() => media.getUserMedia({ video: true })).catch(() => null);
  if (!stream) return say("The camera could not be opened: allow it in the browser, or choose a film.");
  player.pause();
  const video = find(".so-camera video");
  video.srcObject = stream;
  video.play().catch(() => {});
  find(".so-camera").hidden = find(".so-recording").hidden = false;
  find(".so-stage").scrollIntoView({ block: "nearest" });
  button("record").focus({ preventScroll: true });
}

function closeCamera() {
  clearInterval(ticking);
  if (recorder?.state === "recording") { recorder.onstop = null; recorder.stop(); }
  stream?.getTracks().forEach((track) => track.stop());
  stream = recorder = null;
  find(".so-camera").hidden = find(".so-recording").hidden = true;
  button("record").textContent = "Record";
  find(".so-left").textContent = "";
}
button("leave").addEventListener("click", closeCamera);
button("record").addEventListener("click", () => {
  if (recorder) return recorder.stop();
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => {
    const kind = recorder.mimeType.split(";")[0] || "video/webm";
    closeCamera();
    bring(new File(parts, `camera.${kind.includes("mp4") ? "mp4" : "webm"}`, { type: kind }), "from your camera");
  };
  recorder.start(500);
  button("record").textContent = "Stop";
  const began = performance.now();
  ticking = setInterval(() => {
    const left = SETUP.longest - (performance.now() - began) / 1000;
    find(".so-left").textContent = `${Math.max(0, left).toFixed(0)} s left`;
    if (left <= 0 && recorder?.state === "recording") recorder.stop();
  }, 200);
});
