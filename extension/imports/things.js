// @ts-check
// What the rows of a table say about things: by the names of the columns, or by what stands in them.
import { addressTitle } from "../shelf/address.js";
import { collapse } from "../values/item-text.js";
import { MAX_ROWS, MAX_TITLE } from "../values/imports.js";
import { cut } from "../values/text.js";
import { delimiterOf, parseTable } from "./table.js";

/**
 * @typedef {import("../generated/contract-types.js").ImportRow} ImportRow
 * @typedef {import("../core/profile.js").Kind} Kind
 * @typedef {"title" | "url" | "brand" | "category" | "date"} Column
 */

/** No text holds it: a line is one cell. */
const NO_DELIMITER = "\0";
/** What a column's name says, in the languages of the extension. @type {Record<Column, string[]>} */
const COLUMN_NAMES = {
  title: [
    ..."title,name,product,product name,item,item name,titel,produkt,produktname,artikel,bezeichnung,titre,nom".split(
      ",",
    ),
    ..."produit,article,título,titulo,nombre,producto,artículo,tytuł,nazwa,العنوان,الاسم,المنتج".split(","),
  ],
  url: "url,link,address,product url,product link,href,adresse,lien,enlace,dirección,adres,odnośnik,الرابط".split(","),
  brand: "brand,marke,marque,marca,marka,العلامة التجارية".split(","),
  category: "category,type,kategorie,catégorie,categoría,kategoria,الفئة".split(","),
  date: "date,added,date added,time,datum,hinzugefügt,fecha,data,التاريخ".split(","),
};
const ADDRESS = /^https?:\/\/\S+$/i;
/** A date as ISO 8601 has it; other ways to write one mean another day in another country. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$/;

/** @param {string[]} cells @returns {(Column | null)[] | null} what each column holds, null where the row names no column */
function columnsNamed(cells) {
  const names = cells.map((cell) => collapse(cell).toLowerCase());
  const kinds = /** @type {[Column, string[]][]} */ (Object.entries(COLUMN_NAMES));
  const columns = names.map((name) => kinds.find(([, words]) => words.includes(name))?.[0] ?? null);
  return columns.includes("title") || columns.includes("url") ? columns : null;
}

/** @param {string[]} cells @param {(Column | null)[] | null} columns @returns {Partial<Record<Column, string>>} */
function valuesOf(cells, columns) {
  const texts = cells.map(collapse);
  if (!columns) {
    // Without names, what is no address describes the thing.
    const url = texts.find((text) => ADDRESS.test(text));
    return { url, title: collapse(texts.filter((text) => !ADDRESS.test(text)).join(" ")) };
  }
  /** @type {Partial<Record<Column, string>>} */
  const values = {};
  for (const [i, column] of columns.entries()) if (column && texts[i]) values[column] ??= texts[i];
  if (values.title && ADDRESS.test(values.title)) {
    values.url ??= values.title;
    delete values.title;
  }
  return values;
}

/** @param {Partial<Record<Column, string>>} values @param {Kind} kind @returns {ImportRow} */
function rowOf({ title, url, brand, category, date }, kind) {
  const isAddress = url !== undefined && URL.canParse(url);
  // The address is never asked: what it says by itself is the title.
  const said = title || (isAddress && addressTitle(url)) || "";
  return {
    kind,
    title: cut(said, MAX_TITLE).trimEnd(),
    ...(url && { url }),
    ...(brand && { brand }),
    ...(category && { categoryPath: category.split(/\s*[>/]\s*/).filter(Boolean) }),
    ...(date && DATE.test(date) && { time: date }),
  };
}

/**
 * Return the things that a table lists. A header is optional: `title`, `url`, `brand`, `category` and `date` are known in six languages.
 * @param {string} text @param {Kind} kind of interaction with them
 * @returns {{rows: ImportRow[], numLeftOut: number}} at most MAX_ROWS, and how many more there are
 */
export function thingsIn(text, kind) {
  const delimiter = delimiterOf(text);
  const table = parseTable(text, delimiter ?? NO_DELIMITER);
  const columns = table.length > 0 ? columnsNamed(table[0]) : null;
  const body = columns ? table.slice(1) : table;
  const rows = body.slice(0, MAX_ROWS).map((cells) => rowOf(valuesOf(cells, columns), kind));
  return { rows, numLeftOut: body.length - rows.length };
}
