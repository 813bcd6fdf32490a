/** A word, or the number of its row. */
export type Key = string | number;

/** A word, a row, or a vector of as many numbers as the vectors that were compressed. */
export type Item = Key | Float32Array | Float64Array;

/** What to look for: one, several to add, or what to add and what to subtract. */
export type Query = Item | Item[] | { positive?: Item | Item[]; negative?: Item | Item[] };

export interface Neighbour {
  word: string;
  row: number;
  /** The cosine of decoded vectors; of bits 1 - 2 h / nBits, h the bits that differ. */
  score: number;
}

export interface Differing {
  word: string;
  row: number;
  /** The bits of the two codes that differ. */
  distance: number;
}

export interface Options {
  /** How many words; 10. */
  k?: number;
  /** Compare decoded vectors (the default), or the codes' bits. */
  scoring?: "decoded" | "hamming";
  /** Words and rows to leave out, beside those of the query; unknown ones are ignored. */
  exclude?: Key[];
  /** Only the first so many words: Python's restrict_vocab. */
  first?: number;
}

/** Words with codes. A key that is missing is a RangeError, but for `has` and `find`. */
export class Vocabulary {
  private constructor();
  /** Words. */
  readonly size: number;
  /** Bits of a code. */
  readonly nBits: number;
  /** Numbers in a vector. */
  readonly dim: number;
  /** The encoder's name: "iiq", "itq", "lsh", "sign", "nlb", or "none". */
  readonly method: string;
  /** Of the file's format: 1 or 2. */
  readonly version: number;
  /** The texts in the file's header. */
  readonly metadata: Record<string, string>;

  has(key: Key): boolean;
  /** The row of a word, -1 where it is missing. */
  find(key: Key): number;
  wordAt(row: number): string;
  /** The first k words that begin so, by row: usually the most frequent first. */
  complete(beginning: string, k?: number): string[];

  /** The decoded vector of a word. */
  vector(key: Key): Float32Array;
  /** The bits of a word's code, 0 and 1; of a sum of words, the signs of the sum of their codes. */
  bits(query: Query): Uint8Array;
  /** The cosine of two words' decoded vectors, rounded to float32. */
  similarity(one: Key, two: Key): number;

  /** Nearest words, best first; of equal scores the lower row first. */
  mostSimilar(query: Query, options?: Options): Neighbour[];
  /** Words whose codes differ in the fewest bits; of equals the lower row first. */
  nearestByBits(query: Query, k?: number): Differing[];
  /** Words whose codes differ in the most bits; of equals the higher row first. */
  furthestByBits(query: Query, k?: number): Differing[];
}

/**
 * Open the bytes of a file that iiq saved.
 *
 * @throws Error if they are damaged, foreign, or of a newer format.
 */
export function open(buffer: ArrayBuffer | SharedArrayBuffer | Uint8Array): Vocabulary;
