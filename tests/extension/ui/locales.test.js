// @ts-check
// The texts of all languages: none is missing, unused or of another shape, and everything that is shown can be translated.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { textsIn } from "../fakes/page.js";
import { usesIn, usesInPage } from "./text-uses.js";

const extension = fileURLToPath(new URL("../../../extension/", import.meta.url));
const LANGUAGES = ["ar", "de", "en", "es", "fr", "pl"];
const CATEGORY = /_(?:zero|one|two|few|many|other)$/;
/** What texts.js, the manifest and the translators' own files need. */
const OF_ITSELF = ["language", "direction"];
/** Codes that only a programmer's mistake or an attack brings: their text is the general one. */
const UNEXPECTED =
  /^(?:invalid_message|unknown_message|forbidden_sender|invalid_mode|too_many_rows|invalid_item|invalid_url|no_bundle|too_large|image_unreadable|not_own_server)$/;
/** Codes that the panel turns into a state of its own. */
const OF_A_STATE = ["no_shop", "page_not_visible"];

/** @param {string} ending @returns {string[]} files of ui/ */
const filesOf = (ending) =>
  readdirSync(path.join(extension, "ui"), { recursive: true })
    .map((name) => path.join(extension, "ui", String(name)))
    .filter((name) => name.endsWith(ending));
const scripts = filesOf(".js").map((file) => /** @type {const} */ ([file, usesIn(readFileSync(file, "utf8"))]));
const documents = filesOf(".html").map((file) => /** @type {const} */ ([file, usesInPage(readFileSync(file, "utf8"))]));
const uses = [...scripts, ...documents].map(([, found]) => found);
const manifest = readFileSync(path.join(extension, "manifest.json"), "utf8");
const ofManifest = [...manifest.matchAll(/__MSG_(\w+)__/g)].map(([, key]) => key);
const english = textsIn("en");

/** @param {string[]} keys @returns {Set<string>} without plural categories */
const bases = (keys) => new Set(keys.map((key) => key.replace(CATEGORY, "")));

/** @param {import("../fakes/page.js").Texts[string]} text @returns {string[]} the placeholders that are used */
const placesIn = ({ message }) => [...new Set([...message.matchAll(/\$(\w+)\$/g)].map(([, name]) => name))].sort();

test("there are texts in six languages", () => {
  assert.deepEqual(readdirSync(path.join(extension, "_locales")).sort(), LANGUAGES);
});

for (const language of LANGUAGES) {
  const texts = textsIn(language);
  const keys = Object.keys(texts);

  test(`${language} has the texts of English, and no others`, () => {
    assert.deepEqual([...bases(keys)].sort(), [...bases(Object.keys(english))].sort());
    assert.deepEqual([texts.language.message, texts.direction.message], [language, language === "ar" ? "rtl" : "ltr"]);
  });

  test(`${language} names a button for who cannot see its row by what it says, so that it can be spoken to`, () => {
    for (const [said, label] of [
      ["stop", "stopFor"],
      ["remove", "removeFor"],
      ["removeAll", "removeAllOf"],
    ])
      assert.ok(texts[label].message.toLowerCase().includes(texts[said].message.toLowerCase()), label);
  });

  test(`${language} has each plural form of its grammar, and no others`, () => {
    const expected = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const base of bases(keys.filter((key) => CATEGORY.test(key)))) {
      const found = keys.filter((key) => CATEGORY.test(key) && key.replace(CATEGORY, "") === base);
      assert.deepEqual(found.sort(), expected.map((category) => `${base}_${category}`).sort());
    }
  });

  test(`${language} has the placeholders of English, each declared and used`, () => {
    for (const [key, text] of Object.entries(texts)) {
      const same = english[key] ?? english[`${key.replace(CATEGORY, "")}_other`];
      assert.deepEqual(placesIn(text), placesIn(same), key);
      assert.deepEqual(Object.keys(text.placeholders ?? {}).sort(), placesIn(text), key);
      for (const [name, { content }] of Object.entries(text.placeholders ?? {}))
        assert.equal(content, same.placeholders?.[name].content, `${key}: ${name}`);
    }
  });

  test(`${language} has no text that is empty, unfinished or left in English`, () => {
    for (const [key, { message }] of Object.entries(texts)) {
      assert.match(message, /\S/, key);
      assert.doesNotMatch(message, /TODO|FIXME|\s$|^\s|["']{2}|\.\.\./, key);
      const isSentence = message.split(" ").length > 3;
      if (language !== "en" && isSentence) assert.notEqual(message, english[key]?.message, key);
    }
  });
}

test("Arabic texts are in Arabic letters", () => {
  for (const [key, { message }] of Object.entries(textsIn("ar"))) {
    if (!["language", "direction", "name"].includes(key)) assert.match(message, /\p{Script=Arabic}/u, key);
  }
});

for (const [language, other] of /** @type {[string, RegExp][]} */ ([
  // At the beginning of a sentence "Sie" may be "they".
  ["de", /[\p{L},] Sie\b|\bIh(?:r\p{L}*|nen)\b/u],
  ["es", /\b(?:usted|espere|restaure|\p{L}+[éí]\p{Ll}+elo)\b/iu],
]))
  test(`${language} speaks to the shopper in one way`, () => {
    const found = Object.entries(textsIn(language)).filter(([, { message }]) => other.test(message));
    assert.deepEqual(
      found.map(([key]) => key),
      [],
    );
  });

test("every text that is asked for exists", () => {
  const missing = uses.flatMap(({ texts, plurals }) => [
    ...texts.filter((key) => !english[key]),
    ...plurals.filter((key) => !english[`${key}_other`]),
  ]);
  assert.deepEqual([...missing, ...ofManifest.filter((key) => !english[key])], []);
  const patterns = uses.flatMap((one) => one.patterns);
  for (const pattern of patterns)
    assert.ok(
      Object.keys(english).some((key) => pattern.test(key)),
      String(pattern),
    );
});

test("every text is asked for somewhere", () => {
  const named = new Set([
    ...uses.flatMap(({ texts, plurals, literals }) => [...texts, ...plurals, ...literals]),
    ...ofManifest,
    ...OF_ITSELF,
  ]);
  const patterns = uses.flatMap((one) => one.patterns);
  const unused = Object.keys(english).filter(
    (key) => !named.has(key) && !named.has(key.replace(CATEGORY, "")) && !patterns.some((pattern) => pattern.test(key)),
  );
  assert.deepEqual(unused, []);
});

for (const [file, { bare }] of [...scripts, ...documents])
  test(`${path.basename(file)} shows no words of its own`, () => assert.deepEqual(bare, []));

for (const [name, source, words] of /** @type {[string, string, string[]][]} */ ([
  ["a child", 'element("p", {}, "Buy now");', ["Buy now"]],
  ["a child that depends", 'element("p", {}, isOn && "On", isOn ? "Yes" : t("no"));', ["On", "Yes"]],
  ["a part of a template", "element('p', {}, `${count} items`);", [" items"]],
  ["a label", 'element("button", { "aria-label": "Close", type: "button" }, "×");', ["Close"]],
  ["a content", 'byId("x").textContent = "Saved";', ["Saved"]],
  ["an attribute", 'node.setAttribute("title", "Help"); node.setAttribute("role", "list");', ["Help"]],
  ["an appended text", 'node.append("Total: ", number);', ["Total: "]],
])) {
  test(`${name} that cannot be translated is found`, () => assert.deepEqual(usesIn(source).bare, words));
}

test("words in a page that cannot be translated are found", () => {
  const page =
    '<title>Shop</title><p data-text="name">?</p><img alt="A mug"><button title="" aria-label="Close">×</button>';
  assert.deepEqual(usesInPage(page).bare, ["A mug", "Close", "Shop"]);
  assert.deepEqual(usesInPage(page).texts, ["name"]);
});

test("keys are found where they are asked for", () => {
  const found = usesIn('t("a"); t(x ? "b" : `c_${d}`); plural("e", 2); const f = { text: "g" }; t(f.text);');
  assert.deepEqual([found.texts, found.plurals], [["a", "b"], ["e"]]);
  assert.ok(found.patterns[0].test("c_robots") && !found.patterns[0].test("c_") && found.literals.includes("g"));
});

test("every error that a shopper can meet has a text", () => {
  const sources = readdirSync(extension, { recursive: true })
    .map(String)
    .filter((name) => /^(?!vendor|build|generated|bundle).*\.js$/.test(name));
  const codes = sources.flatMap((name) =>
    [...readFileSync(path.join(extension, name), "utf8").matchAll(/Error\(\s*"([a-z]+_[a-z_]+)"/g)].map(
      ([, code]) => code,
    ),
  );
  assert.ok(codes.length > 20);
  const families = /^(?:bundle|pack|server)_/;
  const without = codes.filter(
    (code) => !english[`error_${code}`] && !families.test(code) && !UNEXPECTED.test(code) && !OF_A_STATE.includes(code),
  );
  assert.deepEqual(without, []);
});

test("styles name no left and no right, so that they turn with the direction", () => {
  for (const file of filesOf(".css")) {
    const physical = readFileSync(file, "utf8").match(
      /[^\n;{]*(?:\b(?:margin|padding|border|inset)?-?(?:left|right)\b)[^;}]*/g,
    );
    assert.deepEqual(physical, null, file);
  }
});
