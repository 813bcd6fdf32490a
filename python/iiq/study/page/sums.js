// What was typed, as words to add and words to subtract; as `iiq nn` reads it.

/** Return {positive, negative}: the line itself where it is one word, else words joined by + and -. */
export function termsOf(vocabulary, line) {
  for (const whole of [line, line.trim()]) {
    if (vocabulary.has(whole)) return { positive: [whole], negative: [] };
  }
  const terms = { positive: [], negative: [] };
  let side = "positive";
  for (const token of line.split(/\s+/).filter(Boolean).flatMap((one) => parts(vocabulary, one))) {
    if (token === "+") side = "positive";
    else if (token === "-" || token === "−") side = "negative";
    else {
      terms[side].push(token);
      side = "positive";
    }
  }
  return terms;
}

/** Split king-man+woman, unless it is a word itself. */
function parts(vocabulary, token) {
  if (vocabulary.has(token)) return [token];
  const split = token.split(/([+−-])/).filter(Boolean);
  const words = split.filter((part) => !/^[+−-]$/.test(part));
  return split.length > 1 && words.every((word) => vocabulary.has(word)) ? split : [token];
}

/** Return what comes before the word that is being typed, and its beginning. */
export function lastWord(line) {
  const at = Math.max(line.lastIndexOf(" "), line.lastIndexOf("\t")) + 1;
  return { before: line.slice(0, at), beginning: line.slice(at) };
}
