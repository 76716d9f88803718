// The terms: a mean face, and beneath it the exemplars it is the mean of. Faces come by click, key or drag.
const FACE = "application/x-vernissage-face";

for (const term of [...TERMS, "face"]) {
  const section = termOf(term);
  section.innerHTML = `<p class="fa-words" data-words="${term}"></p>
    <button type="button" class="fa-mean" aria-pressed="false"><span class="fa-glass"><img alt="" draggable="false"><img alt="" draggable="false"></span></button>
    <div class="fa-slots"></div>`;
  section.querySelector(".fa-mean").addEventListener("click", () => choose(term));
  section.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(FACE)) return;
    event.preventDefault();
    section.classList.add("fa-over");
  });
  for (const over of ["dragleave", "drop"]) section.addEventListener(over, () => section.classList.remove("fa-over"));
  section.addEventListener("drop", (event) => dropOn(term, event));
}

function termOf(term) {
  return find(`.fa-term[data-term="${term}"]`);
}
const facesOf = (term) => (term === "face" ? [state.face] : state.terms[term]);

function choose(term) {
  state.chosen = term;
  for (const one of [...TERMS, "face"]) termOf(one).querySelector(".fa-mean").setAttribute("aria-pressed", one === term);
  find(".fa-hint").textContent = `Choose a face for the ${NAMES[term]}`;
}

function layOut(term) {
  const section = termOf(term);
  const faces = facesOf(term);
  section.toggleAttribute("data-empty", !faces.length);
  const mean = section.querySelector(".fa-mean");
  mean.setAttribute("aria-label", term === "face"
    ? `The sliders turn ${called(state.face)}. Press to choose another face for them`
    : `${faces.length ? `Mean of ${faces.map(called).join(", ")}` : "Empty"}. Press to choose faces for the ${NAMES[term]}`);
  if (faces.length === 1 && pictures.has(faces[0])) hangMean(term, pictures.get(faces[0]));
  if (term !== "face") section.querySelector(".fa-slots").replaceChildren(...slots(term, faces));
  fetchFaces(faces);
}

function slots(term, faces) {
  const filled = faces.map((face, place) => {
    const slot = document.createElement("button");
    slot.type = "button";
    slot.className = "fa-slot";
    slot.title = `${face.startsWith("w") ? "Your photo" : `Seed ${face}`}: take it out`;
    slot.setAttribute("aria-label", `Take ${called(face)} out of the ${NAMES[term]}`);
    slot.append(faceImage(face));
    slot.addEventListener("click", () => takeOut(term, place));
    slot.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" && event.key !== "Backspace") return;
      event.preventDefault();
      takeOut(term, place);
    });
    draggable(slot, face, { term, place });
    return slot;
  });
  const free = Array.from({ length: SETUP.most - faces.length }, () => {
    const slot = document.createElement("span");
    slot.className = "fa-slot fa-free";
    return slot;
  });
  return [...filled, ...free];
}

function takeOut(term, place) {
  const held = termOf(term).contains(document.activeElement);
  setTerm(term, state.terms[term].filter((_, k) => k !== place));
  choose(term);
  if (held) (termOf(term).querySelectorAll("button.fa-slot")[place] ?? termOf(term).querySelector(".fa-mean")).focus();
}

function hangMean(term, picture) {
  const faces = facesOf(term);
  if (!faces.length) return;
  hangIn(termOf(term).querySelector(".fa-glass"), picture, faces.length > 1 ? `The mean of ${faces.length} faces` : called(faces[0]));
}

// ------------------------------------------------------------ faces as pictures

function faceImage(face) {
  const image = new Image();
  image.alt = "";
  image.draggable = false;
  image.dataset.face = face;
  if (pictures.has(face)) image.src = pictures.get(face);
  return image;
}

const fetching = new Set();
async function fetchFaces(faces) {
  const missing = faces.filter((face) => face !== SUM && !pictures.has(face) && !fetching.has(face));
  if (!missing.length) return;
  for (const face of missing) fetching.add(face);
  const answer = await server.faces({ faces: missing }).catch(() => null);
  for (const face of missing) fetching.delete(face);
  if (answer?.sentence) say(answer.sentence);
  for (const [face, picture] of Object.entries(answer?.pictures ?? {})) {
    pictures.set(face, picture);
    for (const image of root.querySelectorAll(`img[data-face="${face}"]`)) image.src = picture;
    for (const term of [...TERMS, "face"]) if (facesOf(term).length === 1 && facesOf(term)[0] === face) hangMean(term, picture);
  }
  return answer;
}

// ------------------------------------------------------------ dragging

function draggable(node, face, from = null) {
  node.draggable = true;
  node.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(FACE, JSON.stringify({ face, from }));
    event.dataTransfer.effectAllowed = "copyMove";
    const image = node.querySelector("img");
    event.dataTransfer.setDragImage(image, image.clientWidth / 2, image.clientHeight / 2);
    root.classList.add("fa-dragging");
  });
  node.addEventListener("dragend", () => root.classList.remove("fa-dragging"));
}

function dropOn(term, event) {
  const carried = event.dataTransfer.getData(FACE);
  if (!carried) return;
  event.preventDefault();
  const { face, from } = JSON.parse(carried);
  if (from?.term === term) return;
  if (from && term !== "face") state.terms[from.term] = state.terms[from.term].filter((_, k) => k !== from.place);
  const place = [...termOf(term).querySelectorAll(".fa-slot")].indexOf(event.target.closest(".fa-slot"));
  add(face, term, Math.max(0, place));
}
