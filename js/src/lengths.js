// How long each decoded code is, between two bounds: what lets a search leave out nearly all codes.

import { need } from "./container.js";

const TOP = 65535; // a step that says no more than "at least so much"
const ROUNDING = 1e-6; // of lengths, which were measured in float32
const LEAST = 1e-30; // in place of 0, which nothing can be divided by

class Bounds {
  constructor(size) {
    this.low = new Float32Array(size);
    this.high = new Float32Array(size);
  }

  set(row, low, high) {
    this.low[row] = Math.max(low * (1 - ROUNDING), LEAST);
    this.high[row] = Math.max(high * (1 + ROUNDING), LEAST);
  }
}

/** Return the lengths that a file tells, two bytes a code; null where it tells none. */
export function storedLengths(arrays, metadata, size) {
  if (!arrays.has("codes.scales")) return null;
  const steps = need(arrays, "codes.scales", ["U16"], [32 * Math.ceil(size / 32)]);
  const { unit, most } = JSON.parse(metadata.scales ?? "{}");
  if (!(unit > 0 && unit < Infinity && most >= 0 && most < Infinity)) {
    throw new Error(`metadata 'scales' need unit and most, got '${metadata.scales}'`);
  }
  const bounds = new Bounds(size);
  for (let row = 0; row < size; row++) {
    const step = steps[row];
    bounds.set(row, step * unit, step === TOP ? most : (step + 1) * unit);
  }
  return bounds;
}

/** Return the one length that codes as +-1 have. */
export function equalLengths(codes) {
  const bounds = new Bounds(codes.size);
  const length = Math.sqrt(codes.nBits);
  for (let row = 0; row < codes.size; row++) bounds.set(row, length, length);
  return bounds;
}

/** Decode all codes for their lengths, four bits at a time: of files that do not tell them. */
export function measuredLengths(codes, decoder, dim) {
  const tables = nibbleTables(decoder, codes.nBits, dim);
  const bounds = new Bounds(codes.size);
  const vector = new Float64Array(dim);
  for (let row = 0; row < codes.size; row++) {
    const code = codes.code(row);
    vector.fill(0);
    for (let nibble = 0; nibble < tables.length; nibble++) {
      const part = tables[nibble][(code[nibble >> 2] >> (4 * (nibble & 3))) & 15];
      for (let i = 0; i < dim; i++) vector[i] += part[i];
    }
    let square = 0;
    for (let i = 0; i < dim; i++) square += vector[i] * vector[i];
    bounds.set(row, Math.sqrt(square), Math.sqrt(square));
  }
  return bounds;
}

function nibbleTables(decoder, nBits, dim) {
  const rowOf = (j) => (j < nBits ? decoder.subarray(j * dim, (j + 1) * dim) : null);
  return Array.from({ length: Math.ceil(nBits / 4) }, (_, nibble) =>
    Array.from({ length: 16 }, (_, value) => {
      const sum = new Float64Array(dim);
      for (let bit = 0; bit < 4; bit++) {
        const sign = (value >> bit) & 1 ? 1 : -1;
        rowOf(4 * nibble + bit)?.forEach((x, i) => (sum[i] += sign * x));
      }
      return sum;
    }),
  );
}
