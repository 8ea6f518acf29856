// Reads {"html", "url"} lines, writes {"product", "problem"} lines: the extension's extractor for benchmarks/fuzz.py.
import { createInterface } from "node:readline";
import { extractProduct } from "../extension/extract/combine.js";
import { problemIn } from "../extension/core/json-schema.js";
import { productSchema } from "../extension/generated/contracts.js";
import { documentOf } from "../tests/extension/vectors.js";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { html, url } = JSON.parse(line);
  let answer;
  try {
    const product = JSON.parse(JSON.stringify(await extractProduct(documentOf(html, url), url)));
    const problem = problemIn(productSchema, productSchema, product);
    answer = { product, problem: problem === null ? null : `schema: ${String(problem).slice(0, 200)}` };
  } catch (error) {
    answer = { product: null, problem: `${error.name}: ${String(error.message).slice(0, 200)}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
