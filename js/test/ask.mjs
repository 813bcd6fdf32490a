// Asks vocabularies what a JSON file says, and prints the answers as JSON: for tests in Python.
//
// {"cases": [{"file": "path", "questions": [["mostSimilar", "king", {"k": 3}], ...]}, ...]}
// A number list in {"vector": [...]} becomes a Float64Array.

import { readFileSync } from "node:fs";
import { open } from "../index.js";

const revived = (key, value) =>
  Array.isArray(value?.vector) ? Float64Array.from(value.vector) : value;
const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);

function attempt(action) {
  try {
    return { value: plain(action()) };
  } catch (error) {
    return { error: error.message };
  }
}

function answers({ file, questions }) {
  let vocabulary;
  const opened = attempt(() => {
    vocabulary = open(readFileSync(file));
  });
  if (opened.error !== undefined) return opened;
  return questions.map(([name, ...given]) =>
    attempt(() =>
      typeof vocabulary[name] === "function" ? vocabulary[name](...given) : vocabulary[name],
    ),
  );
}

const { cases } = JSON.parse(readFileSync(process.argv[2], "utf8"), revived);
process.stdout.write(JSON.stringify(cases.map(answers)));
