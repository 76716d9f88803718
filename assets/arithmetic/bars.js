// Measured attributes as bars: the three terms, the result, and a line where the sum would have it.
const PARTS = ["plus", "minus", "add", "sum"];
const SIGNS = { plus: "", minus: "−", add: "+", sum: "=" };
const share = ({ low, high }, value) => `${100 * Math.min(1, Math.max(0, (value - low) / (high - low)))}%`;
const shown = ({ unit }, value) => (unit === "years" ? `${Math.round(value)}` : `${Math.round(100 * value)} %`);

for (const attribute of SETUP.attributes) {
  const chart = document.createElement("figure");
  chart.className = "fa-chart";
  chart.dataset.attribute = attribute.name;
  chart.innerHTML = `<figcaption>${attribute.label}<small>${attribute.meaning}</small></figcaption>
    <div class="fa-rows">${PARTS.map((part) => `<div class="fa-measure" data-part="${part}"><i>${SIGNS[part]}</i><div><b></b>${part === "sum" ? "<u></u>" : ""}</div><span></span></div>`).join("")}</div>`;
  find(".fa-charts").append(chart);
}

let reading = null; // the equation that was measured last
async function readOut() {
  const wish = order();
  const key = JSON.stringify([wish.plus, wish.minus, wish.add]);
  if (key === reading) return;
  const answer = await server.read(wish).catch(() => null);
  if (JSON.stringify([order().plus, order().minus, order().add]) !== key || !answer?.terms) return;
  reading = key;
  showReading(answer);
}

function showReading({ terms, result, expected, holds, words, verdict }) {
  const values = [...terms, result];
  for (const attribute of SETUP.attributes) {
    const { name } = attribute;
    const chart = find(`.fa-chart[data-attribute="${name}"]`);
    chart.toggleAttribute("data-broken", !holds[name]);
    PARTS.forEach((part, k) => {
      const row = chart.querySelector(`[data-part="${part}"]`);
      row.querySelector("b").style.width = share(attribute, values[k][name]);
      row.querySelector("span").textContent = shown(attribute, values[k][name]);
    });
    const line = chart.querySelector("u");
    line.style.left = share(attribute, expected[name]);
    line.title = `The sum of the terms: ${shown(attribute, expected[name])}`;
    chart.setAttribute("aria-label", `${attribute.label}: ${PARTS.map((part, k) => `${part} ${shown(attribute, values[k][name])}`).join(", ")}; expected ${shown(attribute, expected[name])}`);
  }
  PARTS.forEach((part, k) => { find(`[data-words="${part}"]`).textContent = words[k]; });
  find(".fa-verdict").textContent = verdict;
}
