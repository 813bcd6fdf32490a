// Words as a page shows them: never markup, every character seen, each in its own direction.

const LONGEST = 60; // letters of a word that are shown
const NAMES = { 0x20: "␠", 0x7f: "␡" };

/** Return a word, if need be its beginning, with what cannot be seen written out. */
export function shown(word) {
  const letters = Array.from(word.slice(0, 2 * LONGEST + 2));
  const start = letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : word;
  const visible = start.replace(
    /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (letter) => {
      const code = letter.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return NAMES[code] ?? `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
  return /^\s*$/.test(visible) ? visible.replace(/\s/g, "␠") || "(empty)" : visible;
}

/** Make an element with attributes and children: elements or texts, which stay texts. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Make a word that cannot turn its surroundings round. */
export function wordElement(word) {
  return element("bdi", {}, shown(word));
}

/** Make a link that asks for a word. */
export function wordLink(word) {
  return element("a", { href: hrefOf(word) }, wordElement(word));
}

export const hrefOf = (query) => `#${encodeURIComponent(query)}`;

export const count = (number) => number.toLocaleString("en");
