// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRobots } from "../../../extension/shelf/robots.js";
import { vectors } from "../vectors.js";

const { origin, cases } = vectors("robots.json");

for (const { name, text, allows, crawlDelayS, sitemaps } of cases) {
  test(`shared vector: ${name}`, () => {
    const robots = parseRobots(text, origin);
    for (const { path, isAllowed } of allows) assert.equal(robots.allows(origin + path), isAllowed, path);
    assert.equal(robots.crawlDelayS, crawlDelayS);
    assert.deepEqual(robots.sitemaps, sitemaps);
  });
}

test("only the first 500 kB count, to the last whole line", () => {
  const rules = `User-agent: *\nDisallow: /a\n${"# x\n".repeat(127_993)}Disallow: /late\n`;
  const robots = parseRobots(rules, origin);
  assert.equal(robots.allows(`${origin}/a`), false);
  assert.equal(robots.allows(`${origin}/late`), true);
});

test("a pattern of many stars is matched without trying every way", () => {
  const robots = parseRobots(`User-agent: *\nDisallow: /${"*a".repeat(500)}b$\n`, origin);
  assert.equal(robots.allows(`${origin}/${"a".repeat(2000)}`), true);
});
