// @ts-check
// What a shopper reads: in the reader's language, no command, and no server but where the shopper named one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import {
  around,
  errorText,
  knownText,
  localise,
  numberText,
  plural,
  priceText,
  t,
} from "../../../extension/ui/texts.js";
import { CarryoverError } from "../../../extension/values/errors.js";
import { createBrowser } from "../fakes/browser.js";
import { eventually, i18nOf, openPage, stateOf, textsIn } from "../fakes/page.js";

const texts = textsIn("en");
/** Shown under "Advanced", or where a server was named. */
const OF_A_SERVER = [
  "ownMode",
  "ownWord",
  "paired",
  "pairedNow",
  "pairHint",
  "pairLabel",
  "rankedWithout",
  "screensHint",
  "screensLabel",
  "serverTitle",
  "serverHint",
  "serverMine",
  "syncCodeHint",
  "syncDeleted",
  "syncHint",
  "trustedKeysLabel",
];
const OF_A_SIGNATURE = ["cannotCheckSignatures", "signedByKey"];
/** What the ledger tells of requests to a server, and errors of one: only who named a server reads them. */
const FAMILIES = /^(?:ledger(?!Hint|None|Save|Title)|error_(?:server|pairing|sync)_)/;
const ERRORS = ["error_server", "error_bundle_unsigned"];

/** Read in a locale from now on. @param {string} locale @param {string} [html] @returns {Document} */
function readIn(locale, html = "") {
  const { window } = new JSDOM(html);
  const chrome = createBrowser().context("ui/panel.html");
  chrome.i18n = i18nOf(locale);
  Object.assign(globalThis, { document: window.document, window, chrome });
  return window.document;
}

/** @param {string} text @returns {string} with ordinary spaces, and without the marks of direction */
const plain = (text) => text.replace(/[\s\u00a0\u202f]/g, " ").replace(/[\u2066-\u2069\u200e\u200f\u061c]/g, "");

test("prices and numbers are written as the reader writes them", () => {
  for (const [locale, price, number] of [
    ["en-GB", "€1,234.50", "12,345"],
    ["de-DE", "1.234,50 €", "12.345"],
    ["es-ES", "1234,50 €", "12.345"],
    ["pl-PL", "1234,50 €", "12 345"],
  ]) {
    readIn(locale);
    assert.equal(plain(priceText({ amount: "1234.5", currency: "EUR" })), plain(price), locale);
    assert.equal(plain(numberText(12345)), plain(number), locale);
  }
  assert.equal(priceText({ amount: "12.00" }), "12.00", "a price without a currency stays as it is");
});

test("numbers are written as the texts are where there are none in the browser's language", () => {
  readIn("en-GB");
  globalThis.chrome.i18n.getUILanguage = () => "nl-NL";
  assert.equal(numberText(1234), "1,234");
});

test("a count takes the form of the language's grammar", () => {
  for (const [locale, counts, forms] of /** @type {[string, number[], RegExp[]][]} */ ([
    ["en-GB", [1, 2, 1200], [/1 thing$/, /2 things$/, /1,200 things/]],
    ["pl-PL", [1, 3, 5, 22], [/1 rzecz$/, /3 rzeczy$/, /5 rzeczy$/, /22 rzeczy$/]],
    ["ar", [1, 2, 5, 11, 100], [/شيئًا واحدًا/, /شيئين/, /أشياء/, /شيئًا$/, /شيء$/]],
    ["fr-FR", [0, 1, 2], [/ne sait encore rien/i, /1 article$/, /2 articles$/]],
  ])) {
    readIn(locale);
    for (const [i, count] of counts.entries()) assert.match(plain(knownText(count)), forms[i], `${locale} ${count}`);
  }
  readIn("pl");
  assert.deepEqual(
    [1, 2, 5, 22].map((count) => plain(plural("ledgerBytes", count))),
    ["1 bajt", "2 bajty", "5 bajtów", "22 bajty"],
  );
});

test("a value keeps its own direction in a text from right to left, and there only", () => {
  readIn("ar");
  assert.equal(t("stopFor", "a.example"), "إيقاف التعلّم من \u2068a.example\u2069");
  readIn("de");
  assert.equal(t("stopFor", "a.example"), "Lernen von a.example beenden");
});

test("a value cannot end its own direction, nor turn the text around it", () => {
  readIn("ar");
  assert.equal(t("stopFor", "a\u2069\u202eb\u2066"), "إيقاف التعلّم من \u2068ab\u2069");
  readIn("en-GB");
  assert.equal(t("because", "\u202emug"), "Because it is like mug");
});

test("what stands around a value is told apart from it", () => {
  readIn("de");
  assert.deepEqual(around("because"), ["Weil es ", " ähnlich ist"]);
  readIn("ar");
  assert.deepEqual(around("like"), ["مثل ", ""]);
});

test("Latin letters of a currency keep their sign behind them in a text from right to left, and there only", () => {
  readIn("ar");
  assert.match(priceText({ amount: "205.99", currency: "USD" }), /205\.99\s*US\$\u200e$/);
  assert.doesNotMatch(priceText({ amount: "5", currency: "EUR" }), /\u200e$/, "a sign alone needs none");
  readIn("en-GB");
  assert.equal(priceText({ amount: "205.99", currency: "USD" }), "US$205.99");
});

test("a page is filled with texts, and names their language and direction", () => {
  const html =
    '<h1 data-text="options">?</h1><ul data-label="recommendations"></ul><input data-hint="save"><p data-text="unknown-key"></p>';
  const page = readIn("ar-EG", html);
  localise();
  assert.deepEqual([page.documentElement.lang, page.documentElement.dir], ["ar", "rtl"]);
  assert.equal(page.querySelector("h1")?.textContent, textsIn("ar").options.message);
  const english = readIn("en-GB", html);
  localise();
  assert.deepEqual([english.documentElement.lang, english.documentElement.dir], ["en", "ltr"]);
  assert.equal(english.querySelector("ul")?.getAttribute("aria-label"), "Recommendations");
  assert.equal(english.querySelector("input")?.placeholder, "Save");
  assert.equal(english.querySelector("p")?.textContent, "unknown-key");
});

test("an error is told by its code, by its family, or as unexpected", () => {
  readIn("en-GB");
  const told = (/** @type {string} */ code) => errorText(new CarryoverError(code, "For programmers."));
  assert.match(told("no_consent"), /^Allow Carryover at this shop first/);
  assert.match(told("bundle_altered"), /^A part of Carryover is damaged/);
  assert.match(told("server_error"), /^Your server does not answer as it should/);
  assert.match(told("rate_limited"), /^Something unexpected happened/);
  assert.equal(errorText(new TypeError("x is undefined")), told("internal"));
});

test("no text names a command or a word of programmers", () => {
  const wrong = Object.entries(texts).filter(([, { message }]) =>
    /python|npm|\bmake \w|\.py\b|\bvectors?\b|embedding|\bhash\b|onnx/i.test(message),
  );
  assert.deepEqual(wrong, []);
});

test("only texts of the option say server", () => {
  const named = Object.keys(texts).filter((key) => /server/i.test(texts[key].message) && !FAMILIES.test(key));
  assert.deepEqual(named.sort(), [...OF_A_SERVER, ...OF_A_SIGNATURE, ...ERRORS].sort());
});

for (const name of /** @type {const} */ (["popup", "panel", "options"])) {
  test(`the ${name} of a new profile says nothing of a server in sight`, async () => {
    const { document } = await openPage(name, {
      handlers: {
        "state.get": () => ({ state: stateOf() }),
        "ledger.get": () => ({ entries: [] }),
        recommend: () => ({ recommendations: { items: [], mode: "page", basis: "page_order", shop: "a.example" } }),
      },
    });
    await eventually(() => assert.notEqual(document.querySelector("#known")?.textContent, ""));
    await new Promise((resolve) => {
      setTimeout(resolve, 50); // what is shown later must not say it either
    });
    for (const folded of document.querySelectorAll("details:not([open]) > :not(summary), [hidden]")) folded.remove();
    const shown = document.body.textContent ?? "";
    assert.ok(shown.length > 100, shown);
    assert.doesNotMatch(shown, /server|127\.0\.0\.1|localhost/i);
  });
}
