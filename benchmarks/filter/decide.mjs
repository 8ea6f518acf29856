// What the extension's own filter decides on products, and how fast. node decide.mjs < products.json > decisions.json
import { readFileSync } from "node:fs";
import { sensitiveCategory } from "../../extension/core/sensitive-products.js";

const productOf = (told) => ({ shop: "shop.example", url: "https://shop.example/p/1", ...told });
const sets = JSON.parse(readFileSync(0, "utf8"));

const start = performance.now();
sensitiveCategory(productOf({ title: "Mug" }));
const buildMs = performance.now() - start;

const times = [];
const decisions = sets.map((products) =>
  products.map((told) => {
    const before = performance.now();
    const category = sensitiveCategory(productOf(told));
    times.push(performance.now() - before);
    return category;
  }),
);
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))];
console.log(JSON.stringify({ buildMs, medianMs: at(0.5), p99Ms: at(0.99), decisions }));
