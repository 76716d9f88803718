// The wall of faces, each with its seed, and the one that a visitor's photo was found to be nearest to.
const tiles = find(".fa-tiles");
const from = find(".fa-start");
const photos = []; // faces found for photos, newest first
let start = 0; // seed of the first tile

const last = () => SETUP.seeds - SETUP.wall;
const onWall = () => [...photos, ...Array.from({ length: SETUP.wall - photos.length }, (_, k) => String(start + k))];

function hangWall() {
  tiles.replaceChildren(...onWall().map((face, place) => {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.className = "fa-tile";
    tile.tabIndex = place ? -1 : 0;
    tile.setAttribute("aria-label", face.startsWith("w") ? "The face of your photo" : `Face ${face}`);
    const name = document.createElement("span");
    name.textContent = face.startsWith("w") ? "you" : face;
    tile.append(faceImage(face), name);
    tile.addEventListener("click", () => add(face));
    draggable(tile, face);
    return tile;
  }));
  from.value = start;
  fetchFaces(onWall());
}

function turnTo(seed) {
  start = Math.min(seed, last());
  hangWall();
  tiles.scrollTo({ left: 0 });
}

button("more").addEventListener("click", () => turnTo(start + SETUP.wall > last() ? 0 : start + SETUP.wall));
from.addEventListener("change", () => {
  const seed = readSeed(from.value);
  say(seed === null ? notASeed() : "");
  if (seed === null) from.value = start;
  else turnTo(seed);
});

// One stop for the Tab key; within the wall the arrows lead.
tiles.addEventListener("keydown", (event) => {
  const all = [...tiles.children];
  const here = all.indexOf(document.activeElement);
  const columns = all.filter((tile) => tile.offsetTop === all[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -here, End: all.length - 1 - here }[event.key];
  const next = all[here + step];
  if (step === undefined || !next) return;
  event.preventDefault();
  all[here].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

// ------------------------------------------------------------ from a photo

const finding = find(".fa-finding");
const file = find(".fa-photo input");
const LONGEST = 1400; // pixels: more shows no more of a face

async function send(chosen) {
  if (!chosen || !finding.hidden) return;
  const picture = await createImageBitmap(chosen, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return say("That file is not a picture we can read: please choose a JPEG, PNG or WebP.");
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  root.photo = canvas.toDataURL("image/jpeg", 0.93);
  say("");
  progress(0, 1);
  trigger("upload");
}
file.addEventListener("change", () => { send(file.files[0]); file.value = ""; });
root.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
root.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  send(event.dataTransfer.files[0]);
});
button("stop").addEventListener("click", () => {
  finding.hidden = true;
  trigger("stop");
});

function progress(done, total) {
  finding.hidden = false;
  finding.querySelector("progress").value = done / total;
  finding.querySelector("span").textContent = done ? `Looking for the nearest face, step ${done} of ${total}` : "Looking for a face in your photo, which stays on this machine";
}

watch("news", () => {
  const news = props.news;
  if (news?.step) return progress(...news.step);
  finding.hidden = true;
  if (!news?.face) return;
  pictures.set(news.face, news.picture);
  if (!photos.includes(news.face)) photos.unshift(news.face);
  photos.splice(3);
  const [crop, nearest] = find(".fa-found").querySelectorAll("img");
  crop.src = news.crop;
  nearest.src = news.picture;
  find(".fa-found").hidden = false;
  hangWall();
  tiles.scrollTo({ left: 0 });
  setFace(news.face);
  mention("The nearest face hangs first among the faces to choose from, and below, where it can be turned.");
});
