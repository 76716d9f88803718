// The wall of styles: one of our own pictures painted in each; and what a visitor brought.
const wall = find(".st-wall");
const CORNER_NAMES = ["top left", "top right", "bottom left", "bottom right"];
const parts = () => state.style.split("@")[0].split(",");
const mixed = () => state.style.includes("@");

// "Vincent van Gogh" as people say it: van Gogh.
const surname = (artist) => artist.match(/(?:^|\s)((?:(?:van|von) )*\S+)$/)?.[1] ?? "";

function tileOf(style) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.className = "st-tile";
  tile.tabIndex = -1;
  tile.dataset.style = style.slug;
  tile.title = style.artist ? `${style.title}, ${style.artist}, ${style.year}` : style.title;
  tile.setAttribute("aria-label", tile.title);
  tile.innerHTML = "<img alt=\"\" draggable=\"false\"><span></span>";
  tile.querySelector("img").src = style.tile;
  tile.querySelector("span").textContent = surname(style.artist) || style.title;
  tile.addEventListener("click", () => pick(style.slug));
  return tile;
}

const bring = fileTile("Your own", "A painting of your own as a style", takePainting);
function fileTile(word, title, take) {
  const label = document.createElement("label");
  label.className = "st-tile st-bring";
  label.title = title;
  label.innerHTML = `<b aria-hidden="true"></b><span></span><input type="file" accept="image/*">`;
  label.querySelector("span").textContent = word;
  const input = label.querySelector("input");
  input.setAttribute("aria-label", title);
  input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
  return label;
}
wall.append(bring, ...SETUP.styles.map(tileOf));

function pick(slug) {
  say("");
  if (mixing()) putAtCorner(slug);
  else state.style = slug;
  develop({ afresh: true });
}

function markWall() {
  const chosen = new Set(parts());
  const tiles = [...wall.querySelectorAll("button.st-tile")];
  for (const tile of tiles) tile.setAttribute("aria-pressed", chosen.has(tile.dataset.style));
  const first = tiles.find((tile) => chosen.has(tile.dataset.style)) ?? tiles[0];
  if (!tiles.some((tile) => tile.tabIndex === 0 && tile === document.activeElement)) for (const tile of tiles) tile.tabIndex = tile === first ? 0 : -1;
}

// Arrow keys along a group of tiles, whatever its rows.
function walkable(group) {
  group.addEventListener("keydown", (event) => {
    const tiles = [...group.querySelectorAll("button.st-tile")];
    const at = tiles.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: nextRow(tiles, at, 1), ArrowUp: nextRow(tiles, at, -1), Home: 0, End: tiles.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = tiles[Math.min(tiles.length - 1, Math.max(0, to))];
    for (const tile of tiles) tile.tabIndex = tile === next ? 0 : -1;
    next.focus();
  });
}
function nextRow(tiles, at, way) {
  if (at < 0) return at;
  const { left, top } = tiles[at].getBoundingClientRect();
  const other = tiles.map((tile) => tile.getBoundingClientRect()).map((box, k) => ({ k, down: way * (box.top - top), aside: Math.abs(box.left - left) }));
  const below = other.filter(({ down }) => down > 4).sort((a, b) => a.down - b.down || a.aside - b.aside);
  return below.length ? below.filter(({ down }) => down < below[0].down + 4).sort((a, b) => a.aside - b.aside)[0].k : at;
}
walkable(wall);

// ------------------------------------------------------------ a painting of one's own

async function takePainting(file) {
  const picture = await dataUrl(file);
  if (!picture) return;
  bring.toggleAttribute("data-busy", true);
  const answer = await server.painting({ picture }).catch(() => ({ sentence: NO_ANSWER }));
  bring.removeAttribute("data-busy");
  if (!answer.style) return say(answer.sentence || NO_ANSWER);
  learnStyle(answer.style, file.name.replace(/\.\w+$/, "").slice(0, 60), answer.tile, answer.picture);
  pick(answer.style);
}

// `picture`: the painting itself, for looking inside and for a large model; the painter is told its code alone.
function learnStyle(slug, title, tile, picture = null) {
  const known = styles.has(slug);
  styles.set(slug, { slug, title: title || "Your own painting", artist: "", year: "", museum: "", url: "", tile, picture });
  if (!known) bring.after(tileOf(styles.get(slug)));
}

// A code that came with a link or a recipe: what it looks like is painted by the house.
const meeting = new Set();
async function meetStyles() {
  for (const slug of parts()) {
    if (styles.has(slug) || meeting.has(slug) || !slug.startsWith(SETUP.ownStyle)) continue;
    meeting.add(slug);
    const answer = await server.tile({ style: slug }).catch(() => null);
    meeting.delete(slug);
    if (!answer?.tile) continue;
    learnStyle(slug, "A visitor’s painting", answer.tile);
    showTitle();
    markWall();
    showMix();
  }
}

// ------------------------------------------------------------ the plate beneath the picture

const nameOf = (slug) => styles.get(slug)?.title ?? "a visitor’s painting";
function styled() {
  if (mixed()) return `a mix of ${[...new Set(parts())].map(nameOf).join(", ")}`;
  const { title, artist, year } = styles.get(state.style) ?? { title: "a visitor’s painting" };
  return artist ? `${title} by ${artist}, ${year}` : title;
}

function showTitle() {
  const plate = find(".st-title");
  const style = styles.get(state.style);
  const text = (name, words) => Object.assign(document.createElement(name), { textContent: words });
  if (mixed()) plate.replaceChildren("After ", text("em", "a mix"), `: ${sharesInWords()}.`);
  else if (!style?.artist) plate.replaceChildren("After ", text("em", style?.title ?? "a visitor’s painting"), ". The painter is told its code alone.");
  else {
    const link = Object.assign(text("a", style.museum), { href: style.url, target: "_blank", rel: "noopener" });
    plate.replaceChildren("After ", text("em", style.title), `, ${style.artist}, ${style.year}. `, style.url ? link : style.museum);
  }
}
