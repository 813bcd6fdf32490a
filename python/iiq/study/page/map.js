// The neighbourhood in two dimensions: principal components of unit vectors, labels that don't overlap.

import { hrefOf, shown } from "./text.js";

const HEIGHTS = { narrow: 380, wide: 620 };
const NARROW = 480;
const EDGE = 14;
const LINE = 15; // pixels of a label

/** Return the first two principal components of rows (m of dim numbers): m pairs, and their share. */
export function principal(rows) {
  const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const centred = rows.map((row) => row.map((x, i) => x - mean[i]));
  const gram = centred.map((a) => centred.map((b) => dot(a, b)));
  const total = gram.reduce((sum, row, i) => sum + row[i], 0) || 1;
  const axes = [leading(gram), leading(gram)];
  return {
    points: rows.map((_, i) => axes.map(({ vector, value }) => vector[i] * Math.sqrt(value))),
    share: (axes[0].value + axes[1].value) / total,
  };
}

/** Return the leading eigenvector of a Gram matrix, by powers, and take it out of the matrix. */
function leading(gram) {
  let vector = gram.map((_, i) => Math.cos(i + 1)); // no direction of chance: the same map each time
  for (let step = 0; step < 100; step++) {
    const next = gram.map((row) => dot(row, vector));
    const length = Math.sqrt(dot(next, next));
    if (length < 1e-12) return { vector: vector.fill(0), value: 0 };
    vector = next.map((x) => x / length);
  }
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) + 1e-9 ? x : most), 0);
  if (largest < 0) vector = vector.map((x) => -x);
  const value = Math.max(0, gram.reduce((sum, row, i) => sum + vector[i] * dot(row, vector), 0));
  gram.forEach((row, i) => row.forEach((_, j) => (row[j] -= value * vector[i] * vector[j])));
  return { vector, value };
}

function dot(one, two) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i] * two[i];
  return sum;
}

/**
 * Draw words as dots with labels, as many as have room; the first words first.
 *
 * @param {{word: string, vector: ArrayLike<number>, kind: string}[]} places
 */
export function drawMap(svg, places) {
  const width = Math.max(280, svg.parentElement.clientWidth);
  const height = width < NARROW ? HEIGHTS.narrow : HEIGHTS.wide;
  const { points, share } = principal(places.map(({ vector }) => Array.from(vector)));
  const spread = fitted(points, width, height);
  const dots = spread.map(([x, y]) => box(x - 4, y - 4, 8, 8));
  const labels = [];
  const groups = places.map(({ word, kind }, i) => {
    const [x, y] = spread[i];
    const beside = kind === "near" ? 6 : 9;
    const text = shown(word);
    const taken = kind === "near" ? [...dots, ...labels] : labels;
    const room = roomFor(lengthOf(text, kind), x, y, beside, box(0, 0, width, height), taken);
    if (room !== null) labels.push(room);
    const circle = drawn("circle", { cx: x, cy: y, r: kind === "near" ? 2.5 : 4 });
    return drawn("g", { class: kind }, circle, labelled(word, text, room));
  });
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...groups);
  return share;
}

/** Make a label where it has room, else one that is seen when its dot is pointed at. */
function labelled(word, text, room) {
  if (room === null) return drawn("title", {}, text);
  const label = drawn("text", { x: room.x, y: room.y + LINE - 4 }, text);
  label.addEventListener("click", () => (location.hash = hrefOf(word)));
  return label;
}

const ruler = document.createElement("canvas").getContext("2d");

/** Return how long a label is; asking the picture itself would lay the page out for each. */
function lengthOf(text, kind) {
  ruler.font = `${kind === "near" ? 400 : 600} 13px system-ui, sans-serif`;
  return ruler.measureText(text).width;
}

/** Scale points into the picture, both axes alike where there is room for it. */
function fitted(points, width, height) {
  const size = [width - 2 * EDGE - 60, height - 2 * EDGE];
  const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const high = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  return points.map((point) =>
    [0, 1].map((axis) => {
      const share = (point[axis] - low[axis]) / (high[axis] - low[axis] || 1);
      return EDGE + (axis ? (1 - share) * size[1] : share * size[0]);
    }),
  );
}

const box = (x, y, width, height) => ({ x, y, right: x + width, bottom: y + height });

const meet = (a, b) => a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;

/** Return where a label has room beside its dot: right, left, above, below; or null. */
function roomFor(length, x, y, beside, frame, taken) {
  const options = [
    box(x + beside, y - LINE / 2, length, LINE),
    box(x - beside - length, y - LINE / 2, length, LINE),
    box(x - length / 2, y - LINE - beside + 1, length, LINE),
    box(x - length / 2, y + beside - 1, length, LINE),
  ];
  const inside = (one) =>
    one.x >= 0 && one.y >= 0 && one.right <= frame.right && one.bottom <= frame.bottom;
  return options.find((one) => inside(one) && !taken.some((other) => meet(one, other))) ?? null;
}

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
