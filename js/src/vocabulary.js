// A vocabulary: words, codes and the decoder that makes vectors of codes.

import { Codes } from "./codes.js";
import { need, readContainer } from "./container.js";
import { equalLengths, measuredLengths, storedLengths } from "./lengths.js";
import { isKey, termsOf } from "./query.js";
import { highest, lowest } from "./ranking.js";
import { cosine, dot, unit } from "./sums.js";
import { decoderOfVersion1, wordsOfVersion1 } from "./version_1.js";
import { readWords } from "./words.js";

const VERSIONS = 2;

/**
 * Open the bytes of a file that iiq saved.
 *
 * @param {ArrayBuffer | Uint8Array} buffer
 * @returns {Vocabulary}
 */
export function open(buffer) {
  const { arrays, metadata } = readContainer(buffer);
  if (metadata.format !== "iiq-vocabulary") {
    throw new Error(
      `a safetensors file, but no compressed vocabulary: its metadata name the format ` +
        `${JSON.stringify(metadata.format)}, not "iiq-vocabulary"`,
    );
  }
  const version = whole(metadata, "format_version");
  if (version > VERSIONS) {
    throw new Error(
      `written in format version ${version} by ${metadata.library}, ` +
        `but this module reads up to ${VERSIONS}: take a newer one`,
    );
  }
  return new Vocabulary(arrays, metadata, version);
}

function whole(metadata, name) {
  const text = metadata[name] ?? "";
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || number < 1 || number > 2 ** 32) {
    throw new Error(`metadata '${name}' must be a whole number of at least 1, got '${text}'`);
  }
  return number;
}

/** Words with codes, asked for neighbours; made by `open`. */
export class Vocabulary {
  #words;
  #codes;
  #decoder; // nBits rows of dim numbers; null: a code stands for itself as +-1
  #removed; // directions (dim rows) that vectors from outside lose
  #lengths; // of decoded codes; null until they are needed, where the file does not tell them

  constructor(arrays, metadata, version) {
    this.metadata = metadata;
    this.version = version;
    this.method = metadata.method ?? "none";
    this.size = whole(metadata, "n_codes");
    this.nBits = whole(metadata, "n_bits");
    this.#codes = new Codes(arrays, this.size, this.nBits);
    this.#words = (version === 1 ? wordsOfVersion1 : readWords)(arrays, this.size);
    this.#decoder = this.method === "none" ? null : this.#readDecoder(arrays);
    this.dim = this.#decoder ? this.#decoder.length / this.nBits : this.nBits;
    this.#removed = arrays.has("encoder.removed_")
      ? need(arrays, "encoder.removed_", ["F64"], [this.dim, null])
      : new Float64Array();
    this.#lengths = this.#decoder && storedLengths(arrays, metadata, this.size);
  }

  #readDecoder(arrays) {
    let decoder;
    if (arrays.has("encoder.decoder_")) {
      decoder = need(arrays, "encoder.decoder_", ["F64"], [this.nBits, null]);
    } else {
      const projection = need(arrays, "encoder.projection_", ["F64"], [null, this.nBits]);
      const { learned } = JSON.parse(this.metadata.params);
      decoder = decoderOfVersion1(projection, projection.length / this.nBits, this.nBits, learned);
    }
    if (!decoder.every((x) => Math.abs(x) < 1e30)) {
      throw new Error("encoder array 'decoder_' holds NaN, infinity or absurd numbers");
    }
    return decoder;
  }

  // -- words and rows -----------------------------------------------------------------------------

  /** Whether a word, or a row number, is here. */
  has(key) {
    return this.find(key) >= 0;
  }

  /** The row of a word (a row number is one already), -1 where it is missing. */
  find(key) {
    if (Number.isInteger(key)) return key >= 0 && key < this.size ? key : -1;
    return this.#words.find(key);
  }

  /** The word of a row. */
  wordAt(row) {
    if (!(Number.isInteger(row) && row >= 0 && row < this.size)) {
      throw new RangeError(`row ${row} is outside a vocabulary of ${this.size} words`);
    }
    return this.#words.at(row);
  }

  /** The first k words that begin so, in the order of their rows: usually the most frequent. */
  complete(beginning, k = 10) {
    return this.#words.complete(beginning, k);
  }

  #row(key) {
    const row = this.find(key);
    if (row < 0) throw new RangeError(`Key '${key}' not present in vocabulary`);
    return row;
  }

  // -- vectors ------------------------------------------------------------------------------------

  /** The bits of a word's code, 0 and 1; of a sum of words, those that most of its words have. */
  bits(query) {
    return this.#bitsOf(termsOf(query));
  }

  #bitsOf(terms) {
    return Uint8Array.from(this.#sumOfSigns(terms), (sign) => sign >= 0);
  }

  /** The vector of a word, decoded: centred, and without the removed directions. */
  vector(key) {
    return Float32Array.from(this.#decoded(this.#row(key)));
  }

  /** The decoded vector of a row; sums are exact, for a decoder's numbers stand on a grid. */
  #decoded(row) {
    const bits = this.#codes.bits(row);
    if (this.#decoder === null) return Float64Array.from(bits, (bit) => 2 * bit - 1);
    const { dim } = this;
    const vector = new Float64Array(dim);
    for (let j = 0, at = 0; j < bits.length; j++) {
      const sign = 2 * bits[j] - 1;
      for (let i = 0; i < dim; i++) vector[i] += sign * this.#decoder[at++];
    }
    return vector;
  }

  /** The cosine of two words, rounded to float32 as Python does. */
  similarity(one, two) {
    return Math.fround(cosine(this.#decoded(this.#row(one)), this.#decoded(this.#row(two))));
  }

  // -- neighbours ---------------------------------------------------------------------------------

  /**
   * The words nearest to a word, a vector, a list of these, or to `{positive, negative}`.
   *
   * Best first, among equal scores the lower row first; the words given are left out.
   */
  mostSimilar(query, { k = 10, scoring = "decoded", exclude = [], first = this.size } = {}) {
    if (scoring !== "decoded" && scoring !== "hamming") {
      throw new RangeError(`scoring must be 'decoded' or 'hamming', got '${scoring}'`);
    }
    if (![k, first].every(Number.isInteger) || first < 0) {
      throw new TypeError(`k and first must be whole numbers, got ${k} and ${first}`);
    }
    const scope = { k: Math.max(k, 0), exclude, size: Math.min(first || this.size, this.size) };
    const terms = termsOf(query);
    if (!terms.length) throw new RangeError("cannot compute mean with no input");
    if (scoring === "hamming") {
      const { nBits } = this;
      return this.#differing(terms, scope, lowest).map(({ word, row, distance }) => ({
        word,
        row,
        score: (nBits - 2 * distance) / nBits,
      }));
    }
    const vector = this.#sumOfVectors(terms);
    return this.#answers(terms, scope, (enough) => this.#byVector(vector, enough, scope.size));
  }

  /** The rows that are not answers: of the words given, and of those to leave out. */
  #rowsOf(terms, exclude) {
    const keys = [...terms.map(({ key }) => key).filter(isKey), ...exclude];
    return new Set(keys.map((key) => this.find(key)).filter((row) => row >= 0));
  }

  /** Find enough rows, and name the first k that are answers. */
  #answers(terms, { k, exclude, size }, find) {
    const out = this.#rowsOf(terms, exclude);
    return find(Math.min(k + out.size, size))
      .filter(({ row }) => !out.has(row))
      .slice(0, k)
      .map((one) => ({ word: this.wordAt(one.row), ...one }));
  }

  /** Words are scaled to length 1; vectors from outside are taken as they are, but cleaned. */
  #sumOfVectors(terms) {
    const words = new Float64Array(this.dim);
    const vectors = new Float64Array(this.dim);
    for (const { key, weight } of terms) {
      if (isKey(key)) {
        const vector = this.#decoded(this.#row(key));
        const added = this.#decoder ? unit(vector) : vector; // of whole numbers ties stay ties
        for (let i = 0; i < this.dim; i++) words[i] += weight * added[i];
      } else {
        const added = this.#placed(key);
        for (let i = 0; i < this.dim; i++) vectors[i] += weight * added[i];
      }
    }
    const length = this.#decoder ? 1 : Math.sqrt(this.dim);
    return words.map((x, i) => x + length * vectors[i]);
  }

  #sumOfSigns(terms) {
    const signs = new Int32Array(this.nBits);
    for (const { key, weight } of terms) {
      if (!isKey(key)) throw new TypeError("a vector has no bits here: leave out scoring");
      const bits = this.#codes.bits(this.#row(key));
      for (let j = 0; j < bits.length; j++) signs[j] += weight * (2 * bits[j] - 1);
    }
    return signs;
  }

  /** Check a vector from outside, and take the removed directions out of it. */
  #placed(values) {
    const vector = Float64Array.from(values);
    if (vector.length !== this.dim || !vector.every(Number.isFinite)) {
      throw new RangeError(
        `a vector here has ${this.dim} finite numbers, those of the vectors that were compressed, ` +
          `got ${vector.length}`,
      );
    }
    const { dim } = this;
    const directions = this.#removed.length / dim;
    const placed = vector.slice();
    for (let j = 0; j < directions; j++) {
      const direction = vector.map((_, i) => this.#removed[i * directions + j]);
      const along = dot(vector, direction);
      for (let i = 0; i < dim; i++) placed[i] -= along * direction[i];
    }
    return placed;
  }

  /** The k rows with the largest cosines: candidates by bounds, then exact scores in order. */
  #byVector(query, k, size) {
    if (k < 1) return [];
    const square = dot(query, query);
    if (!(square > 0)) return Array.from({ length: k }, (_, row) => ({ row, score: 0 }));
    this.#lengths ??= this.#decoder
      ? measuredLengths(this.#codes, this.#decoder, this.dim)
      : equalLengths(this.#codes);
    return this.#codes
      .candidates(this.#weights(query), this.#lengths, k, size)
      .map((row) => ({ row, score: cosine(this.#decoded(row), query, square) }))
      .sort((a, b) => b.score - a.score || a.row - b.row)
      .slice(0, k);
  }

  /** What bits are multiplied with, at a size that float32 holds. */
  #weights(query) {
    const largest = query.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const small = query.map((x) => x / largest);
    if (this.#decoder === null) return small;
    return Float64Array.from({ length: this.nBits }, (_, j) =>
      dot(small, this.#decoder.subarray(j * this.dim, (j + 1) * this.dim)),
    );
  }

  /** The k words whose codes differ from that of a word or sum in the fewest bits, then by row. */
  nearestByBits(query, k = 10) {
    return this.#differing(termsOf(query), { k, exclude: [], size: this.size }, lowest);
  }

  /** The k words whose codes differ in the most bits; of equals the higher row: that order's end. */
  furthestByBits(query, k = 10) {
    return this.#differing(termsOf(query), { k, exclude: [], size: this.size }, highest);
  }

  #differing(terms, scope, choose) {
    const code = new Uint16Array(Math.ceil(this.nBits / 16));
    this.#bitsOf(terms).forEach((bit, j) => (code[j >> 4] |= bit << (j & 15)));
    const distances = this.#codes.distances(code, scope.size);
    return this.#answers(terms, scope, (enough) =>
      enough < 1 ? [] : choose(distances, enough, this.nBits),
    );
  }
}
