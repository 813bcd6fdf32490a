// iiq: word vectors as binary codes, read from the file that the Python library writes.
export { open, Vocabulary } from "./src/vocabulary.js";
