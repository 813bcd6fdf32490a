// Codes as the file holds them, 32 to a block, and the two ways to look through all of them.

import { need } from "./container.js";
import { Largest } from "./ranking.js";

const BLOCK = 32; // codes
const PAIRS = BLOCK / 2; // numbers of 32 bits: a word of an even code, and that of the next
const FLUSH = 31; // words until a count of a byte's bits may pass 255

/**
 * The packed codes of all words: word w of code i lies at `place(i) + BLOCK * w`.
 *
 * Scans read two codes at a time, for they lie side by side.
 */
export class Codes {
  constructor(arrays, size, nBits) {
    this.size = size;
    this.nBits = nBits;
    this.width = Math.ceil(nBits / 16); // words of 16 bits in a code
    const blocks = Math.ceil(size / BLOCK);
    this.words = need(arrays, "codes", ["U16"], [blocks, this.width, BLOCK]);
    const { buffer, byteOffset, length } = this.words;
    this.pairs = byteOffset % 4
      ? new Uint32Array(this.words.slice().buffer)
      : new Uint32Array(buffer, byteOffset, length / 2);
    this.#checkPadding();
  }

  #checkPadding() {
    const stray = 65535 & ~((1 << (this.nBits - 16 * (this.width - 1))) - 1);
    const last = BLOCK * (this.width - 1);
    for (let row = 0; row < this.size; row++) {
      if (this.words[this.place(row) + last] & stray) {
        throw new Error(`damaged codes: bits are set past bit ${this.nBits} of word ${row}`);
      }
    }
  }

  /** Return where the first word of a code lies. */
  place(row) {
    const within = row % BLOCK;
    return (row - within) * this.width + within;
  }

  /** Return the words of a code. */
  code(row) {
    const first = this.place(row);
    return Uint16Array.from({ length: this.width }, (_, w) => this.words[first + BLOCK * w]);
  }

  /** Return the bits of a code, 0 and 1. */
  bits(row) {
    const code = this.code(row);
    return Uint8Array.from({ length: this.nBits }, (_, j) => (code[j >> 4] >> (j & 15)) & 1);
  }

  /** Return the Hamming distances of a code with the first `size` codes, by row. */
  distances(code, size = this.size) {
    const { pairs, width } = this;
    const own = Uint32Array.from(code, (word) => word | (word << 16));
    const found = new Int32Array(BLOCK * Math.ceil(size / BLOCK));
    const lows = 0x00ff00ff;
    for (let begin = 0, first = 0; begin < size; begin += BLOCK, first += PAIRS * width) {
      for (let i = 0; i < PAIRS; i++) {
        let even = 0;
        let odd = 0;
        for (let from = 0; from < width; from += FLUSH) {
          const to = Math.min(width, from + FLUSH);
          let counts = 0; // four, of a byte each
          for (let w = from, at = first + PAIRS * from + i; w < to; w++, at += PAIRS) {
            let bits = pairs[at] ^ own[w];
            bits -= (bits >>> 1) & 0x55555555;
            bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
            counts = (counts + ((bits + (bits >>> 4)) & 0x0f0f0f0f)) | 0;
          }
          counts = (counts & lows) + ((counts >>> 8) & lows);
          even += counts & 65535;
          odd += counts >>> 16;
        }
        found[begin + 2 * i] = even;
        found[begin + 2 * i + 1] = odd;
      }
    }
    return found.subarray(0, size);
  }

  /**
   * Return the rows, of the first `size`, that may have one of the k largest scores: dot products
   * with `weights` over lengths.
   *
   * Lengths are known to lie from `lengths.low[row]` to `lengths.high[row]`.
   */
  candidates(weights, lengths, k, size = this.size) {
    const { pairs, width } = this;
    const tables = byteTables(weights, width);
    const slack = 2 ** -22 * weights.reduce((total, x) => total + Math.abs(x), 0); // of float32
    const best = new Candidates(lengths, slack, k, size);
    for (let begin = 0, first = 0; begin < size; begin += BLOCK, first += PAIRS * width) {
      for (let i = 0; i < PAIRS; i++) {
        let even = 0;
        let odd = 0;
        const end = first + PAIRS * width;
        for (let at = first + i, table = 0; at < end; at += PAIRS, table += 512) {
          const pair = pairs[at];
          even += tables[table | (pair & 255)] + tables[table | 256 | ((pair >>> 8) & 255)];
          odd += tables[table | ((pair >>> 16) & 255)] + tables[table | 256 | (pair >>> 24)];
        }
        const row = begin + 2 * i;
        if (best.mayHave(row, even)) best.add(row, even);
        if (best.mayHave(row + 1, odd)) best.add(row + 1, odd);
      }
    }
    return best.rows();
  }
}

/** The rows that may have one of the k largest scores, by bounds of dot products and lengths. */
class Candidates {
  constructor({ low, high }, slack, k, size) {
    this.low = low;
    this.high = high;
    this.slack = slack; // of a dot product
    this.size = size;
    this.mark = -Infinity; // the k-th largest of the scores that rows surely reach
    this.marks = new Largest(k);
    this.found = [];
  }

  /** Whether a row is worth a closer look: most are not. */
  mayHave(row, dot) {
    return !(this.mark > 0 && dot + this.slack < this.mark * this.low[row]);
  }

  add(row, dot) {
    if (row >= this.size) return; // zeros that fill the last block
    const [least, most] = [dot - this.slack, dot + this.slack];
    const upper = most / (most > 0 ? this.low[row] : this.high[row]);
    if (upper < this.mark) return;
    this.found.push({ row, upper });
    this.mark = this.marks.add(least / (least > 0 ? this.high[row] : this.low[row]));
  }

  rows() {
    return this.found.filter(({ upper }) => upper >= this.mark).map(({ row }) => row);
  }
}

/** Return 256 sums for each byte of a code: of +-weights, minus where a bit is 0. */
function byteTables(weights, width) {
  const tables = new Float32Array(512 * width);
  const sums = new Float64Array(256);
  for (let byte = 0; byte < 2 * width; byte++) {
    sums[0] = 0;
    for (let bit = 0; bit < 8; bit++) {
      const weight = weights[8 * byte + bit] ?? 0;
      for (let i = 0; i < 1 << bit; i++) {
        sums[i + (1 << bit)] = sums[i] + weight;
        sums[i] -= weight;
      }
    }
    tables.set(sums, 256 * byte);
  }
  return tables;
}
