// What was asked for: words, rows and vectors, to add and to subtract.

export const isKey = (key) => typeof key === "string" || Number.isInteger(key);

/** Return keys and vectors with their weights: what is positive, then what is negative. */
export function termsOf(query) {
  const isSum =
    typeof query === "object" && query !== null && ("positive" in query || "negative" in query);
  const { positive, negative } = isSum ? query : { positive: query };
  return [
    ...asList(positive).map((key) => ({ key, weight: 1 })),
    ...asList(negative).map((key) => ({ key, weight: -1 })),
  ];
}

/** Return one key or vector as a list; a list of such as it is. */
function asList(value) {
  const items = value === undefined ? [] : Array.isArray(value) ? value : [value];
  for (const item of items) {
    if (!isKey(item) && !ArrayBuffer.isView(item)) {
      throw new TypeError(`expected a word, a row or a typed array, got ${JSON.stringify(item)}`);
    }
  }
  return items;
}
