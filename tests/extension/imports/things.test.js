// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnFile, readExport } from "../../../extension/imports/own-file.js";
import { thingsIn } from "../../../extension/imports/things.js";
import { MAX_ROWS } from "../../../extension/values/imports.js";

/** @param {string} text @returns {object[]} the rows without their kind */
const rowsOf = (text) => thingsIn(text, "wishlist").rows.map(({ kind, ...row }) => row);

test("columns are known by their names in six languages", () => {
  const expected = [{ title: "Navy mug", url: "https://a.example/p/1", brand: "Ufer", time: "2026-02-03" }];
  for (const header of [
    "Title,URL,Brand,Date added",
    "Produktname,Adresse,Marke,Datum",
    "Produit,Lien,Marque,Date",
    "Producto,Enlace,Marca,Fecha",
    "Nazwa,Odnośnik,Marka,Data",
    "المنتج,الرابط,العلامة التجارية,التاريخ",
  ])
    assert.deepEqual(rowsOf(`${header}\nNavy mug,https://a.example/p/1,Ufer,2026-02-03\n`), expected, header);
});

test("columns of other names are left out, and their order does not matter", () => {
  const text = "Price;Link;Notes;Title;Category\n5.00;https://a.example/1;gift;Mug;Home > Mugs\n;;;Rug;\n";
  assert.deepEqual(rowsOf(text), [
    { title: "Mug", url: "https://a.example/1", categoryPath: ["Home", "Mugs"] },
    { title: "Rug" },
  ]);
});

test("without a header an address is the address, and the rest is the title", () => {
  assert.deepEqual(rowsOf("Navy mug,https://a.example/1\nOak bowl,https://a.example/2\n"), [
    { title: "Navy mug", url: "https://a.example/1" },
    { title: "Oak bowl", url: "https://a.example/2" },
  ]);
  assert.deepEqual(rowsOf("Navy mug\nOak bowl, large\n"), [{ title: "Navy mug" }, { title: "Oak bowl, large" }]);
});

test("of links alone the words of the address are the title", () => {
  assert.deepEqual(rowsOf("https://a.example/p/40007-iben-nylon-daypack.html\nhttps://a.example/p/12\n"), [
    { title: "Iben nylon daypack", url: "https://a.example/p/40007-iben-nylon-daypack.html" },
    { title: "", url: "https://a.example/p/12" },
  ]);
  assert.deepEqual(rowsOf("Name\nhttps://a.example/navy-rope-mug\n"), [
    { title: "Navy rope mug", url: "https://a.example/navy-rope-mug" },
  ]);
});

test("a title that is longer than a product's can be is cut, and not refused", () => {
  const [{ title }] = thingsIn(`title\n${"sea mug ".repeat(400_000)}\n`, "wishlist").rows;
  assert.ok(title.length <= 500 && title.startsWith("sea mug sea mug") && title === title.trim());
});

test("a date that means another day in another country is not read", () => {
  const text = "title,date\nMug,03/02/2026\nRug,2026-02-03 10:20\nBowl,\n";
  assert.deepEqual(rowsOf(text), [{ title: "Mug" }, { title: "Rug", time: "2026-02-03 10:20" }, { title: "Bowl" }]);
});

test("more rows than are read are counted", () => {
  const { rows, numLeftOut } = thingsIn(`title\n${"Mug\n".repeat(MAX_ROWS + 3)}`, "purchase");
  assert.deepEqual([rows.length, numLeftOut, rows[0].kind], [MAX_ROWS, 3, "purchase"]);
});

test("a table without rows has no things", () => {
  assert.deepEqual(thingsIn("", "view"), { rows: [], numLeftOut: 0 });
  assert.deepEqual(rowsOf("title,url\n"), []);
});

const INTERACTION = {
  id: "ab",
  kind: "cart",
  time: "2026-02-03T10:20:30.000Z",
  weight: 2,
  space: "s",
  embedding: "AACAPw==",
  product: { shop: "a.example", itemId: "cd", url: "https://a.example/mug", title: "Mug", brand: "Ufer" },
};
const exported = (/** @type {object} */ changes = {}) =>
  JSON.stringify({
    format: 1,
    exportedAt: "2026-03-01",
    settings: { serverUrl: "x" },
    interactions: [INTERACTION],
    ...changes,
  });

test("an export gives its interactions, and nothing else of it", () => {
  assert.ok(isOwnFile(exported()) && !isOwnFile("title,url"));
  const { id, product, ...rest } = INTERACTION;
  const { shop, itemId, ...kept } = product;
  assert.deepEqual(readExport(exported()), { rows: [{ ...rest, ...kept }], saved: [] });
  const card = { url: "https://a.example/mug", title: "Mug", price: { amount: "1.00" } };
  const saved = { id: "ef", savedAt: INTERACTION.time, shop: "a.example", card: { ...card, itemId: "cd" } };
  const read = readExport(exported({ saved: [saved] }));
  assert.deepEqual(read.saved, [{ savedAt: INTERACTION.time, card: { ...card, itemId: "cd" } }]);
});

for (const [what, text] of /** @type {const} */ ([
  ["of another format", exported({ format: 2 })],
  ["without interactions", exported({ interactions: undefined })],
  ["with a kind that there is not", exported({ interactions: [{ ...INTERACTION, kind: "look" }] })],
  ["with a field that is not known", exported({ interactions: [{ ...INTERACTION, evil: 1 }] })],
  ["with a time that is none", exported({ interactions: [{ ...INTERACTION, time: "yesterday" }] })],
  ["with a saved thing without an address", exported({ saved: [{ card: { title: "Mug" } }] })],
  ["that ends in the middle", exported().slice(0, 80)],
]))
  test(`an export ${what} is refused with one sentence`, () => {
    assert.throws(() => readExport(text), { code: "invalid_export", message: /Export it again\.$/ });
  });
