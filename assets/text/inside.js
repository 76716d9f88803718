// Looking inside: words and time. It follows the picture chosen in the studio; around.js draws stages and neighbours.
const root = element.querySelector(".ti");
const find = (selector) => root.querySelector(selector);
const say = (sentence) => { find(".ti-note").textContent = sentence; };
const visible = new Set(); // what can be seen: "look", "stages", "around"

let seen = null; // {words, moments, finished, maps, pictures}, maps[moment][word]
let word = 0;
let chosen = null; // by the visitor, as text
let moment = 0; // one more than there are: all of them together, over the finished picture

const standing = {
  look: new Standing((wish) => server.look(wish), showLook, say),
  stages: new Standing((wish) => server.stages(wish), (answer) => showStages(answer), say),
  around: new Standing((wish) => server.around(wish), (answer, wish) => showAround(answer, wish), say),
};

function ask() {
  const text = document.querySelector("#text .tx")?.text;
  if (!text || !visible.size) return;
  const guest = text.settings.model !== "house";
  root.toggleAttribute("data-guest", guest);
  say(guest ? "Only the house model can be looked into: paint with it, and its inside is shown here." : "");
  if (guest) return;
  const { prompt, steps, guidance, negative_prompt } = text.settings;
  const one = { prompt, seed: text.seed, steps, guidance, negative_prompt, count: 1 };
  if (visible.has("look")) standing.look.bring(one);
  if (visible.has("stages")) standing.stages.bring(one);
  if (visible.has("around")) standing.around.bring({ prompt });
}

// ------------------------------------------------------------ words

async function showLook(answer) {
  const pictures = await Promise.all([...answer.moments.map(({ estimate }) => load(estimate)), load(answer.finished)]);
  const maps = answer.moments.map((one) => unpack(one.maps, one.peak, answer.words));
  seen = { ...answer, pictures, maps, whole: answer.words.map((_, k) => mean(maps.map((all) => all[k]))) };
  word = wanted(seen);
  moment = seen.moments.length;
  find(".ti-slider input").max = moment;
  find(".ti-tiles").replaceChildren(...seen.words.map(wordTile));
  root.dataset.looks = Number(root.dataset.looks || 0) + 1;
  show();
}

// The word that was chosen before, if it is still there; else the one whose light is gathered most in one place.
function wanted({ words, whole }) {
  const gathered = whole.map((map) => { const [low, high] = reachOf([map]); return (high - low) / (high + low); });
  const same = words.indexOf(chosen);
  return same >= 0 ? same : gathered.indexOf(Math.max(...gathered));
}

function wordTile(text, k) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.innerHTML = `<canvas width="144" height="144" aria-hidden="true"></canvas><span></span><i><b></b></i>`;
  Object.assign(tile.querySelector("span"), { textContent: text, translate: false });
  light(tile.querySelector("canvas"), seen.pictures.at(-1), seen.whole[k], reachOf([seen.whole[k]]));
  const choose = () => {
    word = k;
    chosen = text;
    show();
  };
  tile.addEventListener("click", choose);
  tile.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && choose());
  tile.addEventListener("focus", choose);
  return tile;
}

// ------------------------------------------------------------ time

function show() {
  if (!seen) return;
  const last = moment === seen.moments.length;
  const now = seen.moments[Math.min(moment, seen.moments.length - 1)];
  const map = last ? seen.whole[word] : seen.maps[moment][word];
  const canvas = find(".ti-large canvas");
  light(canvas, seen.pictures[moment], map, reachOf(last ? [map] : seen.maps.map((all) => all[word])));
  const when = last ? `all ${seen.steps} steps together` : `step ${now.step} of ${seen.steps}`;
  canvas.setAttribute("aria-label", `The picture, lit where “${seen.words[word]}” was listened to: ${when}`);
  find(".ti-large figcaption").textContent = `“${seen.words[word]}”, ${when}`;
  const input = find(".ti-slider input");
  input.value = moment;
  input.setAttribute("aria-valuetext", when);
  find(".ti-slider output").textContent = last ? "finished" : when;
  for (const name of ["noisy", "estimate", "channels"]) find(`[data-of="${name}"]`).src = last && name !== "channels" ? seen.finished : now[name];
  const shares = last ? seen.words.map((_, k) => seen.moments.reduce((sum, { share }) => sum + share[k], 0) / seen.moments.length) : now.share;
  const most = Math.max(...seen.moments.flatMap(({ share }) => share));
  [...find(".ti-tiles").children].forEach((tile, k) => {
    tile.setAttribute("aria-pressed", k === word);
    tile.querySelector("b").style.width = `${(100 * shares[k]) / most}%`;
    tile.title = `${Math.round(100 * shares[k])} % of the picture's attention, ${when}`;
  });
}

find(".ti-slider input").addEventListener("input", ({ target }) => {
  moment = Number(target.value);
  show();
});

// ------------------------------------------------------------ only what can be seen is asked for

document.addEventListener("text", ask);
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) target.inView = isIntersecting;
  visible.clear();
  for (const section of root.querySelectorAll("[data-asks]")) if (section.inView) visible.add(section.dataset.asks);
  ask();
}, { rootMargin: "300px 0px" }); // a little before it is scrolled to
for (const section of root.querySelectorAll("[data-asks]")) observer.observe(section);
