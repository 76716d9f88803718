// The page's own behaviour: addresses that follow the rooms, recipes that open wherever they are dropped,
// and the light switch. Loaded in the head, before any component; components reach it as `vernissage`.
(() => {
  "use strict";
  const LOBBY = "lobby";
  const WALLS = "vernissage-walls";
  const MAX_FILE_BYTES = 40 * 2 ** 20;
  const NO_RECIPE = "That file carries no recipe. Only pictures (PNG) and films (MP4) saved here do.";
  const PATIENCE = 5000; // milliseconds until a question without an answer is asked again,
  const TRIES = 3; // so many times at most
  const query = () => new URLSearchParams(location.search);
  let ask = null; // makes the page ask the house; set by the header once it is there
  let request = ""; // what the next question is
  let hoped = ""; // the question whose answer is still awaited
  let unanswered = 0; // questions on their way, empty ones too
  let patience = 0; // the timer
  let arrival = query(); // a link's settings stay in the address when its room opens
  const takers = []; // rooms that take a picture from another one: {slug, title}
  let travelling = false; // a step through the history is not a new step

  // ------------------------------------------------------------ rooms and addresses

  const tabButton = (slug) =>
    document.querySelector(`#rooms button[role="tab"][aria-controls="room-${CSS.escape(slug)}"]`) ||
    document.getElementById(`room-${slug}-button`);

  function openRoom(slug) {
    const button = tabButton(slug);
    if (button) button.click();
    return Boolean(button);
  }

  // On a phone the names are a strip: the one that is open moves into sight.
  function showTab(slug) {
    const tab = tabButton(slug);
    const strip = tab?.parentElement;
    strip?.scrollTo({ left: tab.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2 });
  }

  // Called by the tab's own select event, so that every way into a room leads here.
  function visit(slug, title) {
    document.title = title ? `${vernissage.translated(title)} · Vernissage` : "Vernissage";
    showTab(slug);
    const here = query().get("demo") || LOBBY;
    if (here === slug || travelling) return;
    const next = arrival.get("demo") === slug ? arrival : new URLSearchParams();
    if (next === arrival) arrival = new URLSearchParams();
    if (slug !== LOBBY) next.set("demo", slug);
    keepTheme(next);
    history.pushState(null, "", address(next));
    window.scrollTo({ top: 0 });
  }

  // The address follows the settings, so that copying it copies what is on the wall.
  function remember(slug, names, values, defaults) {
    if ((query().get("demo") || LOBBY) !== slug) return;
    history.replaceState(null, "", address(linkTo(slug, names, values, defaults)));
  }

  function linkTo(slug, names, values, defaults) {
    const next = new URLSearchParams({ demo: slug });
    names.forEach((name, place) => {
      const value = values[place];
      if (value === null || value === undefined || value === "") return;
      if (name !== "seed" && JSON.stringify(value) === JSON.stringify(defaults[place])) return;
      next.set(name, Array.isArray(value) ? value.join(",") : String(value));
    });
    keepTheme(next);
    return next;
  }

  function keepTheme(next) {
    const theme = query().get("__theme");
    if (theme) next.set("__theme", theme);
  }

  const address = (search) => location.pathname + (String(search) ? `?${search}` : "");

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      say("The link is on your clipboard.");
    } catch {
      // Plain http gives pages no clipboard; the address bar holds the same link.
      say("Copy the address above: it opens exactly this.");
    }
  }

  window.addEventListener("popstate", () => {
    travelling = true;
    openRoom(query().get("demo") || LOBBY);
    send(linkRequest(true));
    setTimeout(() => (travelling = false), 300);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-room]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    if (openRoom(link.dataset.room)) event.preventDefault();
  });

  // ------------------------------------------------------------ links and recipes

  // Of one who is there already only the settings are asked: a late answer must not fetch back who has left again.
  function linkRequest(there = false) {
    const link = Object.fromEntries(query());
    for (const name of ["__theme", "view"]) delete link[name];
    return link.demo && link.demo !== LOBBY ? JSON.stringify({ link, there }) : "";
  }

  // Called by the events that ask: the page's own load, and the header's submit.
  function takeRequest() {
    const taken = request;
    request = "";
    unanswered += 1;
    return taken;
  }

  function answered() {
    unanswered -= 1;
    if (unanswered <= 0 && !request) hope("");
  }

  function send(text, tries = TRIES) {
    request = text;
    hope(text, tries);
    if (ask) ask();
  }

  // Gradio can lose a question asked while others are answered, and before the header is there nobody asks.
  function hope(text, tries = TRIES) {
    hoped = text;
    clearTimeout(patience);
    if (!text || !tries) return;
    patience = setTimeout(() => {
      unanswered = 0;
      send(hoped, tries - 1);
    }, PATIENCE);
  }

  // A picture (a data URL) goes to a room that takes it, and so does the visitor.
  const hand = (slug, picture) => send(JSON.stringify({ hand: { demo: slug, picture } }));

  const latin = new TextDecoder("latin1");
  const MARK = "vernissage";

  function recipeIn(buffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < 20) return null;
    return view.getUint32(0) === 0x89504e47 ? recipeInPng(buffer, view) : recipeInMp4(buffer, view);
  }

  // PNG: an eight-byte signature, then chunks of length, type, body, checksum. Ours is tEXt "vernissage".
  function recipeInPng(buffer, view) {
    for (let at = 8; at + 12 <= buffer.byteLength; ) {
      const length = view.getUint32(at);
      const type = latin.decode(new Uint8Array(buffer, at + 4, 4));
      if (type === "IEND" || at + 12 + length > buffer.byteLength) return null;
      if (type === "tEXt") {
        const text = latin.decode(new Uint8Array(buffer, at + 8, length));
        if (text.startsWith(`${MARK}\0`)) return text.slice(MARK.length + 1);
      }
      at += 12 + length;
    }
    return null;
  }

  // MP4: boxes of length, type, body, one inside the other. Ours is the comment, as in models/mp4.py.
  function recipeInMp4(buffer, view) {
    const name = (at) => latin.decode(new Uint8Array(buffer, at, 4));
    if (name(4) !== "ftyp") return null;
    let [at, end] = [0, buffer.byteLength];
    for (const wanted of ["moov", "udta", "meta", "ilst", "\u00a9cmt", "data"]) {
      for (;;) {
        if (at + 8 > end) return null;
        let [size, head] = [view.getUint32(at), 8];
        if (size === 1 && at + 16 <= end) [size, head] = [Number(view.getBigUint64(at + 8)), 16];
        if (size === 0) size = end - at;
        if (size < head || at + size > end) return null;
        if (name(at + 4) === wanted) {
          [at, end] = [at + head + ({ meta: 4, data: 8 }[wanted] || 0), at + size];
          break;
        }
        at += size;
      }
    }
    if (at > end) return null;
    const text = latin.decode(new Uint8Array(buffer, at, end - at));
    return text.startsWith(`${MARK} `) ? text.slice(MARK.length + 1) : null;
  }

  async function openRecipe(file) {
    if (!file || file.size > MAX_FILE_BYTES) return false;
    const recipe = recipeIn(await file.arrayBuffer());
    if (recipe === null) return false;
    send(JSON.stringify({ recipe }));
    return true;
  }

  async function chooseRecipe(file) {
    if (file && !(await openRecipe(file))) say(NO_RECIPE);
  }

  const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("v-dropping");
  });
  for (const over of ["dragleave", "dragend", "drop"]) {
    window.addEventListener(over, (event) => {
      if (over !== "dragleave" || !event.relatedTarget) document.body.classList.remove("v-dropping");
    }, true);
  }

  // A drop is read here first. A picture without a recipe goes on to whatever it was dropped on.
  window.addEventListener("drop", async (event) => {
    if (event.vernissageSeen || !carriesFiles(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const target = event.target;
    const files = [...event.dataTransfer.files];
    if (await openRecipe(files[0])) return;
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    const again = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
    again.vernissageSeen = true;
    const taken = !target.dispatchEvent(again);
    if (!taken) say(NO_RECIPE);
  }, true);

  // ------------------------------------------------------------ a word to the visitor

  function say(sentence) {
    let note = document.getElementById("v-note");
    if (!note) {
      note = document.createElement("div");
      note.id = "v-note";
      note.setAttribute("role", "status");
      document.body.append(note);
    }
    note.textContent = sentence;
    note.classList.add("v-shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => note.classList.remove("v-shown"), 4500);
  }

  // ------------------------------------------------------------ settings that change together

  const QUIET = 60; // milliseconds without a change
  const latest = new Map();

  // Each caller gets the same text once its settings have come to rest, so that one change follows, not several.
  async function settle(key, values) {
    latest.set(key, { text: JSON.stringify(values), at: performance.now() });
    for (let wait = QUIET; wait > 0; wait = latest.get(key).at + QUIET - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return latest.get(key).text;
  }

  // ------------------------------------------------------------ day and night

  const night = () => document.body.classList.contains("dark");

  function setWalls(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }

  function switchLight() {
    setWalls(!night());
    try { localStorage.setItem(WALLS, night() ? "night" : "day"); } catch { /* a private window forgets */ }
  }

  function startLight() {
    if (query().get("__theme")) return setWalls(query().get("__theme") === "dark");
    let kept = null;
    try { kept = localStorage.getItem(WALLS); } catch { /* a private window has none */ }
    setWalls(kept ? kept === "night" : matchMedia("(prefers-color-scheme: dark)").matches);
  }

  // ------------------------------------------------------------ arrival

  function arrive(asking, rooms) {
    ask = asking;
    takers.push(...rooms);
    startLight();
  }

  request = linkRequest();
  hope(request);
  window.vernissage = {
    arrive, takeRequest, answered, visit, remember, copyLink, chooseRecipe, settle, switchLight, say, hand, takers,
  };
})();
