// Strips of small pictures: prompts to begin with, and what was painted in this visit, which a click brings back.
const VISIT = "vernissage-text-visit";
const MOST_KEPT = 24;
let visit = []; // {settings, pictures}, the newest first

function tile(prompt, pictures, act, words) {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "tx-tile";
  choice.title = words;
  choice.prompt = prompt;
  const pane = document.createElement("span");
  pane.className = "tx-pane";
  pane.dataset.count = pictures.length;
  pane.append(...pictures.map((picture) => Object.assign(new Image(), { src: picture, alt: "", draggable: false })));
  const caption = document.createElement("span");
  caption.textContent = prompt;
  caption.translate = false; // prompts are English, as the model is
  choice.append(pane, caption);
  choice.addEventListener("click", act);
  return choice;
}

function markTiles() {
  for (const choice of root.querySelectorAll(".tx-examples .tx-tile")) choice.setAttribute("aria-pressed", choice.prompt === state.prompt);
}

find(".tx-examples .tx-tiles").append(...SETUP.examples.map(({ prompt, picture, seed }) =>
  tile(prompt, [picture], () => {
    setPrompt(prompt);
    state.seed = seed;
    showSettings();
    paint();
  }, `Paint “${prompt}”`)));

// ------------------------------------------------------------ this visit

function keepInVisit(settings, pictures) {
  visit = [{ settings: { ...settings }, pictures }, ...visit.filter((kept) => !same(kept.settings, settings))].slice(0, MOST_KEPT);
  showVisit();
  remember();
}

// The browser keeps a few megabytes for a visit: what does not fit is forgotten, the oldest first.
function remember() {
  for (let keep = visit.length; keep > 0; keep--) {
    try {
      return sessionStorage.setItem(VISIT, JSON.stringify(visit.slice(0, keep)));
    } catch { /* full, or a private window */ }
  }
}

function recall() {
  let kept = [];
  try {
    kept = JSON.parse(sessionStorage.getItem(VISIT) ?? "[]");
  } catch { /* a private window has none */ }
  const whole = ({ settings, pictures }) => NAMES.every((name) => typeof settings[name] === typeof state[name]) && pictures.every((url) => url.startsWith("data:image/"));
  try {
    visit = kept.filter(whole);
  } catch { /* an older page wrote something else */ }
  showVisit();
}

function showVisit() {
  find(".tx-visit").hidden = !visit.length;
  find(".tx-visit .tx-tiles").replaceChildren(...visit.map((kept) =>
    tile(kept.settings.prompt, kept.pictures.slice(0, 4), () => bringBack(kept), `Bring back “${kept.settings.prompt}”, seed ${kept.settings.seed}`)));
}

// Pictures and settings as they were; nothing is painted anew.
function bringBack({ settings, pictures }) {
  if (job) callOff();
  Object.assign(state, settings, { model: state.model }); // the chooser says which model paints next
  field.value = state.prompt;
  finish(settings, pictures);
  showSettings();
  typed();
  tell();
}

button("forget").addEventListener("click", () => {
  visit = [];
  try {
    sessionStorage.removeItem(VISIT);
  } catch { /* nothing was kept */ }
  showVisit();
});
