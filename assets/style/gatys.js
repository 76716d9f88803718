// Gatys' descent: the picture forms, two losses go down. Long work that can be called off.
const LEAVING = 600; // milliseconds a descent that was called off takes to leave the queue
const act = find('[data-do="descend"]');
const step = (sentence) => { find(".sn-step").textContent = sentence; };
let job = null; // {id, leaving, began, seen}
let orders = 0;

act.addEventListener("click", () => {
  if (job) return callOff();
  begin();
});

async function begin() {
  const art = studio()?.art;
  if (!art) return;
  const mine = job = { id: ++orders, leaving: false, began: 0, seen: [] };
  root.toggleAttribute("data-busy", true);
  act.textContent = "Stop";
  step("Waiting for a place");
  await studio().lend(art.order);
  if (job !== mine || mine.leaving) return;
  root.order = JSON.stringify({ ...art.order, id: mine.id, start: find(".sn-start").value, layers: find(".sn-layers").value });
  mine.asked = true;
  find(".sn-gatys figcaption").textContent = `${art.words}, after ${art.styled}`;
  trigger("submit");
}

watch("news", () => {
  const news = props.news;
  if (!news || news.id !== job?.id || job.leaving) return;
  if (news.over) return rest(job.seen.length ? `Done: ${job.seen.length - 1} steps, ${seconds()} seconds. The painter took one pass.` : "");
  if (!news.step) return step("Getting ready");
  job.began ||= performance.now();
  job.seen.push(news);
  Object.assign(find('[data-of="forming"]'), { src: news.picture, alt: `The picture after ${news.step[0]} of ${news.step[1]} steps` });
  step(`Step ${news.step[0]} of ${news.step[1]}, ${seconds()} seconds`);
  drawCurves(job.seen, news.step[1]);
});
const seconds = () => ((performance.now() - job.began) / 1000).toFixed(0);

function callOff() {
  if (job.leaving) return;
  job.leaving = true;
  if (job.asked) trigger("stop");
  step("Stopping");
  setTimeout(() => rest("Stopped: what has formed so far stays."), LEAVING);
}

function rest(sentence) {
  if (job.seen.length) root.dataset.descents = Number(root.dataset.descents || 0) + 1;
  step(sentence);
  job = null;
  root.removeAttribute("data-busy");
  act.textContent = "Begin the descent";
}

// ------------------------------------------------------------ the curves

const [LEFT, RIGHT, TOP, FLOOR] = [40, 312, 14, 206];
// Losses fall by orders of magnitude: a logarithmic scale, from its lowest decade to its highest.
function drawCurves(seen, of) {
  const svg = find(".sn-curves");
  svg.replaceChildren();
  const all = seen.flatMap(({ content, style }) => [content, style]).filter((loss) => loss > 1e-4);
  const [low, high] = [Math.floor(Math.log10(Math.min(...all, 1))), Math.ceil(Math.log10(Math.max(...all, 1.01)))];
  const down = (loss) => TOP + ((high - Math.log10(Math.max(loss, 10 ** low))) / (high - low)) * (FLOOR - TOP);
  const across = (k) => LEFT + (k / of) * (RIGHT - LEFT);
  for (let power = low; power <= high; power++) {
    const y = down(10 ** power);
    draw(svg, "path", { class: "sn-axis", d: `M${LEFT} ${y}H${RIGHT}` });
    draw(svg, "text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, String(10 ** power));
  }
  draw(svg, "text", { x: LEFT, y: FLOOR + 22 }, "0");
  draw(svg, "text", { x: RIGHT, y: FLOOR + 22, "text-anchor": "end" }, `${of} steps`);
  for (const name of ["content", "style"]) {
    const points = seen.map((moment) => `${across(moment.step[0]).toFixed(1)},${down(moment[name]).toFixed(1)}`);
    draw(svg, "polyline", { class: `sn-line sn-${name}`, points: points.join(" ") });
  }
  const last = seen.at(-1);
  const apart = down(last.content) - down(last.style);
  const nudge = Math.abs(apart) < 18 ? (apart < 0 ? -1 : 1) * (9 - Math.abs(apart) / 2) : 0;
  for (const [name, way] of [["content", 1], ["style", -1]]) {
    draw(svg, "text", { class: `sn-named sn-of-${name}`, x: across(last.step[0]) + 8, y: down(last[name]) + 5 + way * nudge }, `${name} ${last[name].toFixed(2)}`);
  }
  svg.setAttribute("aria-label", `Content loss ${last.content.toFixed(2)}, style loss ${last.style.toFixed(2)} after ${last.step[0]} of ${of} steps`);
}
