// The page: what is typed, what is answered, and the keys in between.

import { open } from "../js/src/vocabulary.js";
import { listOf, picture, pointedText } from "./bits.js";
import { drawMap } from "./map.js";
import { lastWord, termsOf } from "./sums.js";
import { count, element, hrefOf, shown, wordElement, wordLink } from "./text.js";

const SHOWN = 20; // neighbours in the table
const MAPPED = 40; // and on the map
const PICTURED = 48; // words in each picture of bits
const SUGGESTED = 8;
const FIRST = [100_000, 30_000, 10_000]; // words to look among
const CALM = 60; // milliseconds without a key until the pictures follow
const QUIET = 700; // and until a screen reader is told
const EXAMPLES = [
  "king - man + woman", "piano", "paris - france + italy", "cook", "swimming - swim + run", "blue",
];

const $ = (id) => document.getElementById(id);
const [query, suggestions, said, answer] = ["query", "suggestions", "said", "answer"].map($);
let vocabulary;
let current = null; // the query that is answered
let drawings = []; // what must be drawn again where the width or the colours change
let drawing = 0;
let active = -1; // the suggestion that is chosen by arrows
let telling = 0;

// -- opening --------------------------------------------------------------------------------------

/** Return the bytes of the file in this page: base64 of gzip. */
async function bytesOfPage() {
  const text = $("file").textContent;
  $("file").remove();
  const packed = Uint8Array.fromBase64?.(text) ?? fromBase64(text);
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** Decode base64 in browsers of before 2025; by a loop, for Uint8Array.from takes 30 times as long. */
function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

async function start() {
  const begun = performance.now();
  let bytes;
  try {
    bytes = await bytesOfPage();
    vocabulary = open(bytes);
  } catch (error) {
    $("facts").textContent = `The vocabulary cannot be opened: ${error.message}`;
    return;
  }
  const { size, nBits } = vocabulary;
  $("facts").textContent =
    `${count(size)} words, ${nBits} bits each; ${(bytes.length / 1e6).toFixed(1)} MB, ` +
    `opened in ${count(Math.round(performance.now() - begun))} ms`;
  const known = EXAMPLES.filter((line) => missing(termsOf(vocabulary, line)).length === 0);
  const examples = known.length ? known.slice(0, 4) : [vocabulary.wordAt(Math.min(size - 1, 100))];
  $("examples").append(...examples.map((line) => element("a", { href: hrefOf(line) }, shown(line))));
  offerFewer(size);
  $("save").hidden = false;
  $("save").addEventListener("click", () => save(bytes));
  query.disabled = false;
  query.placeholder = examples[0];
  window.addEventListener("hashchange", askAddress);
  ask(examples[0]);
  askAddress(); // at once after another, so that the first answer that is seen is quick
  document.documentElement.dataset.ready = "";
}

/** Offer to look among the first words only: in most files the most frequent. */
function offerFewer(size) {
  const fewer = FIRST.filter((n) => n < size);
  $("among").hidden = fewer.length === 0;
  for (const n of [size, ...fewer]) {
    const text = n === size ? `all ${count(n)}` : `the first ${count(n)}`;
    $("first").append(element("option", { value: n }, text));
  }
}

function save(bytes) {
  const url = URL.createObjectURL(new Blob([bytes]));
  element("a", { href: url, download: `${document.title}.iiq` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// -- asking ---------------------------------------------------------------------------------------

const missing = ({ positive, negative }) =>
  positive.length ? [...positive, ...negative].filter((word) => !vocabulary.has(word)) : [""];

/** Ask what the address says after its #. */
function askAddress() {
  let line = location.hash.slice(1);
  try {
    line = decodeURIComponent(line);
  } catch {
    // typed by hand, with a % of its own
  }
  if (!line || (line === current && line === query.value)) return;
  query.value = line;
  closeSuggestions();
  ask(line);
}

/** Answer a line, or say what is missing; the last answer then stays, dimmed. */
function ask(line) {
  const terms = termsOf(vocabulary, line);
  const unknown = missing(terms);
  answer.classList.toggle("stale", unknown.length > 0);
  said.classList.toggle("wrong", unknown.length > 0);
  if (unknown.length) {
    said.replaceChildren(...sayMissing(unknown[0]));
    tell(said.textContent);
    return;
  }
  current = line;
  const scoring = document.querySelector("[name=scoring]:checked").value;
  const first = Number($("first").value) || vocabulary.size;
  const begun = performance.now();
  const found = vocabulary.mostSimilar(terms, { k: MAPPED, scoring, first });
  const took = performance.now() - begun;
  document.documentElement.dataset.took = took.toFixed(2);
  said.textContent = `${count(first)} words compared in ${took.toFixed(took < 10 ? 1 : 0)} ms`;
  show(line, terms, found);
  tell(`Nearest to ${line}: ${found.slice(0, 5).map(({ word }) => shown(word)).join(", ")}`);
}

function sayMissing(word) {
  if (!word) return [""];
  const forms = [word.toLowerCase(), word[0].toUpperCase() + word.slice(1), word.toUpperCase()];
  const form = forms.find((one) => vocabulary.has(one)) ?? vocabulary.complete(word, 1)[0];
  const start = [wordElement(word), " is not among these words"];
  return form === undefined ? start : [...start, "; ", wordLink(form), " is"];
}

/** Tell a screen reader, once the keys are quiet. */
function tell(text) {
  clearTimeout(telling);
  telling = setTimeout(() => ($("announced").textContent = text), QUIET);
}

// -- answering ------------------------------------------------------------------------------------

function show(line, terms, found) {
  answer.hidden = false;
  const own = vocabulary.bits(terms);
  $("rows").replaceChildren(...found.slice(0, SHOWN).map((one, i) => rowOf(one, i, own)));
  clearTimeout(drawing);
  drawing = setTimeout(() => showPictures(line, terms, found, own), CALM);
}

function showPictures(line, terms, found, own) {
  const begun = performance.now();
  drawings = [() => showMap(line, terms, found), ...showBits(line, terms, own)];
  drawings.forEach((draw) => draw());
  document.documentElement.dataset.drawn = (performance.now() - begun).toFixed(2);
}

function rowOf({ word, row, score }, i, own) {
  const apart = vocabulary.bits(row).reduce((sum, bit, j) => sum + (bit !== own[j]), 0);
  return element(
    "tr",
    {},
    element("td", { class: "number" }, String(i + 1)),
    element("td", {}, wordLink(word)),
    element("td", { class: "number", title: String(score) }, score.toFixed(3)),
    element("td", { class: "number" }, String(apart)),
  );
}

const unit = (vector) => {
  const length = Math.hypot(...vector) || 1;
  return Array.from(vector, (x) => x / length);
};

function showMap(line, { positive, negative }, found) {
  const vectorOf = (key) => unit(vocabulary.vector(key));
  const places = [...positive, ...negative].map((word) => ({ word, vector: vectorOf(word), kind: "asked" }));
  if (places.length > 1) {
    const added = places.map(({ vector }, i) => vector.map((x) => (i < positive.length ? x : -x)));
    const sum = added.reduce((total, vector) => total.map((x, i) => x + vector[i]));
    places.unshift({ word: line, vector: unit(sum), kind: "sum asked" });
  }
  places.push(...found.map(({ word, row }) => ({ word, vector: vectorOf(row), kind: "near" })));
  const share = drawMap($("map"), places);
  $("map").setAttribute("aria-label", `Map of ${shown(line)} and its ${found.length} nearest words`);
  $("map-note").textContent =
    `The ${found.length} nearest words, their two principal directions: ` +
    `${Math.round(100 * share)} % of how they differ.`;
}

function showBits(line, terms, own) {
  const n = Math.min(PICTURED, Math.max(1, Math.floor((vocabulary.size - 1) / 2)));
  const withBits = (others) => others.map((one) => ({ ...one, bits: vocabulary.bits(one.row) }));
  const actions = {
    onPoint: (found) => ($("pointed").textContent = pointedText(found, vocabulary.nBits)),
    onChoose: (chosen) => (location.hash = hrefOf(chosen)),
  };
  const near = withBits(vocabulary.nearestByBits(terms, n));
  const far = withBits(vocabulary.furthestByBits(terms, n));
  $("codes-word").textContent = shown(line);
  if (!near.length) return [];
  const pictures = [
    picture("nearest", { word: line, bits: own }, near, actions),
    picture("furthest", { word: line, bits: own }, far, actions),
  ];
  $("pictures").replaceChildren(...pictures.map(({ figure }) => figure));
  $("lists").replaceChildren(listOf("Nearest", near), listOf("Furthest", far));
  return pictures.map(({ draw }) => draw);
}

// -- suggestions ----------------------------------------------------------------------------------

function suggest() {
  const { before, beginning } = lastWord(query.value);
  const words = /^[+−-]?$/.test(beginning) ? [] : vocabulary.complete(beginning, SUGGESTED);
  const others = words.filter((word) => word !== beginning);
  active = -1;
  suggestions.replaceChildren(
    ...others.map((word, i) => {
      const option = element("li", { role: "option", id: `option-${i}`, "aria-selected": "false" }, wordElement(word));
      option.dataset.line = before + word;
      return option;
    }),
  );
  setExpanded(others.length > 0);
}

function setExpanded(isOpen) {
  suggestions.hidden = !isOpen;
  $("examples").hidden = isOpen;
  query.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) query.removeAttribute("aria-activedescendant");
}

function closeSuggestions() {
  active = -1;
  setExpanded(false);
}

function choose(step) {
  const options = [...suggestions.children];
  const places = options.length + 1; // none of them is one, too
  active = ((active + 1 + step + places) % places) - 1;
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
  if (active < 0) query.removeAttribute("aria-activedescendant");
  else query.setAttribute("aria-activedescendant", `option-${active}`);
}

/** Take a line as asked for: it goes into the history. */
function take(line) {
  query.value = line;
  closeSuggestions();
  if (location.hash === hrefOf(line)) ask(line);
  else location.hash = hrefOf(line);
}

// -- keys and pointers ----------------------------------------------------------------------------

query.addEventListener("input", () => {
  suggest();
  if (query.value.trim()) ask(query.value);
});
query.addEventListener("blur", () => setTimeout(closeSuggestions, 150));
query.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !suggestions.hidden) {
    event.preventDefault();
    choose(step);
  } else if (step === 1) {
    event.preventDefault();
    document.querySelector("#rows a")?.focus();
  } else if (event.key === "Escape") {
    closeSuggestions();
  }
});
suggestions.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("li");
  if (!option) return;
  event.preventDefault(); // the field keeps the focus
  take(option.dataset.line);
});
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const line = suggestions.children[active]?.dataset.line ?? query.value;
  if (line.trim()) take(line);
});
$("rows").addEventListener("keydown", (event) => {
  const links = [...document.querySelectorAll("#rows a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = links.indexOf(event.target) + (step ?? 0);
  if (!step) return;
  event.preventDefault();
  (next < 0 ? query : links[Math.min(next, links.length - 1)]).focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === query) return;
  event.preventDefault();
  query.focus();
  query.select();
});
for (const control of document.querySelectorAll("[name=scoring], #first")) {
  control.addEventListener("change", () => current !== null && ask(current));
}
const drawAgain = () => drawings.forEach((draw) => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) drawAgain();
  width = innerWidth;
});

start();
