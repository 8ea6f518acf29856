// Reads {"html", "url"} lines and writes two lines for each: {"parsed": true}, then {"product", "problem"} of the extension's
// extractor. For benchmarks/extraction/fuzz.py, which blames the extractor only for what comes after the first line.
import { createInterface } from "node:readline";
import { extractProduct } from "../../extension/extract/extract.js";
import { problemIn } from "../../extension/values/json-schema.js";
import { productSchema } from "../../extension/generated/contracts.js";
import { documentOf } from "../../tests/extension/vectors.js";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { html, url } = JSON.parse(line);
  let answer;
  const document = documentOf(html, url);
  process.stdout.write('{"parsed": true}\n');
  try {
    const product = JSON.parse(JSON.stringify(await extractProduct(document, url)));
    const problem = problemIn(productSchema, productSchema, product);
    answer = { product, problem: problem === null ? null : `schema: ${String(problem).slice(0, 200)}` };
  } catch (error) {
    answer = { product: null, problem: `${error.name}: ${String(error.message).slice(0, 200)}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
