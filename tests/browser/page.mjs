// The page of `iiq explore` in Chromium, as a person uses it: told by a JSON file what Python answers.
//
// node page.mjs SPEC.json, {page, questions: [{line, scoring, answers: [[word, score], ...]}],
// typed, words, screenshots}; prints what was checked and the times as JSON.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "build/browser/"));
const { chromium } = require("playwright-core");
const spec = JSON.parse(readFileSync(process.argv[2], "utf8"));
const address = pathToFileURL(spec.page).href;
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const LOOKS = {
  desktop: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};
/** Open the page in a browser of its own; whatever goes wrong in it is an error here. */
async function withPage(options, action, line = "") {
  const folder = mkdtempSync(join(tmpdir(), "iiq-browser-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    ...options,
  });
  const wrong = [];
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
    page.on("request", (request) => {
      if (!request.url().startsWith(address)) wrong.push(`request: ${request.url()}`);
    });
    await page.goto(address + (line && `#${encodeURIComponent(line)}`));
    await page.waitForSelector("html[data-ready]", { timeout: 60_000 });
    const result = await action(page);
    assert.deepEqual(wrong, []);
    return result;
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Wait until the pictures have followed. */
const calm = (page) => page.waitForTimeout(150);

const rows = (page) =>
  page.$$eval("#rows tr", (all) =>
    all.map((row) => [
      decodeURIComponent(row.querySelector("a").hash.slice(1)),
      Number(row.children[2].title),
    ]),
  );

// -- what is answered -----------------------------------------------------------------------------

await withPage({}, async (page) => {
  for (const { line, scoring, typed, answers } of spec.questions) {
    await page.check(`[name=scoring][value=${scoring}]`);
    if (typed) {
      await page.locator("body").press("/");
      await page.keyboard.type(line);
    } else {
      await page.evaluate((one) => (location.hash = encodeURIComponent(one)), line);
      await calm(page);
    }
    assert.deepEqual(await rows(page), answers, `${line} (${scoring})`);
  }
});
console.error(`${spec.questions.length} answers are Python's`);

// -- words are never markup, and never wider than the screen --------------------------------------

await withPage(LOOKS.phone, async (page) => {
  for (const word of spec.words) {
    await page.evaluate((one) => (location.hash = encodeURIComponent(one)), word);
    await calm(page);
    assert.equal(await page.locator("main script, main img").count(), 0);
    assert.ok((await rows(page)).length > 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, word);
  }
  const told = await page.locator("#map-note").textContent();
  assert.match(told, /nearest words/);
});
console.error(`${spec.words.length} awkward words are text`);

// -- keys, and what a screen reader is told -------------------------------------------------------

await withPage({}, async (page) => {
  const query = page.locator("#query");
  await page.locator("body").press("/");
  assert.ok(await query.evaluate((field) => field === document.activeElement));
  await page.keyboard.type(spec.typed.beginning);
  assert.equal(await query.getAttribute("aria-expanded"), "true");
  await page.keyboard.press("ArrowDown");
  assert.equal(await query.getAttribute("aria-activedescendant"), "option-0");
  const offered = await page.locator("#option-0").textContent();
  assert.ok(offered.startsWith(spec.typed.beginning));
  await page.keyboard.press("Enter");
  assert.equal(await query.inputValue(), offered);
  assert.equal(await query.getAttribute("aria-expanded"), "false");
  assert.equal(await page.evaluate(() => decodeURIComponent(location.hash.slice(1))), offered);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const second = (await rows(page))[1][0];
  assert.equal(await page.evaluate(() => document.activeElement.textContent), second);
  await page.keyboard.press("Enter");
  await calm(page);
  assert.equal(await query.inputValue(), second);
  await page.goBack();
  await calm(page);
  assert.equal(await query.inputValue(), offered);
  await page.waitForTimeout(900);
  assert.match(await page.locator("[role=status]").textContent(), new RegExp(`^Nearest to ${offered}: `));
  await query.fill("nosuchwordatall");
  assert.match(await page.locator("#said").textContent(), /is not among these words/);
  const tree = await page.locator("body").ariaSnapshot();
  for (const part of [
    'heading "Nearest words"', 'combobox "A word, or a sum of words"', "columnheader", "status",
    'radio "decoded vectors"', 'img "Map of', 'img "Codes of the nearest', 'button "Save the vocabulary"',
  ]) {
    assert.ok(tree.includes(part), `${part} in ${tree}`);
  }
});
console.error("keys and roles are there");

// -- looks ----------------------------------------------------------------------------------------

for (const [name, options] of Object.entries(LOOKS)) {
  await withPage(
    options,
    async (page) => {
      const size = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.equal(size[0], size[1], `${name} is wider than the screen`);
      if (options.hasTouch) {
        const second = (await rows(page))[1][0];
        await page.locator("#rows a").nth(1).tap();
        await calm(page);
        assert.equal(await page.locator("#query").inputValue(), second);
        await page.goBack();
        await calm(page);
      }
      await calm(page);
      if (spec.screenshots) await page.screenshot({ path: join(spec.screenshots, `${name}.png`), fullPage: true });
    },
    spec.shown,
  );
}
console.error("fits 1280 and 360 pixels");

// -- times ----------------------------------------------------------------------------------------

/**
 * Type words letter by letter; milliseconds of a letter: the search alone, with the table, until it
 * is on the screen; the CPU time of that; the pictures that follow.
 */
async function times(page, rate) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("Emulation.setCPUThrottlingRate", { rate });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
  const found = [];
  for (const word of spec.typed.words) {
    const before = await spent();
    const one = await page.evaluate(async (line) => {
      const field = document.getElementById("query");
      field.value = line;
      const begun = performance.now();
      field.dispatchEvent(new Event("input"));
      const handled = performance.now() - begun;
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return { search: Number(document.documentElement.dataset.took), handled, shown: performance.now() - begun };
    }, word);
    const cpu = (await spent()) - before;
    await page.waitForTimeout(60 + 40 * rate);
    const pictures = Number(await page.evaluate(() => document.documentElement.dataset.drawn));
    found.push({ ...one, cpu, pictures });
  }
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const summary = {};
  for (const name of Object.keys(found[0])) {
    const sorted = found.map((one) => one[name]).sort((a, b) => a - b);
    const at = (share) => Math.round(10 * sorted[Math.floor(share * (sorted.length - 1))]) / 10;
    summary[name] = { least: at(0), median: at(0.5), p90: at(0.9) };
  }
  return summary;
}

const told = await withPage({}, async (page) => ({
  opened: await page.locator("#facts").textContent(),
  "1x": await times(page, 1),
  "4x": await times(page, 4),
  "1x again": await times(page, 1),
}));
console.log(JSON.stringify(told, null, 2));
