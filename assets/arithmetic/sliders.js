// One face and four attributes to turn: each a direction in w, in standard deviations.
for (const attribute of SETUP.attributes) {
  const { name, label, less, more } = attribute;
  const row = document.createElement("div");
  row.className = "fa-slider";
  row.dataset.attribute = name;
  row.innerHTML = `<label for="fa-${name}">${label}</label><output for="fa-${name}"></output>
    <input type="range" id="fa-${name}" min="${-SETUP.reach}" max="${SETUP.reach}" step="0.1" value="0" aria-describedby="fa-${name}-ends">
    <p id="fa-${name}-ends"><span>${less}</span><span>${more}</span></p>
    <div class="fa-pair"><div class="fa-measure" data-part="add"><div><b></b></div><span></span></div>
    <div class="fa-measure" data-part="sum"><div><b></b></div><span></span></div></div>`;
  const input = row.querySelector("input");
  input.addEventListener("input", () => setTurn(name, Number(input.value)));
  input.addEventListener("dblclick", () => setTurn(name, 0));
  find(".fa-sliders").append(row);
}

const turner = new Photographer({ take: (wish) => server.turn(wish), hang: hangTurned, say: (sentence) => sentence && say(sentence) });
const turnOrder = () => ({ ...(state.face === SUM ? order() : {}), face: state.face, ...state.turns });

function turn() {
  if (state.face !== SUM || whole()) turner.order(turnOrder());
  settleSoon();
}

function hangTurned({ before, after, measured, words }, wish) {
  if (JSON.stringify(wish) !== JSON.stringify(turnOrder())) return;
  hangMean("face", before);
  find('[data-words="face"]').textContent = state.face === SUM ? "the sum" : state.face.startsWith("w") ? "you, nearly" : `seed ${state.face}`;
  hangIn(find(".fa-turned .fa-glass"), after, `The face after turning: ${words}`);
  for (const attribute of SETUP.attributes) {
    const bars = find(`.fa-slider[data-attribute="${attribute.name}"] .fa-pair`).children;
    measured.forEach((values, k) => {
      bars[k].querySelector("b").style.width = share(attribute, values[attribute.name]);
      bars[k].querySelector("span").textContent = shown(attribute, values[attribute.name]);
    });
  }
  root.dataset.turns = Number(root.dataset.turns || 0) + 1;
}

function setTurn(name, value) {
  state.turns[name] = value;
  layOutSliders();
  turn();
}

function setFace(face) {
  state.face = face;
  layOut("face");
  turn();
}

// A setting from a link or a recipe: clamped, and said so.
function within(name, value) {
  const wanted = Number(value ?? 0);
  if (!Number.isFinite(wanted)) return 0;
  const kept = Math.min(SETUP.reach, Math.max(-SETUP.reach, wanted));
  if (kept !== wanted) mention(`${label(name)} goes from −${SETUP.reach} to ${SETUP.reach}: ${String(kept).replace("-", "−")} was taken.`);
  return kept;
}
const label = (name) => SETUP.attributes.find((attribute) => attribute.name === name).label;

function layOutSliders() {
  for (const name of BY_NAME) {
    const row = find(`.fa-slider[data-attribute="${name}"]`);
    const value = state.turns[name];
    row.querySelector("input").value = value;
    row.querySelector("output").textContent = value ? `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)} σ` : "0";
  }
  button("level").disabled = BY_NAME.every((name) => !state.turns[name]);
}
button("level").addEventListener("click", () => {
  for (const name of BY_NAME) state.turns[name] = 0;
  layOutSliders();
  turn();
});
button("use-sum").addEventListener("click", () => setFace(SUM));
