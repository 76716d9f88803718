// The prompt: what is typed, which of its words the model does not know, and words to choose from.
const field = find(".tx-prompt");
const mirror = find(".tx-mirror");
const KNOWN = new Set(SETUP.words);
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const plain = (word) => word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase(); // as the tokenizer reads it

// Unknown words as they stand in the text: [{word, at, end}]. Models from the hub know far more than we could list.
function unknownWords(text) {
  if (state.model !== "house") return [];
  return [...text.matchAll(WORD)]
    .filter(([word]) => !KNOWN.has(plain(word)))
    .map((match) => ({ word: match[0], at: match.index, end: match.index + match[0].length }));
}

// A mirror behind the text carries the marks: it wraps as the field does.
function mark() {
  const text = field.value;
  const parts = [];
  let at = 0;
  const unknown = unknownWords(text);
  for (const { word, at: start, end } of unknown) {
    const strange = document.createElement("mark");
    strange.textContent = word;
    parts.push(text.slice(at, start), strange);
    at = end;
  }
  mirror.replaceChildren(...parts, `${text.slice(at)}\u200b`);
  root.toggleAttribute("data-empty", !text.trim());
  return unknown;
}

function sayUnknown(unknown) {
  const words = [...new Set(unknown.map(({ word }) => plain(word)))];
  if (!words.length) return say("");
  const listed = words.slice(0, 4).map((word) => `“${word.slice(0, 24)}”`).join(", ") + (words.length > 4 ? " and more" : "");
  const near = words.length === 1 ? nearest(words[0]) : null;
  const sentence = `${listed}: not among the ${SETUP.words.length} words that the house model knows.`;
  say(sentence, near && { word: near, act: () => replaceWord(unknown[0], near), title: `Write “${near}” instead` });
}

// A known word at most two slips away; one for short words.
function nearest(word) {
  const reach = word.length < 3 ? 0 : word.length < 6 ? 1 : 2;
  let [best, least] = [null, reach + 1];
  for (const known of SETUP.words) {
    if (Math.abs(known.length - word.length) > reach || known.length < 3) continue;
    const far = slips(word, known);
    if (far < least) [best, least] = [known, far];
  }
  return best;
}
function slips(a, b) {
  let row = [...b, ""].map((_, k) => k);
  [...a].forEach((letter, i) => {
    const next = [i + 1];
    [...b].forEach((other, j) => next.push(Math.min(row[j] + (letter === other ? 0 : 1), row[j + 1] + 1, next[j] + 1)));
    row = next;
  });
  return row.at(-1);
}

function replaceWord({ at, end }, word) {
  setPrompt(field.value.slice(0, at) + word + field.value.slice(end));
  field.focus();
}

function setPrompt(text) {
  field.value = text;
  typed();
}

function typed() {
  // A prompt is one line: what was pasted with breaks is joined.
  if (/[\r\n]/.test(field.value)) field.value = field.value.replace(/\s*[\r\n]+\s*/g, " ");
  state.prompt = field.value;
  sayUnknown(mark());
  markTiles();
}

field.addEventListener("input", typed);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  paint();
});

// ------------------------------------------------------------ words to choose from

let caret = null;
field.addEventListener("blur", () => { caret = field.selectionEnd; });

// A word goes where the caret was, with a space on either side that needs one.
function putIn(word) {
  const text = field.value;
  const at = document.activeElement === field ? field.selectionEnd : Math.min(caret ?? text.length, text.length);
  const before = text.slice(0, at).replace(/\s+$/, "");
  const after = text.slice(at).replace(/^\s+/, "");
  setPrompt([before, word, after].filter(Boolean).join(" "));
  caret = (before ? before.length + 1 : 0) + word.length;
}

const groupNames = Object.keys(SETUP.groups);
function showGroup(chosen) {
  [...find(".tx-groups").children].forEach((choice, k) => choice.setAttribute("aria-pressed", groupNames[k] === chosen));
  find(".tx-chips").replaceChildren(...SETUP.groups[chosen].map((word) => wordButton(word, () => putIn(word), "tx-chip")));
}
function wordButton(text, act, kind = "tx-word") {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.className = kind;
  choice.textContent = text;
  choice.addEventListener("click", act);
  return choice;
}
find(".tx-groups").append(...groupNames.map((name) => wordButton(name, () => showGroup(name))));
find(".tx-known").textContent = `The house model learned ${SETUP.words.length} words, all of them from captions, and nothing else. Choose a group; a click puts a word into the prompt.`;
showGroup(groupNames[0]);
