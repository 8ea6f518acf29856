// What the extension's own filter decides on titles, and how fast. node decide.mjs < titles.json > decisions.json
import { readFileSync } from "node:fs";
import { sensitiveCategory } from "../../extension/core/sensitive-products.js";

const productOf = (title) => ({ shop: "shop.example", url: "https://shop.example/p/1", title });
const sets = JSON.parse(readFileSync(0, "utf8"));

const start = performance.now();
sensitiveCategory(productOf("Mug"));
const buildMs = performance.now() - start;

const times = [];
const decisions = sets.map((titles) =>
  titles.map((title) => {
    const before = performance.now();
    const category = sensitiveCategory(productOf(title));
    times.push(performance.now() - before);
    return category;
  }),
);
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))];
console.log(JSON.stringify({ buildMs, medianMs: at(0.5), p99Ms: at(0.99), decisions }));
