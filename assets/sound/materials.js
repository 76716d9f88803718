// The menu of materials, with what the model thinks of each: of the chosen hit, or of all of them together.
const AS_SEEN = "";

find(".so-materials").append(...[{ name: AS_SEEN, title: "As seen" }, ...SETUP.materials].map(({ name, title }) => {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = "so-material";
  choice.dataset.material = name;
  choice.setAttribute("role", "radio");
  choice.innerHTML = "<span></span><small></small><i aria-hidden=\"true\"><b></b></i>";
  choice.querySelector("span").textContent = title;
  choice.addEventListener("click", () => make(name));
  return choice;
}));
walkChoices(find(".so-materials"));

// Arrow keys along a group of choices; each is taken as it is reached.
function walkChoices(group) {
  group.addEventListener("keydown", (event) => {
    const choices = [...group.children].filter((choice) => !choice.disabled);
    const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = choices.indexOf(document.activeElement);
    if (!turn || at < 0) return;
    event.preventDefault();
    const next = choices[(at + turn + choices.length) % choices.length];
    next.focus();
    next.click();
  });
}

// What the model saw in each hit, by time: a hit that was added has nothing to go back to.
const seenAt = (hit) => hitsIn(film.found).find(({ t }) => Math.abs(t - hit.t) < 0.05)?.m ?? null;

function make(name) {
  const hit = hitOf(chosen);
  remember();
  if (!hit) {
    state.material = name;
    if (name === AS_SEEN) for (const one of state.hits) one.m = seenAt(one) ?? one.m;
    peeked = null;
    return develop();
  }
  // One hit differs: what was said of all is now said of each other one.
  if (state.material) for (const one of state.hits) one.m = state.material;
  state.material = AS_SEEN;
  hit.m = name || seenAt(hit) || hit.m;
  peeked = hit.t;
  develop();
}

function shares() {
  const hit = hitOf(chosen);
  const of = hit ? [hit] : state.hits;
  const sums = new Map();
  for (const { m } of of) for (const [name, share] of materialsIn(m)) sums.set(name, (sums.get(name) ?? 0) + share / of.length);
  return sums;
}

function showMaterials() {
  const hit = hitOf(chosen);
  const sums = shares();
  const as = hit ? (state.material || (materialsIn(hit.m)[0][1] === 1 ? hit.m : AS_SEEN)) : state.material;
  for (const choice of find(".so-materials").children) {
    const name = choice.dataset.material;
    const share = sums.get(name) ?? 0;
    choice.setAttribute("aria-checked", name === as);
    choice.tabIndex = name === as ? 0 : -1;
    choice.querySelector("b").style.width = `${100 * share}%`;
    choice.querySelector("small").textContent = name === AS_SEEN ? "" : percent(share);
    choice.setAttribute("aria-label", name === AS_SEEN ? "As seen: the likeliest of each hit" : `${titles.get(name)}, probability ${percent(share)}`);
  }
  const place = hit ? inOrder().indexOf(hit) + 1 : 0;
  find(".so-scope").textContent = hit ? `of hit ${place}, and how sure the model is of it` : "of all hits, and how sure the model is of it";
}
