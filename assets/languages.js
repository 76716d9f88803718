// The gallery's words in the visitor's language. English is what everything is written in, and the key under which a
// dictionary (assets/languages, sent by gr.I18n) has the same in another language. Gradio looks up what its own
// components say; this does so for everything else on the page, what rooms write later included.
(() => {
  "use strict";
  const ENGLISH = "en";
  const SPOKEN = ["aria-label", "aria-valuetext", "title", "placeholder", "alt"];
  const CARD = '[data-testid="markdown"]'; // model cards are English
  const AS_IT_IS = `${CARD}, code, pre, script, style, textarea, [translate="no"]`;
  const BLANK = /\{\d\}/; // what a sentence leaves open: "Step {0} of {1}"
  // What only the style sheet says, by the variable that says it otherwise.
  const IN_STYLES = {
    "--v-drop-here": "Drop what was saved here to open it with its settings",
    "--v-film-here": "The film hangs here.",
    "--v-blank-here": "Its first picture is made inside.",
  };
  let chosen = null; // {language, words, patterns}, as soon as the house has sent its dictionaries

  // ------------------------------------------------------------ the dictionary

  function dictionary() {
    if (chosen || !window.gradio_config) return chosen;
    const known = window.gradio_config.i18n_translations || {};
    const asked = navigator.language || ENGLISH;
    const language = [asked, asked.split("-")[0]].find((name) => name in known) || ENGLISH;
    const words = new Map(Object.entries(known[language] || {}));
    const open = [...words.keys()].filter((key) => BLANK.test(key)).sort((a, b) => b.length - a.length); // the vaguest last
    return (chosen = { language, words, patterns: open.map(pattern) });
  }

  function pattern(key) {
    const literal = key.split(/\{\d\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return { form: new RegExp(`^${literal.join("(.+?)")}$`), order: key.match(/\{\d\}/g), key };
  }

  const language = () => dictionary()?.language || ENGLISH;

  // The sentence in the visitor's language; as it is when the dictionary has none.
  function translated(text) {
    const book = dictionary();
    const key = text.replace(/\s+/g, " ").trim();
    if (!book || !key) return text;
    const found = book.words.get(key) ?? filledIn(book, key);
    return found === undefined ? text : text.match(/^\s*/)[0] + found + text.match(/\s*$/)[0];
  }

  function filledIn(book, key) {
    for (const { form, order, key: open } of book.patterns) {
      const parts = form.exec(key)?.slice(1);
      if (parts) return book.words.get(open).replace(/\{\d\}/g, (blank) => number(parts[order.indexOf(blank)]));
    }
  }

  // What fills a blank: "1,234.50" as the language writes it, or words.
  function number(part) {
    const [whole, , decimals = ""] = part.match(/^\d[\d,]*(\.(\d+))?$/) ?? [];
    if (!whole) return translated(part);
    const [minimumFractionDigits, maximumFractionDigits] = [decimals.length, decimals.length];
    const form = { minimumFractionDigits, maximumFractionDigits, useGrouping: part.includes(",") };
    return Number(part.replaceAll(",", "")).toLocaleString(language(), form);
  }

  // ------------------------------------------------------------ the page

  function translate(node) {
    if (node.nodeType === Node.TEXT_NODE) return translateText(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    SPOKEN.forEach((name) => translateAttribute(node, name));
    if (node.matches(CARD)) node.setAttribute("lang", ENGLISH);
    if (node.matches(AS_IT_IS)) return;
    node.childNodes.forEach(translate);
  }

  function translateText(node) {
    const said = translated(node.data);
    if (said !== node.data) node.data = said;
  }

  function translateAttribute(element, name) {
    const text = element.getAttribute(name);
    const said = text && translated(text);
    if (said && said !== text) element.setAttribute(name, said);
  }

  function listen(changes) {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === "attributes") translateAttribute(target, attributeName);
      else if ((type === "childList" ? target : target.parentElement)?.closest(AS_IT_IS)) continue;
      else if (type === "childList") addedNodes.forEach(translate);
      else translateText(target);
    }
  }

  function speak() {
    document.documentElement.lang = language();
    if (language() === ENGLISH) return;
    translate(document.body);
    for (const [name, text] of Object.entries(IN_STYLES)) {
      document.body.style.setProperty(name, JSON.stringify(translated(text)));
    }
    new MutationObserver(listen).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
      attributes: true,
      attributeFilter: SPOKEN,
    });
  }

  Object.assign(window.vernissage, { language, translated });
  if (document.body) speak();
  else document.addEventListener("DOMContentLoaded", speak);
})();
