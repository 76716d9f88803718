// Which one is real? The page hears two sounds and never knows which is which until it has chosen. SETUP comes from
// demos/sound/game.py, Player from player.js.
const root = element.querySelector(".sg");
const find = (selector) => root.querySelector(selector);
const say = (sentence = "") => { find(".sg-said").textContent = sentence; };
const NO_ANSWER = "The gallery does not answer just now. Please try once more.";
const NAMES = { modal: "modal synthesis", exemplar: "exemplars", "griffin-lim": "Griffin-Lim" };
const player = new Player(find("video"), { turned: (playing) => { if (!playing) mark(null); } });
player.loop = false;
let round = null; // {token, name, sounds: [AudioBuffer, AudioBuffer], heard: [bool, bool]}
let busy = false;

// The same visit while this tab is open; nobody else's.
const visit = (() => {
  const fresh = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10)).join("");
  try {
    return sessionStorage["vernissage-visit"] ??= fresh;
  } catch {
    return fresh; // a private window keeps nothing
  }
})();

const choice = find("select");
choice.append(...SETUP.backends.map((name) => Object.assign(document.createElement("option"), { value: name, textContent: NAMES[name] ?? name })));
choice.addEventListener("change", next);

const hears = [...root.querySelectorAll("[data-hear]")];
const says = [...root.querySelectorAll("[data-first]")];
const mark = (place) => hears.forEach((button, k) => button.toggleAttribute("data-on", k === place));

async function next() {
  if (busy) return;
  busy = true;
  player.pause();
  const last = round?.name;
  round = null;
  for (const button of [...hears, ...says]) button.disabled = true;
  find("[data-do=next]").hidden = true;
  say("");
  const answer = await server.play({ visit, backend: choice.value, last }).catch(() => ({ sentence: NO_ANSWER }));
  busy = false;
  if (!answer.token) {
    find("[data-do=next]").hidden = false;
    return say(answer.sentence || NO_ANSWER);
  }
  const sounds = await Promise.all(answer.sounds.map(heard));
  const video = find("video");
  URL.revokeObjectURL(video.src);
  video.poster = answer.poster;
  video.src = await asBlob(answer.film);
  video.setAttribute("aria-label", `The film of this round: ${answer.words}`);
  player.seconds = answer.seconds;
  round = { token: answer.token, name: answer.name, sounds, heard: [false, false] };
  for (const button of hears) button.disabled = false;
  say("Listen to both, then say which is real.");
  root.dataset.rounds = Number(root.dataset.rounds || 0) + 1;
}

hears.forEach((button, k) => button.addEventListener("click", async () => {
  if (!round) return;
  mark(k);
  player.take(round.sounds[k]);
  player.seek(0);
  await player.play();
  mark(k);
  if (!round) return;
  round.heard[k] = true;
  if (round.heard.every(Boolean) && !round.over) for (const one of says) one.disabled = false;
}));

says.forEach((button) => button.addEventListener("click", async () => {
  if (!round || round.over) return;
  round.over = true;
  for (const one of says) one.disabled = true;
  const first = button.dataset.first === "true";
  const answer = await server.answer({ token: round.token, first, visit }).catch(() => ({ sentence: NO_ANSWER }));
  find("[data-do=next]").hidden = false;
  if (answer.found === undefined) return say(answer.sentence || NO_ANSWER);
  const real = answer.real_first ? "first" : "second";
  say(answer.found ? `You found it: the ${real} is real.` : `The model fooled you: the ${real} was real.`);
  showScore(answer);
  find("[data-do=next]").focus({ preventScroll: true });
}));
find("[data-do=next]").addEventListener("click", next);

function showScore({ visit: mine, everybody }) {
  const words = ({ rounds, found, fooled, spread }, who) => {
    if (!rounds) return "no round yet";
    const count = `${found} of ${rounds} found`;
    if (who === "visit") return count;
    return `${count}; taken for real ${Math.round(100 * fooled)} ± ${Math.round(100 * spread)} % of the time, where 50 % is perfect`;
  };
  find("[data-of=visit]").textContent = words(mine, "visit");
  find("[data-of=everybody]").textContent = words(everybody, "everybody");
  root.dataset.answered = mine.rounds;
}

let asking = 0;
const reset = find("[data-do=reset]");
const RESET = reset.textContent;
function calm() {
  clearTimeout(asking);
  asking = 0;
  reset.textContent = RESET;
}
reset.addEventListener("click", async () => {
  if (!asking) {
    reset.textContent = "Really? Press once more, and every answer is forgotten";
    asking = setTimeout(calm, 5000);
    return;
  }
  calm();
  const answer = await server.reset({ visit }).catch(() => ({ sentence: NO_ANSWER }));
  if (answer.visit) showScore(answer);
  else say(answer.sentence || NO_ANSWER);
  if (round && !round.over) next();
});

// Asked for when it is first scrolled to.
new IntersectionObserver(([entry], observer) => {
  if (!entry.isIntersecting) return;
  observer.disconnect();
  next();
  server.score({ visit }).then((answer) => answer.visit && showScore(answer)).catch(() => {});
}, { rootMargin: "200px 0px" }).observe(root);
