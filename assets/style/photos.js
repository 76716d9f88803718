// The photos: ours, samples, and whatever a visitor uploads, drops, pastes or takes.
const strip = find(".st-strip");
const NO_ANSWER = "The gallery does not answer just now. Nothing you made is lost.";
const TOO_LARGE = (file) => `That file has ${Math.round(file.size / 2 ** 20)} MB; the gallery takes ${Math.round(SETUP.mostBytes / 2 ** 20)} MB at most. Please choose a smaller picture.`;

function dataUrl(file) {
  if (!file) return null;
  if (file.size > SETUP.mostBytes) {
    say(TOO_LARGE(file));
    return null;
  }
  return new Promise((done) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result));
    reader.addEventListener("error", () => { say("That file could not be read. Please choose it again."); done(null); });
    reader.readAsDataURL(file);
  });
}

function photoTile(photo) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.className = "st-tile";
  tile.dataset.photo = photo.name;
  tile.title = photo.credit ? `${photo.words}: ${photo.credit}` : photo.words;
  tile.setAttribute("aria-label", `Paint ${photo.words}`);
  tile.innerHTML = "<img alt=\"\" draggable=\"false\">";
  tile.querySelector("img").src = photo.tile ?? photo.picture;
  tile.addEventListener("click", () => choosePhoto(photo.name));
  return tile;
}

const camera = document.createElement("button");
camera.type = "button";
camera.className = "st-tile st-bring st-lens";
camera.title = "A photo with the camera of this device";
camera.innerHTML = "<b aria-hidden=\"true\"></b><span>Camera</span>";
const uploads = fileTile("Your photo", "A photo of your own", takePhoto);
strip.append(uploads, camera, ...SETUP.photos.map(photoTile));
walkable(strip);

function markPhotos() {
  for (const tile of strip.querySelectorAll("button.st-tile[data-photo]")) tile.setAttribute("aria-pressed", tile.dataset.photo === (coming ?? state.photo));
  find(".st-with").hidden = !own();
}

// A photo of the shelf is fetched when it is first chosen; until it is there, the one before stays.
async function choosePhoto(name) {
  say("");
  const photo = photos.get(name);
  coming = name;
  markPhotos();
  if (!photo.picture) {
    settleSoon();
    const answer = await server.photo({ name }).catch(() => ({ sentence: NO_ANSWER }));
    if (coming !== name) return;
    if (answer.picture) Object.assign(photo, answer);
    else say(answer.sentence || NO_ANSWER);
  }
  coming = null;
  if (photo.picture) {
    state.photo = name;
    hangPhoto(photo);
    develop({ afresh: true });
  }
  markPhotos();
}

async function takePhoto(file) {
  const picture = await dataUrl(file);
  if (picture) receive(picture, "your photo");
}

// The house reads it, upright and in plain colours, and hands back what it will paint from.
async function receive(picture, shown) {
  uploads.toggleAttribute("data-busy", true);
  const answer = await server.receive({ picture }).catch(() => ({ sentence: NO_ANSWER }));
  uploads.removeAttribute("data-busy");
  if (!answer.name) return say(answer.sentence || NO_ANSWER);
  learnPhoto({ ...answer, words: shown, credit: "" });
  choosePhoto(answer.name);
}
function learnPhoto(photo) {
  if (photos.has(photo.name)) return;
  photos.set(photo.name, photo);
  camera.after(photoTile(photo));
}

// ------------------------------------------------------------ dropping, pasting

function takesDrops(node, take) {
  node.addEventListener("dragover", (event) => event.preventDefault());
  node.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
takesDrops(find(".st-glass"), takePhoto);
takesDrops(find(".st-photos"), takePhoto);
takesDrops(find(".st-styles"), takePainting);

document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
  if (!file || !root.offsetParent) return;
  event.preventDefault();
  takePhoto(file);
});

// ------------------------------------------------------------ the camera

const lens = find(".st-camera");
let stream = null;
camera.addEventListener("click", async () => {
  say("");
  // Browsers lend the camera to pages of this machine and to https alone.
  if (!navigator.mediaDevices?.getUserMedia) return say("The browser lends its camera only over https or on this machine itself: take a photo and choose it with “Your photo”.");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "environment" } });
  } catch {
    return say("There is no camera here that the browser may use.");
  }
  lens.hidden = false;
  button("shoot").disabled = true;
  find("video").srcObject = stream;
  find("video").play().catch(() => {});
});
find("video").addEventListener("loadeddata", () => {
  button("shoot").disabled = false;
  button("shoot").focus();
});
button("shoot").addEventListener("click", () => {
  const film = find("video");
  const sheet = Object.assign(document.createElement("canvas"), { width: film.videoWidth, height: film.videoHeight });
  sheet.getContext("2d").drawImage(film, 0, 0);
  leaveCamera();
  receive(sheet.toDataURL("image/jpeg", 0.95), "your photo");
});
button("leave").addEventListener("click", leaveCamera);
function leaveCamera() {
  closeCamera();
  camera.focus();
}
function closeCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  lens.hidden = true;
}
// Nobody watches from a room that was left.
new IntersectionObserver(([entry]) => { if (stream && !entry.isIntersecting && !root.offsetParent) closeCamera(); }).observe(lens);
