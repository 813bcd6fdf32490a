// Codes as rows of bits, the paper's figure 3: the word, then those that differ least, or most.

import { element, shown, wordElement, wordLink } from "./text.js";

const ROW = 5; // pixels
const OWN = 12; // of the word's own row
const GAP = 4; // below it
const EVERY = 6; // rows from label to label

/**
 * Draw a word's code above those of others.
 *
 * @param {{word: string, bits: Uint8Array, distance: number}[]} others
 * @param {{onPoint: (found: object | null) => void, onChoose: (word: string) => void}} actions
 */
export function picture(kind, own, others, { onPoint, onChoose }) {
  const height = OWN + GAP + ROW * others.length;
  const labels = element("ol", { "aria-hidden": "true" });
  labels.style.height = `${height}px`;
  const canvas = element("canvas", { role: "img" });
  const shared = 1 - others.reduce((sum, { distance }) => sum + distance, 0) / others.length / own.bits.length;
  const told = `${kind} ${others.length}: ${Math.round(100 * shared)} % of bits shared`;
  canvas.setAttribute("aria-label", `Codes of the ${told}; the list below names them`);
  addLabel(labels, own.word, OWN / 2).classList.add("differs");
  for (let i = 0; i < others.length; i += EVERY) {
    addLabel(labels, others[i].word, OWN + GAP + ROW * (i + 0.5));
  }
  const at = (event) => {
    const y = event.clientY - canvas.getBoundingClientRect().top - OWN - GAP;
    return others[Math.floor(y / ROW)] ?? null;
  };
  canvas.addEventListener("pointermove", (event) => onPoint(at(event)));
  canvas.addEventListener("pointerleave", () => onPoint(null));
  canvas.addEventListener("click", (event) => at(event) && onChoose(at(event).word));
  const figure = element(
    "figure",
    {},
    element("figcaption", {}, told),
    element("div", { class: "picture" }, labels, canvas),
  );
  return { figure, draw: () => draw(canvas, height, own.bits, others) };
}

function addLabel(labels, word, y) {
  const label = labels.appendChild(element("li", {}, wordElement(word)));
  label.style.top = `${y}px`;
  return label;
}

/** Paint cells whose edges lie on pixels of the screen, unless that would leave much room unused. */
function draw(canvas, height, own, others) {
  const dots = window.devicePixelRatio || 1;
  const room = canvas.parentElement.clientWidth - canvas.parentElement.firstChild.offsetWidth - 7;
  const cell = Math.min((room * dots) / own.length, 6 * dots);
  canvas.width = Math.round(cell < 3 ? room * dots : Math.floor(cell) * own.length);
  canvas.height = Math.round(height * dots);
  canvas.style.width = `${Math.min(room, canvas.width / dots)}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const cells = cellsOf(own, [own, ...others.map(({ bits }) => bits)]);
  const band = (row, rows, top, size) => {
    const [from, to] = [Math.round(top * dots), Math.round((top + size) * dots)];
    context.drawImage(cells, 0, row, own.length, rows, 0, from, canvas.width, to - from);
  };
  band(0, 1, 0, OWN);
  band(1, others.length, OWN + GAP, ROW * others.length);
}

/** Return an image of a pixel for each bit, in four colours: 0 and 1, alike and different. */
function cellsOf(own, rows) {
  const style = getComputedStyle(document.documentElement);
  const colours = ["zero", "ink", "tint", "accent"].map((name) => {
    const [, red, green, blue] = /^#(..)(..)(..)$/.exec(style.getPropertyValue(`--${name}`).trim());
    return [red, green, blue].map((part) => parseInt(part, 16));
  });
  const image = new ImageData(own.length, rows.length);
  image.data.fill(255);
  rows.forEach((bits, i) => {
    for (let j = 0; j < own.length; j++) {
      const colour = colours[bits[j] + (bits[j] === own[j] ? 0 : 2)];
      image.data.set(colour, 4 * (i * own.length + j));
    }
  });
  const canvas = element("canvas", { width: own.length, height: rows.length });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Make the table that says in words what a picture shows. */
export function listOf(kind, others) {
  const rows = others.map(({ word, distance }) =>
    element(
      "tr",
      {},
      element("td", {}, wordLink(word)),
      element("td", { class: "number" }, String(distance)),
    ),
  );
  return element(
    "table",
    {},
    element("caption", {}, `${kind} words, and the bits in which they differ`),
    element("tbody", {}, ...rows),
  );
}

/** Say which row is pointed at. */
export function pointedText(found, nBits) {
  return found ? `${shown(found.word)}: ${found.distance} of ${nBits} bits differ` : "\u00a0";
}
