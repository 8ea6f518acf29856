// @ts-check
// Reading a shop's catalogue: pace, robots.txt, what is asked again on the next day, and what a killed worker leaves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemOf, layoutOf, matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { itemsOf } from "../../../extension/shelf/items.js";
import { currentItems, decodePart } from "../../../extension/shelf/parts.js";
import { readShelf } from "../../../extension/shelf/reader.js";
import { productPage } from "../fakes/device.js";
import { ORIGIN, answer, createDisk, createShop, embedded, emptyShelf, feedPage, row } from "../fakes/shop.js";
import "../vectors.js";

const FIRST = "/products.json?limit=250&page=1";
const SECOND = "/products.json?limit=250&page=2";
const WOO = "/wp-json/wc/store/v1/products?per_page=100&page=1";
const RULE = { fields: ["title"], separator: ". ", maxChars: 64 };
const LAYOUT = layoutOf({ dim: 3 });
const never = new AbortController().signal;

/** @param {any[]} answers */
async function readAnswers(answers) {
  const read = await Promise.all(answers.map((one) => itemsOf(one, RULE)));
  const texts = read.flat().map(({ text }) => text);
  return {
    items: read.flat().map(({ card }) => card),
    counts: read.map(({ length }) => length),
    vectors: packed(await embedded(texts), LAYOUT),
    layout: LAYOUT,
  };
}

/** @param {Record<string, any>} answers */
function world(answers) {
  const shop = createShop(answers);
  return { shop, disk: createDisk(shop, readAnswers) };
}

/** @param {ReturnType<typeof createDisk>} disk @returns {string[]} titles of the items that count, sorted */
function titlesOn(disk) {
  const contents = (disk.shelf?.parts ?? []).map(({ id }) => decodePart(/** @type {any} */ (disk.kept.get(id))));
  const current = currentItems(contents).flat();
  const items = contents.flatMap((content) => content.items);
  return items
    .filter((_, i) => current[i])
    .map(({ title }) => title)
    .sort();
}

const many = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, i) => row(`sea mug ${from + i}`));

test("a feed is read page by page, one request a second, with its currency and count", async () => {
  const { shop, disk } = world({
    [FIRST]: feedPage(many(0, 250)),
    [SECOND]: feedPage(many(250, 252)),
    "/meta.json": answer('{"currency": "GBP", "published_products_count": 260}'),
  });
  const end = await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual(shop.paths, ["/robots.txt", FIRST, "/meta.json", SECOND]);
  assert.deepEqual(
    shop.requests.map(({ at }) => at - shop.requests[0].at),
    [0, 1000, 2000, 3000],
  );
  assert.deepEqual(
    [end?.status, end?.kind, end?.numItems, end?.total, end?.currency],
    ["read", "shopify", 252, 260, "GBP"],
  );
  assert.deepEqual(disk.shelf, end);
  assert.equal(titlesOn(disk).length, 252);
  const [{ items }] = end?.parts.map(({ id }) => decodePart(/** @type {any} */ (disk.kept.get(id)))) ?? [];
  assert.deepEqual(items[0].price, { amount: "5.00", currency: "GBP", amountText: "5.00" });
});

test("a feed that gives every page the same answer is read once", async () => {
  const same = feedPage(many(0, 250));
  const { shop, disk } = world({ [FIRST]: same, [SECOND]: same, [FIRST.replace("=1", "=3")]: same });
  const end = await readShelf(emptyShelf({ currency: "EUR" }), disk.around, never);
  assert.deepEqual(shop.paths, ["/robots.txt", FIRST, SECOND]);
  assert.deepEqual([end?.status, end?.numItems, end?.reason], ["read", 250, undefined]);
});

test("a shop without Shopify's feed is asked for WooCommerce's", async () => {
  const rug = { name: "night rug", permalink: `${ORIGIN}/rug`, prices: {} };
  const { shop, disk } = world({ [WOO]: answer(JSON.stringify([rug]), 200, { "x-wp-total": "1" }) });
  const end = await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual(shop.paths, ["/robots.txt", FIRST, WOO]);
  assert.deepEqual([end?.kind, end?.total, titlesOn(disk)], ["woocommerce", 1, ["night rug"]]);
});

test("what robots.txt forbids is never asked for, and its delay is kept", async () => {
  const robots = "User-agent: *\nDisallow: /products.json\nDisallow: /meta.json\nCrawl-delay: 3\n";
  const rug = { name: "night rug", permalink: `${ORIGIN}/rug`, prices: {} };
  const { shop, disk } = world({
    "/robots.txt": answer(robots),
    [FIRST]: feedPage(many(0, 1)),
    [WOO]: answer(JSON.stringify([rug])),
  });
  const end = await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual(shop.paths, ["/robots.txt", WOO]);
  assert.equal(end?.kind, "woocommerce");
  const slow = world({ "/robots.txt": answer("User-agent: *\nCrawl-delay: 3\n"), [WOO]: answer("[]") });
  await readShelf(emptyShelf(), slow.disk.around, never);
  const times = slow.shop.requests.map(({ at }) => at);
  assert.deepEqual(
    times.slice(2).map((at, i) => at - times[i + 1]),
    [3000, 3000],
  );
});

for (const [what, answers, reason, paths] of /** @type {[string, Record<string, any>, string, string[]][]} */ ([
  ["that forbids everything", { "/robots.txt": answer("User-agent: *\nDisallow: /\n") }, "robots", ["/robots.txt"]],
  [
    "whose delay is longer than a worker lives",
    { "/robots.txt": answer("User-agent: *\nCrawl-delay: 60\n") },
    "slow",
    ["/robots.txt"],
  ],
  ["whose robots.txt fails", { "/robots.txt": answer("", 500) }, "unreachable", ["/robots.txt"]],
  ["that does not answer", { "/robots.txt": null }, "unreachable", ["/robots.txt", "/robots.txt"]],
  ["that asks for patience", { "/robots.txt": answer("", 429, { "retry-after": "3600" }) }, "busy", ["/robots.txt"]],
  ["without feed and sitemap", {}, "no_feed", ["/robots.txt", FIRST, WOO, "/sitemap.xml"]],
])) {
  test(`a shop ${what} ends the reading`, async () => {
    const { shop, disk } = world(answers);
    const end = await readShelf(emptyShelf(), disk.around, never);
    assert.deepEqual([end?.status, end?.reason], ["failed", reason]);
    assert.deepEqual(shop.paths, paths);
  });
}

test("the next day asks only whether the feed has changed, and drops what is gone", async () => {
  const { shop, disk } = world({
    [FIRST]: (/** @type {string | undefined} */ etag) =>
      etag === '"v1"' ? answer("", 304) : feedPage(many(0, 250), { etag: '"v1"' }),
    [SECOND]: feedPage(many(250, 252), { etag: '"w1"' }),
    "/meta.json": answer('{"currency": "GBP"}'),
  });
  const first = await readShelf(emptyShelf(), disk.around, never);
  assert.ok(first);
  shop.requests = [];
  shop.answers[SECOND] = feedPage(many(251, 252), { etag: '"w2"' });
  const again = { ...first, status: /** @type {const} */ ("reading"), round: 2, next: "" };
  const second = await readShelf(again, disk.around, never);
  assert.deepEqual(
    shop.requests.map(({ path, etag }) => [path, etag]),
    [
      ["/robots.txt", undefined],
      [FIRST, '"v1"'],
      [SECOND, '"w1"'],
    ],
  );
  assert.deepEqual([second?.numItems, titlesOn(disk).includes("sea mug 250")], [251, false]);
  assert.equal(disk.kept.size, 2, "no part is left behind");
  // A shop that shrank to one page.
  shop.answers[FIRST] = feedPage(many(0, 3));
  const third = await readShelf({ ...second, ...again, parts: second?.parts ?? [], round: 3 }, disk.around, never);
  assert.deepEqual([third?.numItems, disk.kept.size], [3, 1]);
});

test("a reading that was interrupted continues behind what it has kept", async () => {
  const { shop, disk } = world({
    [FIRST]: feedPage(many(0, 250)),
    "/meta.json": answer('{"currency": "GBP"}'),
    [SECOND]: () => {
      throw new Error("the worker was killed");
    },
  });
  await assert.rejects(readShelf(emptyShelf(), disk.around, never), /killed/);
  assert.deepEqual([disk.shelf?.status, disk.shelf?.numItems], ["reading", 250]);
  shop.requests = [];
  shop.answers[SECOND] = feedPage(many(250, 251));
  const end = await readShelf(/** @type {any} */ (disk.shelf), disk.around, never);
  assert.deepEqual(shop.paths, ["/robots.txt", SECOND]);
  assert.deepEqual([end?.status, end?.numItems], ["read", 251]);
});

test("one click stops it: no request follows, and what was read stays", async () => {
  const stop = new AbortController();
  const { shop, disk } = world({
    [FIRST]: feedPage(many(0, 250)),
    "/meta.json": () => {
      stop.abort();
      return answer('{"currency": "GBP"}');
    },
    [SECOND]: feedPage(many(250, 251)),
  });
  const end = await readShelf(emptyShelf(), disk.around, stop.signal);
  assert.deepEqual([end?.status, end?.numItems], ["stopped", 250]);
  assert.ok(!shop.paths.includes(SECOND));
});

test("a withdrawn consent ends it and leaves nothing", async () => {
  const { shop, disk } = world({ [FIRST]: feedPage(many(0, 250)), [SECOND]: feedPage([]) });
  shop.answers["/meta.json"] = () => {
    disk.isGone = true;
    return answer('{"currency": "GBP"}');
  };
  assert.equal(await readShelf(emptyShelf(), disk.around, never), null);
  assert.ok(!shop.paths.includes(SECOND));
});

test("a device without room says so", async () => {
  const { disk } = world({ [FIRST]: feedPage(many(0, 2)), "/meta.json": answer('{"currency": "GBP"}') });
  const { keep } = disk.around;
  disk.around.keep = async (shelf, parts) => {
    if (parts?.puts?.length) throw new DOMException("full", "QuotaExceededError");
    return keep(shelf, parts);
  };
  const end = await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual([end?.status, end?.reason, end?.numItems], ["failed", "storage", 0]);
});

test("what the privacy filter refuses is not kept", async () => {
  const { disk } = world({
    [FIRST]: feedPage([row("sea mug"), row("vape pen")]),
    "/meta.json": answer('{"currency": "GBP"}'),
  });
  await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual(titlesOn(disk), ["sea mug"]);
});

/** @param {number} count @returns {string} a sitemap of products, two articles and a file */
const sitemap = (count) =>
  `<urlset>${[
    ...Array.from(
      { length: count },
      (_, i) => `/p/${40_000 + i}-sea-mug-${"abcdefghij"[i % 10]}${"klmnopqrst"[Math.floor(i / 10) % 10]}`,
    ),
    "/news/how-we-make-mugs",
    "/manual.pdf",
  ]
    .map((path) => `<url><loc>${ORIGIN}${path}</loc></url>`)
    .join("")}</urlset>`;

/** @param {number} count @returns {Record<string, any>} a shop of pages */
function pagesShop(count) {
  const answers = /** @type {Record<string, any>} */ ({
    "/sitemap.xml": answer(sitemap(count)),
    "/news/how-we-make-mugs": answer("<html><body><h1>How we make mugs</h1></body></html>"),
  });
  for (const [, path] of sitemap(count).matchAll(/<loc>https:\/\/a\.example(\/p\/[^<]+)/g))
    answers[path] = answer(productPage(`Page of ${path.slice(9)}`, ORIGIN + path));
  return answers;
}

test("a sitemap's pages are read within a budget, the others known by their addresses", async () => {
  const { shop, disk } = world(pagesShop(100));
  const end = await readShelf(emptyShelf(), disk.around, never);
  assert.deepEqual([end?.status, end?.kind, end?.total], ["read", "sitemap", 101]);
  const pages = shop.paths.filter((path) => path.startsWith("/p/") || path.startsWith("/news/"));
  assert.equal(pages.length, 60);
  assert.equal(new Set(shop.paths).size, shop.paths.length);
  const titles = titlesOn(disk);
  assert.equal(titles.length, 100);
  const numRead = pages.filter((path) => path.startsWith("/p/")).length;
  assert.equal(titles.filter((title) => title.startsWith("Page of ")).length, numRead);
  assert.equal(titles.filter((title) => /^Sea mug/.test(title)).length, 100 - numRead);
  const gaps = shop.requests.slice(1).map(({ at }, i) => at - shop.requests[i].at);
  assert.ok(gaps.every((gap) => gap >= 1000));
});

test("what pages say beyond their addresses is added to the products that are known by their addresses", async () => {
  const { disk } = world(pagesShop(100));
  const end = await readShelf(emptyShelf(), disk.around, never);
  // Pages name the sea (1, 0, 0), addresses the Sea, which these towers do not know: (0, 0, 1).
  const guessed = (end?.parts ?? []).filter(({ isGuessed }) => isGuessed);
  const pieces = guessed.map(({ id }) => decodePart(/** @type {any} */ (disk.kept.get(id))).vectors);
  const all = matrixOf(pieces, LAYOUT);
  assert.ok(all.num >= 40);
  for (let i = 0; i < all.num; i += 1) assert.deepEqual([...itemOf(all, i)], [1, 0, 0]);
});

test("the next day reads the pages that were never read, then the oldest again", async () => {
  const { shop, disk } = world(pagesShop(100));
  const first = await readShelf(emptyShelf(), disk.around, never);
  const before = new Set(shop.paths);
  shop.requests = [];
  const [sold] = [...before].filter((path) => path.startsWith("/p/"));
  shop.answers[sold] = answer("gone", 410);
  const again = { .../** @type {any} */ (first), status: "reading", round: 2, next: "" };
  const second = await readShelf(again, disk.around, never);
  const pages = shop.paths.filter((path) => !["/robots.txt", "/sitemap.xml"].includes(path));
  assert.equal(pages.length, 60);
  assert.equal(pages.filter((path) => !before.has(path)).length, 41);
  assert.ok(pages.includes(sold), "the pages read first are read again first");
  assert.equal(titlesOn(disk).filter((title) => title.startsWith("Page of ")).length, 99);
  assert.ok(!titlesOn(disk).includes(`Page of ${sold.slice(9)}`));
  assert.equal(second?.parts.length, disk.kept.size - 1, "beside the parts only the addresses are kept");
});

test("the order of pages depends on nothing but their addresses", async () => {
  const { shop, disk } = world(pagesShop(30));
  await readShelf(emptyShelf(), disk.around, never);
  const other = world(pagesShop(30));
  await readShelf(emptyShelf({ id: "other", startedAt: "2027-01-01T00:00:00.000Z" }), other.disk.around, never);
  assert.deepEqual(other.shop.paths, shop.paths);
});
