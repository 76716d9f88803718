// Two stages, and the prompt among its neighbours in the text encoder's space.
function showStages({ steps: [rough, refined], ...pictures }) {
  const captions = {
    rough: `Stage one: ${rough} steps, 64 pixels a side.`,
    begun: "What stage two begins with: stage one, enlarged and given noise again.",
    refined: `Stage two: ${refined} more steps, 128 pixels a side.`,
  };
  for (const [name, words] of Object.entries(captions)) {
    const image = find(`[data-of="${name}"]`);
    image.src = pictures[name];
    image.nextElementSibling.textContent = words;
  }
}

const paintThis = (prompt) => document.dispatchEvent(new CustomEvent("text:paint", { detail: { prompt } }));
const [ACROSS, DOWN, EDGE] = [520, 400, 26];

function showAround({ captions, groups, points, place, nearest, shown }, { prompt }) {
  const svg = find(".ti-map");
  svg.replaceChildren();
  find(".ti-plane").textContent = `Each dot is a caption as the text encoder hears it, laid out in the two directions in which captions differ most; these hold ${Math.round(100 * shown)} % of the difference. Similarity is measured in all of them.`;
  const all = [...points, place];
  const [lows, highs] = [Math.min, Math.max].map((pick) => [0, 1].map((axis) => pick(...all.map((point) => point[axis]))));
  const scale = [(ACROSS - 2 * EDGE) / (highs[0] - lows[0] || 1), (DOWN - 2 * EDGE) / (highs[1] - lows[1] || 1)];
  const at = ([x, y]) => [EDGE + (x - lows[0]) * scale[0], DOWN - EDGE - (y - lows[1]) * scale[1]];
  const close = new Map(nearest);
  const [px, py] = at(place);
  captions.forEach((caption, k) => {
    const [x, y] = at(points[k]);
    if (close.has(caption)) draw(svg, "path", { class: "ti-tie", d: `M${px} ${py}L${x} ${y}` });
    const dot = draw(svg, "circle", { class: `ti-dot${close.has(caption) ? " ti-close" : ""}`, cx: x, cy: y, r: close.has(caption) ? 4 : 2.6 });
    draw(dot, "title", {}, caption);
    dot.addEventListener("pointerenter", () => tellCaption(caption));
    dot.addEventListener("click", () => tellCaption(caption));
  });
  const names = [];
  for (const group of new Set(groups)) {
    const own = points.filter((_, k) => groups[k] === group).map(at);
    let [x, y] = [0, 1].map((axis) => own.reduce((sum, point) => sum + point[axis], 0) / own.length);
    while (names.some(([left, top]) => Math.abs(left - x) < 90 && Math.abs(top - y) < 26)) y += 26; // none over another
    names.push([x, y]);
    draw(svg, "text", { class: "ti-group", x, y, "text-anchor": "middle" }, group);
  }
  draw(svg, "circle", { class: "ti-here", cx: px, cy: py, r: 7 });
  tellCaption("");
  find(".ti-nearest").replaceChildren(...nearest.map(([caption, similar]) => neighbour(caption, similar)));
  root.dataset.around = prompt;
}

function tellCaption(caption) {
  find(".ti-caption").textContent = caption ? `“${caption}”` : "The nearest captions, and how alike they are to the encoder:";
}

function neighbour(caption, similar) {
  const item = document.createElement("li");
  item.innerHTML = `<button type="button"></button><span></span>`;
  Object.assign(item.firstChild, { textContent: caption, translate: false });
  item.firstChild.title = "Paint this";
  item.firstChild.addEventListener("click", () => paintThis(caption));
  item.lastChild.textContent = similar.toFixed(2).replace("-", "−");
  return item;
}
