// A grid of pictures: one setting changes across, another one down. SETUP comes from demos/text/grid.py.
const root = element.querySelector(".tg");
const find = (selector) => root.querySelector(selector);
const NAMES = { guidance: "guidance", steps: "steps", seed: "seed", word: "a word" };
const LEAVING = 600; // milliseconds a grid that was called off takes to leave the queue
const say = (sentence) => { find(".tg-note").textContent = sentence; };
const wish = () => document.querySelector("#text .tx")?.wish() ?? {};
const axis = (side) => find(`.tg-axis[data-side="${side}"]`);
const values = (side) => find(`.tg-values[data-side="${side}"]`);
const listed = (side) => values(side).value.split(",").map((value) => value.trim()).filter(Boolean);

let job = null; // {id, order, leaving}
let orders = 0;
let saved = null; // the whole grid as a picture
let made = null; // the order that hangs

// ------------------------------------------------------------ the sides

for (const side of ["x", "y"]) {
  axis(side).append(...Object.entries(NAMES).map(([name, words]) => new Option(words, name)));
  axis(side).addEventListener("change", () => { values(side).value = usual(axis(side).value); });
}

function usual(name) {
  const { seed = 0, prompt = "" } = wish();
  if (name === "guidance") return "1, 2, 3, 5, 8";
  if (name === "steps") return "2, 4, 8, 16";
  if (name === "seed") return [0, 1, 2, 3].map((k) => (seed + k) % SETUP.seeds).join(", ");
  return kin(prompt).join(", ");
}

// A word of the prompt, and others that could stand in its place.
function kin(prompt) {
  const written = prompt.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? [];
  for (const group of SETUP.kin) {
    const there = group.find((word) => written.includes(word));
    if (there) return [there, ...group.filter((word) => !written.includes(word))].slice(0, 4);
  }
  return written.slice(0, 1);
}

const PRESETS = { steps: ["guidance", "steps"], word: ["seed", "word"] };
function preset(name) {
  ["x", "y"].forEach((side, k) => {
    axis(side).value = PRESETS[name][k];
    values(side).value = usual(PRESETS[name][k]);
  });
}
for (const choice of root.querySelectorAll("[data-preset]")) {
  choice.addEventListener("click", () => {
    preset(choice.dataset.preset);
    make();
  });
}
preset("steps");

function unfold(open = true) {
  find(".tg-body").hidden = !open;
  find(".tg-head").setAttribute("aria-expanded", open);
}
find(".tg-head").addEventListener("click", () => unfold(find(".tg-body").hidden));

// ------------------------------------------------------------ making

find(".tg-sides").addEventListener("submit", (event) => {
  event.preventDefault();
  if (job) callOff();
  else make();
});

function make() {
  if (job) return;
  const settings = wish();
  if (!settings.prompt?.trim()) return say("There is no prompt yet: write one above.");
  const order = { ...settings, x: [axis("x").value, listed("x")], y: [axis("y").value, listed("y")] };
  job = { id: ++orders, order };
  root.order = JSON.stringify({ id: job.id, ...order });
  layOut(order);
  progress(0, 1, "Waiting for a place");
  trigger("submit");
}

function layOut({ x: [across, columns], y: [down, rows] }) {
  const grid = find(".tg-grid");
  grid.style.setProperty("--columns", columns.length);
  const label = (words, kind) => Object.assign(document.createElement("span"), { className: kind, textContent: words });
  const nodes = [label(`${NAMES[down]} / ${NAMES[across]}`, "tg-corner"), ...columns.map((value) => label(value, "tg-top"))];
  rows.forEach((row) => {
    nodes.push(label(row, "tg-left"));
    columns.forEach((column) => nodes.push(cell([across, column], [down, row])));
  });
  grid.replaceChildren(...nodes);
}

function cell(...changes) {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.disabled = true;
  choice.innerHTML = "<img alt=\"\" draggable=\"false\">";
  choice.title = changes.map(([name, value]) => `${NAMES[name]} ${value}`).join(", ");
  choice.addEventListener("click", () => document.dispatchEvent(new CustomEvent("text:paint", { detail: settingsOf(changes) })));
  return choice;
}

function settingsOf(changes) {
  const { x, y, model, count, ...detail } = made;
  for (const [name, value] of changes) {
    if (name !== "word") detail[name] = Number(value);
    else {
      const first = [x, y].find(([side]) => side === "word")[1][0].replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      detail.prompt = detail.prompt.replace(new RegExp(`(?<![\\p{L}\\p{N}_])${first}(?![\\p{L}\\p{N}_])`, "giu"), () => value);
    }
  }
  return detail;
}

const cellAt = (place) => root.querySelectorAll(".tg-grid button")[place];

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  for (const [place, picture] of Object.entries(news.cells ?? {})) {
    const image = cellAt(Number(place))?.firstChild;
    if (!image) continue;
    image.src = picture;
    image.alt = image.parentElement.title;
  }
  if (news.step) return progress(...news.step, `Step ${news.step[0]} of ${news.step[1]}`);
  const { order } = job;
  rest();
  say("");
  if (!news.saved) return;
  [made, saved] = [order, news.saved];
  for (const choice of root.querySelectorAll(".tg-grid button")) choice.disabled = false;
  find("[data-do=save]").hidden = false;
  root.dataset.grids = Number(root.dataset.grids || 0) + 1;
});

function progress(done, of, words) {
  find(".tg-make").textContent = "Stop";
  find("[data-do=save]").hidden = true;
  const bar = find(".tg-progress");
  bar.style.visibility = "visible";
  bar.setAttribute("aria-valuenow", Math.round((100 * done) / of));
  bar.firstChild.style.width = `${(100 * done) / of}%`;
  say(words);
}

function callOff() {
  if (job.leaving) return;
  job.leaving = true;
  trigger("stop");
  progress(0, 1, "Stopping");
  setTimeout(() => {
    rest();
    say("Stopped: what was painted so far stays until the next grid.");
  }, LEAVING);
}

function rest() {
  job = null;
  find(".tg-make").textContent = "Make the grid";
  find(".tg-progress").style.visibility = "hidden";
  find(".tg-progress span").style.width = 0;
}

find("[data-do=save]").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = saved;
  link.download = "text-to-image-grid.png";
  link.click();
});

// ------------------------------------------------------------ a recipe's grid

let told = "";
function adopt() {
  if (!props.value || props.value === told) return;
  told = props.value;
  const sides = JSON.parse(props.value);
  for (const side of ["x", "y"]) {
    axis(side).value = sides[side][0];
    values(side).value = sides[side][1].join(", ");
  }
  unfold();
  say("The grid of the picture you opened: make it when you like.");
}
watch("value", adopt);
adopt();
