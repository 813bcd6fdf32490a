// What a file of format version 1 holds in another form: its words, and no decoder.

import { need } from "./container.js";
import { crc32, Words } from "./words.js";

const GRID_BITS = 20; // of the largest number of a decoder

/** Read the words: a blob, where each begins, and a hash table of rows. */
export function wordsOfVersion1(arrays, n) {
  const blob = need(arrays, "words.blob", ["U8"], [null]);
  const offsets = Float64Array.from(
    need(arrays, "words.offsets", ["U32", "U64"], [n + 1]),
    Number,
  );
  const ascend = offsets.every((offset, i) => offset >= (i ? offsets[i - 1] : 0));
  if (offsets[0] !== 0 || offsets[n] !== blob.length || !ascend) {
    throw new Error("damaged word table: the offsets do not ascend from 0 to the end of the words");
  }
  const starts = need(arrays, "words.starts", ["U32"], [null]);
  const rows = need(arrays, "words.rows", ["U32"], [n]);
  const buckets = starts.length - 1;
  if (buckets < 1) throw new Error("damaged word table: it has no buckets");
  return new Words(blob, offsets, (bytes) => {
    const bucket = crc32(bytes) % buckets;
    return rows.subarray(starts[bucket], starts[bucket + 1]);
  });
}

/** Return the decoder (n_bits rows of dim numbers) that the library reads such a file with. */
export function decoderOfVersion1(projection, dim, nBits, learned) {
  const columns = new Float64Array(nBits * dim).map(
    (_, i) => projection[(i % dim) * nBits + Math.floor(i / dim)],
  );
  if (learned.decode_scale_ && learned.refine_scale_) {
    return onGrid(columns.map((x) => learned.decode_scale_ * x));
  }
  return onGrid(evenlySpread(columns, dim, nBits, learned.scale_));
}

/** Least squares for vectors spread evenly about the mean: (2 / pi arcsin(P^T P))^-1 P^T. */
function evenlySpread(columns, dim, nBits, scale) {
  const lengths = Array.from({ length: nBits }, (_, j) =>
    Math.hypot(...columns.subarray(j * dim, (j + 1) * dim)),
  );
  const unit = columns.map((x, i) => x / (lengths[Math.floor(i / dim)] || 1));
  const row = (j) => unit.subarray(j * dim, (j + 1) * dim);
  const agreement = Array.from({ length: nBits }, (_, i) =>
    Float64Array.from({ length: nBits }, (_, j) => {
      const cosine = row(i).reduce((sum, x, k) => sum + x * row(j)[k], 0);
      return (2 / Math.PI) * Math.asin(Math.max(-1, Math.min(1, cosine)));
    }),
  );
  const size = scale / (lengths.reduce((sum, x) => sum + x, 0) / nBits || 1);
  const solved = solve(
    agreement,
    Array.from({ length: nBits }, (_, j) => row(j).map((x) => size * x)),
  );
  return Float64Array.from(solved.flatMap((numbers) => [...numbers]));
}

/** Solve A X = B for a symmetric positive definite A, both lists of rows, in their place. */
function solve(a, b) {
  for (let i = 0; i < a.length; i++) {
    if (!(a[i][i] > 1e-12)) {
      throw new Error("no decoder can be made for this file: write it anew by iiq convert OLD NEW");
    }
    for (let j = 0; j < a.length; j++) {
      if (j === i) continue;
      const factor = a[j][i] / a[i][i];
      for (let k = i; k < a.length; k++) a[j][k] -= factor * a[i][k];
      for (let k = 0; k < b[j].length; k++) b[j][k] -= factor * b[i][k];
    }
  }
  return b.map((numbers, i) => numbers.map((x) => x / a[i][i]));
}

/** Round to whole multiples of a power of two, halves to even, so that sums are exact. */
function onGrid(numbers) {
  const largest = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (!largest) return numbers;
  const exponent = ((new BigUint64Array(Float64Array.of(largest).buffer)[0] >> 52n) & 2047n) - 1022n;
  const unit = 2 ** (GRID_BITS - Number(exponent));
  const magic = 1.5 * 2 ** 52;
  return numbers.map((x) => (x * unit + magic - magic) / unit);
}
