// The words of a file and their rows; docs/file-format.md of the repository says how they are stored.

import { need } from "./container.js";

const BLOCK = 16; // words between two numbers of `starts`
const PAGE = 4096; // bytes between two of `checks`

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Words by row and rows by word: letters end to end, and a function that guesses a word's row. */
export class Words {
  /**
   * @param {Uint8Array} letters the words in UTF-8, end to end
   * @param {ArrayLike<number>} offsets where each begins, and the end
   * @param {(bytes: Uint8Array) => Iterable<number>} rowsOf rows, one of which is the word's, if any
   */
  constructor(letters, offsets, rowsOf) {
    this.letters = letters;
    this.offsets = offsets;
    this.rowsOf = rowsOf;
    this.size = offsets.length - 1;
  }

  /** Return the word of a row. */
  at(row) {
    try {
      return decoder.decode(this.letters.subarray(this.offsets[row], this.offsets[row + 1]));
    } catch {
      throw new Error(`damaged word table: word ${row} is no UTF-8`);
    }
  }

  /** Return the row of a word, or -1. */
  find(word) {
    if (typeof word !== "string") return -1;
    for (const row of this.rowsOf(encoder.encode(word))) {
      if (row < this.size && this.at(row) === word) return row;
    }
    return -1;
  }

  /** Return the first k words, by row, that begin so. */
  complete(beginning, k) {
    const wanted = encoder.encode(beginning);
    const found = [];
    const { letters, offsets } = this;
    for (let row = 0; row < this.size && found.length < k; row++) {
      const at = offsets[row];
      let i = 0;
      while (i < wanted.length && letters[at + i] === wanted[i]) i++;
      if (i === wanted.length && at + i <= offsets[row + 1]) found.push(this.at(row));
    }
    return found;
  }
}

// -- pieces and a function of the hash ------------------------------------------------------------

/** Read the words of a file. */
export function readWords(arrays, n) {
  const numbers = need(arrays, "words.numbers", ["U64"], [6]);
  const pieces = need(arrays, "words.pieces", ["U8"], [256, 9]);
  const text = need(arrays, "words.text", ["U8"], [null]);
  const starts = need(arrays, "words.starts", ["U64"], [Math.ceil(n / BLOCK) + 1]);
  const rows = need(arrays, "words.rows", ["U8"], [null]);
  const [count, firstEnd, , segmentBits, segments, rowBits] = [...numbers].map(Number);
  const places = (segments + 2) * 2 ** segmentBits;
  const sound =
    count === n && firstEnd >= BLOCK && firstEnd < 256 && segmentBits <= 32 && segments >= 1 &&
    segments < 2 ** 32 && rowBits >= 1 && rowBits <= 40 &&
    rows.length === Math.ceil((places * rowBits) / 8) + 8 &&
    pieces.every((size, i) => i % 9 !== 0 || size <= 8);
  if (!sound) throw new Error(`damaged word table: its numbers are ${numbers} for ${n} words`);
  checkWords(arrays, [numbers, pieces], { starts, text, rows });
  const { letters, offsets } = spelt(text, starts, pieces, firstEnd, n);
  const table = { rows, rowBits, segmentBits, segments: BigInt(segments), seed: numbers[2] };
  return new Words(letters, offsets, (bytes) => [rowOf(table, bytes)]);
}

/** Write all words out: their letters, and where each begins. */
function spelt(text, starts, pieces, firstEnd, n) {
  const sizes = new Uint8Array(256);
  const halves = new DataView(new ArrayBuffer(2048)); // a piece is written as two numbers
  for (let code = 0; code < 256; code++) {
    sizes[code] = pieces[9 * code];
    for (let i = 0; i < 8; i++) halves.setUint8(8 * code + i, pieces[9 * code + 1 + i]);
  }
  const low = Uint32Array.from(sizes, (_, code) => halves.getUint32(8 * code, true));
  const high = Uint32Array.from(sizes, (_, code) => halves.getUint32(8 * code + 4, true));
  let most = 16;
  for (let i = 0; i < text.length; i++) most += sizes[text[i]] + 1;
  const letters = new DataView(new ArrayBuffer(most));
  const offsets = new Uint32Array(n + 1);
  let at = 0;
  let to = 0;
  for (let row = 0; row < n; row++) {
    if (row % BLOCK === 0 && Number(starts[row / BLOCK]) !== at) {
      throw new Error(`damaged word table: word ${row} does not begin where its block does`);
    }
    for (let code = 0; code < firstEnd; ) {
      if (at >= text.length) throw new Error(`damaged word table: word ${row} does not end`);
      code = text[at++];
      if (code === 0) {
        if (!(text[at] < 16 && text[at + 1] < 16)) {
          throw new Error(`damaged word table: a letter of word ${row} is no two halves`);
        }
        letters.setUint8(to++, 16 * text[at] + text[at + 1]);
        at += 2;
      }
      letters.setUint32(to, low[code], true);
      if (sizes[code] > 4) letters.setUint32(to + 4, high[code], true);
      to += sizes[code];
    }
    offsets[row + 1] = to;
  }
  if (at !== text.length || Number(starts.at(-1)) !== at) {
    throw new Error(`damaged word table: ${n} words end at byte ${at} of ${text.length}`);
  }
  return { letters: new Uint8Array(letters.buffer.slice(0, to)), offsets };
}

const U64 = (number) => BigInt.asUintN(64, number);

/** FNV-1a of 64 bits from a seed, its bits then mixed (the finaliser of MurmurHash3). */
function hashOf(bytes, seed) {
  let hash = 0xcbf29ce484222325n ^ seed;
  for (const byte of bytes) hash = U64((hash ^ BigInt(byte)) * 0x100000001b3n);
  for (const factor of [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n]) {
    hash = U64((hash ^ (hash >> 33n)) * factor);
  }
  return hash ^ (hash >> 33n);
}

/** Return the exclusive or of three numbers: the word's row, if the word is there at all. */
function rowOf({ rows, rowBits, segmentBits, segments, seed }, bytes) {
  const hash = hashOf(bytes, seed);
  const first = Number((hash * segments) >> 64n);
  const numbers = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  let row = 0n;
  for (let j = 0; j < 3; j++) {
    const within = Number(BigInt.asUintN(segmentBits, hash >> BigInt(j * segmentBits)));
    const bit = ((first + j) * 2 ** segmentBits + within) * rowBits;
    const eight = numbers.getBigUint64(Math.floor(bit / 8), true);
    row ^= BigInt.asUintN(rowBits, eight >> BigInt(bit % 8));
  }
  return Number(row);
}

// -- checks ---------------------------------------------------------------------------------------

const CRC = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = (byte >>> 1) ^ (byte & 1 ? 0xedb88320 : 0);
  return byte;
});

/** The CRC-32 of zip, gzip and PNG, of arrays one after another. */
export function crc32(...arrays) {
  let rest = 0xffffffff;
  for (const array of arrays) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) rest = (rest >>> 8) ^ CRC[(rest ^ bytes[i]) & 255];
  }
  return ~rest >>> 0;
}

/** Compare the checksums of `numbers` and `pieces`, then of every page of the other parts. */
function checkWords(arrays, head, parts) {
  const pages = Object.values(parts).map((part) => Math.ceil(part.byteLength / PAGE));
  const total = pages.reduce((sum, count) => sum + count, 1);
  const checks = need(arrays, "words.checks", ["U32"], [total]);
  if (crc32(...head) !== checks[0]) {
    throw new Error("damaged word table: numbers and pieces differ from their checksum");
  }
  let at = 1;
  for (const [name, part] of Object.entries(parts)) {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    for (let begin = 0; begin < bytes.length; begin += PAGE) {
      if (crc32(bytes.subarray(begin, begin + PAGE)) !== checks[at++]) {
        throw new Error(`damaged word table: ${name} differs from its checksum at byte ${begin}`);
      }
    }
  }
}
