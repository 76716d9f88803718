// The two cycles: for each direction the picture that was chosen for it below the studio, there and back.
const capital = (word) => `${word[0].toUpperCase()}${word.slice(1)}`;
const rows = new Map();
for (const [way, { from, to }] of Object.entries(SETUP.ways)) {
  const captions = { seen: from, change: "What is added", result: `${capital(to)}`, back: `${from} again` };
  const row = document.createElement("div");
  row.className = "sn-row";
  row.innerHTML = Object.keys(captions).map((name) => `<figure><img alt="" data-of="${name}"><figcaption></figcaption></figure>`).join("");
  Object.values(captions).forEach((words, k) => { row.children[k].lastChild.textContent = words; });
  const show = (answer) => {
    for (const [name, alt] of Object.entries(captions)) Object.assign(row.querySelector(`[data-of="${name}"]`), { src: answer[name], alt });
    row.lastChild.lastChild.textContent = `${captions.back}, a pixel off by ${(100 * answer.lost).toFixed(1)} %`;
    root.dataset.cycles = Number(root.dataset.cycles || 0) + 1;
  };
  rows.set(way, new Standing((wish) => server.turn(wish), show, say));
  find(".sn-rows").append(row);
}

function askCycles() {
  for (const wish of document.querySelector("#style-turn .su")?.turns ?? []) rows.get(wish.direction)?.bring(wish);
}
document.addEventListener("style:turn", () => visible.has("cycles") && askCycles());
