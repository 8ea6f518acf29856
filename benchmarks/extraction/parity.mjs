// Reads {"html", "url"} lines and writes one Product a line: the extension's extractor on a parsed copy of each page, as
// benchmarks/extraction/parity.py asks for it. Like the extension's own offscreen page, it runs no script and has no layout.
import { createInterface } from "node:readline";
import { JSDOM } from "jsdom";
import { extractProduct } from "../../extension/extract/extract.js";

const parser = new new JSDOM("").window.DOMParser();
globalThis.DOMParser = class {
  parseFromString(source, type) {
    return parser.parseFromString(source, type);
  }
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { html, url } = JSON.parse(line);
  const product = await extractProduct(parser.parseFromString(html, "text/html"), url);
  process.stdout.write(`${JSON.stringify(product)}\n`);
}
