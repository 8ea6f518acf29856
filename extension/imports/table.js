// @ts-check
// Reader of tables in text: RFC 4180 with a comma, a semicolon or a tab between the cells.
import { CarryoverError } from "../values/errors.js";

const DELIMITERS = ["\t", ";", ","];
/** From so many rows the delimiter is known. */
const NUM_PROBED = 20;

/**
 * Return the cells of a table. A cell in quotes may hold delimiters, line ends, and quotes written twice.
 * @param {string} text @param {string} delimiter @param {number} [most] rows
 * @returns {string[][]} without rows that are empty
 * @throws {CarryoverError} invalid_table, where a quote is not closed
 */
export function parseTable(text, delimiter, most = Infinity) {
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  let at = 0;
  const endRow = () => {
    if (row.some((cell) => cell.trim() !== "")) rows.push(row);
    row = [];
  };
  while (at < text.length && rows.length < most) {
    let cell = "";
    if (text[at] === '"') {
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end === -1) {
          const line = text.slice(0, at).split("\n").length;
          throw new CarryoverError(
            "invalid_table",
            `Line ${line}: a quote is opened and never closed. Close it, and try again.`,
          );
        }
        cell += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
    }
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
    row.push(cell + text.slice(start, at));
    if (text[at] === delimiter) {
      at += 1;
      if (at === text.length) row.push("");
      continue;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    endRow();
  }
  endRow();
  return rows;
}

/**
 * Return what stands between the cells of a table: the delimiter by which most of the first rows have one number of cells, two or more.
 * @param {string} text @returns {string | null} null where each line is one cell
 */
export function delimiterOf(text) {
  const counted = DELIMITERS.map((delimiter) => {
    const widths = parseTable(text, delimiter, NUM_PROBED).map(({ length }) => length);
    const same = widths.filter((width) => width === widths[0] && width > 1).length;
    return { delimiter, share: widths.length > 0 ? same / widths.length : 0 };
  });
  const best = counted.reduce((most, one) => (one.share > most.share ? one : most));
  return best.share > 0.5 ? best.delimiter : null;
}
