// @ts-check
// The page that shows what is known, with the real gate in front of a fake background.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnFile, readExport } from "../../../extension/imports/own-file.js";
import { thingsIn } from "../../../extension/imports/things.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {string} title @param {object} [more] @returns {any} a thing */
const thing = (title, more) => ({
  ids: [`id of ${title}`],
  times: ["2026-02-03T10:20:30.000Z"],
  shop: "a.example",
  url: `https://a.example/${title}`,
  title,
  time: "2026-02-03T10:20:30.000Z",
  kinds: ["view"],
  share: 0.25,
  image: `https://img.example/${title}.jpg`,
  ...more,
});
const [mug, towel, lamp, bowl] = [thing("mug"), thing("towel"), thing("lamp"), thing("bowl", { shop: "b.example" })];
const imported = thing("rug", { shop: undefined, url: undefined });
const TASTE = {
  clusters: [{ words: ["sailor", "rope"], brand: "Ufer", share: 0.5, things: [mug, towel] }],
  alone: [bowl, imported],
  dismissed: [lamp],
};
const REMOVAL = { profileId: "p", interactions: [{}, {}], ledger: [] };
/** @param {{text: string, kind: any}} file @returns {any} what the background answers for it */
const readFile = ({ text, kind }) => ({
  ...(isOwnFile(text) ? { ...readExport(text), numLeftOut: 0 } : { ...thingsIn(text, kind), saved: [] }),
  shops: ["x.example", "y.example"],
  room: 500,
});
/** @param {Record<string, (fields: any) => any>} [handlers] */
const open = (handlers = {}) =>
  openPage("knows", {
    handlers: {
      "taste.get": () => ({ taste: TASTE, saved: [], shops: [], shelves: [] }),
      "state.get": () => ({ state: stateOf() }),
      "filter.get": () => ({ filter: { dropped: [], removed: [], categories: [], rules: {}, shops: [] } }),
      "import.pages": () => ({ pages: [] }),
      "taste.effect": () => ({ effect: { shares: [{ before: 0.5, after: 0 }] } }),
      "taste.remove": () => ({ removal: REMOVAL }),
      "taste.restore": () => ({ isRestored: true }),
      "taste.showImages": () => ({}),
      "import.readFile": readFile,
      "import.add": () => ({ report: { ids: ["n"], savedIds: [], refused: [{ reason: "already_known", count: 2 }] } }),
      ...handlers,
    },
  });
/** @param {any} page @param {string} type @returns {any[]} */
const sentOf = (page, type) => page.sent.filter((/** @type {any} */ one) => one.type === type);

test("clusters, single things and dismissals are shown in words, and nothing is loaded from a shop", async () => {
  const page = await open();
  await eventually(() => assert.equal(page.textsOf(".cluster h3")[0], "Ufer · sailor · rope"));
  assert.match(page.textsOf(".cluster")[0], /50\s?% of your taste/);
  assert.match(page.textsOf("#alone")[0], /bowl.*b\.example · 3 Feb 2026 · looked at/);
  assert.match(page.textsOf("#dismissed")[0], /lamp/);
  assert.deepEqual(page.textsOf("#by-shop li > span"), [
    "a.example 3 things",
    "b.example 1 thing",
    "From a file 1 thing",
  ]);
  assert.equal(page.textsOf("#by-day li").length, 1);
  const sources = [...page.document.querySelectorAll("img")].map((img) => img.getAttribute("src"));
  assert.deepEqual(sources, ["../icons/icon-128.png"]);
  assert.equal(page.document.querySelectorAll("#alone a").length, 1, "a thing without an address is no link");
});

test("what was asked for before a change and is answered after it is not shown", async () => {
  /** @type {((value: object) => void)[]} */
  const answers = [];
  const page = await open({ "taste.get": () => new Promise((resolve) => answers.push(resolve)) });
  await eventually(() => assert.equal(answers.length, 1));
  const told = page.worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  await eventually(() => assert.equal(answers.length, 2));
  const nothing = { taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] };
  answers[1](nothing);
  await told;
  answers[0]({ ...nothing, taste: TASTE });
  await new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
  assert.deepEqual(page.textsOf(".cluster h3"), []);
});

test("images are loaded where they are asked for, after the ledger knows of them", async () => {
  const page = await open();
  await eventually(() => page.one("[data-action=show-images]").click());
  await eventually(() => assert.equal(page.document.querySelectorAll(".thing img").length, 2));
  assert.deepEqual(sentOf(page, "taste.showImages")[0].ids, ["id of mug", "id of towel"]);
  const [img] = page.document.querySelectorAll(".thing img");
  assert.equal(/** @type {any} */ (img).referrerPolicy, "no-referrer");
});

test("a cluster is removed after its effect was shown, and comes back by undo", async () => {
  const page = await open();
  await eventually(() => page.one("[data-action=remove-cluster]").click());
  await eventually(() => assert.match(page.one("dialog").textContent, /Ufer · sailor · rope50%0%/));
  assert.match(page.one("dialog h2").textContent, /^Remove 2 things from Ufer/);
  assert.deepEqual(sentOf(page, "taste.effect")[0].ids, ["id of mug", "id of towel"]);
  assert.deepEqual(sentOf(page, "taste.remove"), []);
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /Removed 2 entries\./));
  assert.deepEqual(sentOf(page, "taste.remove")[0].ids, ["id of mug", "id of towel"]);
  assert.equal(page.document.activeElement, page.one("[data-action=undo]"));
  page.one("[data-action=undo]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /It is all back\./));
  assert.deepEqual(sentOf(page, "taste.restore")[0].removal, REMOVAL);
});

test("by day only what happened on that day is removed, and a thing is there on each of its days", async () => {
  const twice = thing("mug", {
    ids: ["late", "early", "other"],
    times: ["2026-02-05T15:00:00.000Z", "2026-02-05T09:00:00.000Z", "2026-02-01T12:00:00.000Z"],
    time: "2026-02-05T15:00:00.000Z",
  });
  const taste = { clusters: [], alone: [twice, bowl], dismissed: [] };
  const page = await open({ "taste.get": () => ({ taste, saved: [], shops: [], shelves: [] }) });
  await eventually(() =>
    assert.deepEqual(page.textsOf("#by-day li > span"), [
      "5 Feb 2026 1 thing",
      "3 Feb 2026 1 thing",
      "1 Feb 2026 1 thing",
    ]),
  );
  /** @type {any} */ (page.document.querySelector("#by-day li button")).click();
  await eventually(() => assert.match(page.one("dialog").textContent, /other days stays/));
  assert.deepEqual(sentOf(page, "taste.effect")[0].ids, ["late", "early"]);
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.deepEqual(sentOf(page, "taste.remove")[0].ids, ["late", "early"]));
});

const SAVED = ["rug", "vase"].map((title, i) => ({
  savedId: `saved ${title}`,
  ids: i === 0 ? ["wish"] : [],
  shop: "a.example",
  url: `https://a.example/${title}`,
  title,
  time: "2026-02-03T10:20:30.000Z",
}));

test("what was saved for later is shown, and one is removed with what it counts for the taste", async () => {
  const page = await open({ "taste.get": () => ({ taste: TASTE, saved: SAVED, shops: [], shelves: [] }) });
  await eventually(() => assert.equal(page.textsOf("#saved-things li").length, 2));
  assert.match(page.textsOf("#saved-things li")[0], /rug.*a\.example · saved on 3 Feb 2026/);
  const [first, second] = [...page.document.querySelectorAll("#saved-things button")];
  /** @type {any} */ (second).click();
  await eventually(() => assert.match(page.one("dialog").textContent, /^Remove vase from.*does not count/));
  assert.deepEqual(sentOf(page, "taste.effect"), [], "what counts for nothing has no effect to be worked out");
  page.one("dialog").close();
  /** @type {any} */ (first).click();
  await eventually(() => assert.deepEqual(sentOf(page, "taste.effect")[0]?.ids, ["wish"]));
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.equal(sentOf(page, "taste.remove").length, 1));
  assert.deepEqual(sentOf(page, "taste.remove")[0], { type: "taste.remove", ids: ["wish"], saved: ["saved rug"] });
});

test("all that was saved is removed together", async () => {
  const page = await open({ "taste.get": () => ({ taste: TASTE, saved: SAVED, shops: [], shelves: [] }) });
  await eventually(() => assert.equal(page.textsOf("#saved-things li").length, 2));
  page.one("#remove-saved").click();
  await eventually(() => assert.match(page.one("dialog").textContent, /^Remove all that you saved \(2\)\?/));
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.deepEqual(sentOf(page, "taste.remove")[0]?.saved, ["saved rug", "saved vase"]));
});

test("a copy with saved things is added with them, and undo takes both away", async () => {
  const report = { ids: [], savedIds: ["s"], refused: [] };
  const page = await open({ "import.add": () => ({ report }), "taste.remove": () => ({ removal: REMOVAL }) });
  const card = { itemId: "", url: "https://x.example/rug", title: "Rug" };
  choose(page, "copy.json", JSON.stringify({ format: 1, interactions: [], saved: [{ card }] }));
  await eventually(() => assert.match(page.one(".review").textContent, /Saved for later: 1\./));
  page.one("[data-action=import-yes]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /Saved for later: 1\./));
  assert.deepEqual(sentOf(page, "import.add")[0].saved, [{ card }]);
  page.one("[data-action=undo]").click();
  await eventually(() => assert.deepEqual(sentOf(page, "taste.remove")[0]?.saved, ["s"]));
});

const SHOPS = [
  { shop: "a.example", numItems: 552 },
  { shop: "c.example", numItems: 0 },
];
const FORGOTTEN = { shop: "a.example", since: "2026-01-01T00:00:00.000Z", shelves: [], parts: [] };
/** @param {Record<string, (fields: any) => any>} handlers @returns {Promise<any>} the page, where two shops are allowed */
const openWithShops = (handlers = {}) =>
  open({
    "taste.get": () => ({ taste: TASTE, saved: [], shops: SHOPS, shelves: ["a.example", "c.example", "d.example"] }),
    "taste.remove": ({ forgets }) => ({ removal: { ...REMOVAL, ...(forgets && { forgotten: FORGOTTEN }) } }),
    ...handlers,
  });
/** @param {any} page @param {number} row @returns {Promise<void>} the question about a shop is open */
async function askAboutShop(page, row) {
  await eventually(() => assert.ok(page.document.querySelectorAll("#by-shop button").length > row));
  page.document.querySelectorAll("#by-shop button")[row].click();
}

test("a shop says whether it is allowed and what is here of it, also where nothing was looked at", async () => {
  const page = await openWithShops();
  await eventually(() =>
    assert.deepEqual(page.textsOf("#by-shop li > span"), [
      "a.example 3 things · allowed · Products of this shop known here: 552",
      "b.example 1 thing",
      "From a file 1 thing",
      "c.example allowed",
    ]),
  );
});

test("removing a shop's things leaves it allowed unless the shopper says so, and the effect follows the choice", async () => {
  const page = await openWithShops();
  await askAboutShop(page, 0);
  const ids = ["id of mug", "id of towel", "id of lamp"];
  await eventually(() => assert.deepEqual(sentOf(page, "taste.effect"), [{ type: "taste.effect", ids }]));
  assert.match(page.one("dialog").textContent, /no page of it is read.*Products in it: 552/);
  page.one("#forget").click();
  await eventually(() => assert.equal(sentOf(page, "taste.effect")[1]?.forgets, "a.example"));
  assert.deepEqual(page.textsOf("#effect-shop option"), ["c.example", "d.example"]);
  page.one("#forget").click();
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.deepEqual(sentOf(page, "taste.remove"), [{ type: "taste.remove", ids }]));
});

test("a forgotten shop comes back by undo, after the browser was asked within the click", async () => {
  const page = await openWithShops({ "taste.restore": () => ({ isRestored: true, isShopBack: true }) });
  await askAboutShop(page, 0);
  page.one("#forget").click();
  page.one("[data-action=remove-yes]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /Removed 2 entries\. a\.example may not be read/));
  assert.equal(sentOf(page, "taste.remove")[0].forgets, "a.example");
  page.one("[data-action=undo]").click();
  assert.deepEqual(page.state.questions, [["*://*.a.example/*"]]);
  await eventually(() => assert.match(page.one("#undo").textContent, /It is all back\./));
  assert.deepEqual(sentOf(page, "taste.restore")[0].removal.forgotten, FORGOTTEN);
});

test("where the browser does not allow the shop again the things come back, and the page says so", async () => {
  const page = await openWithShops({ "taste.restore": () => ({ isRestored: true, isShopBack: false }) });
  await askAboutShop(page, 0);
  page.one("#forget").click();
  page.one("[data-action=remove-yes]").click();
  await eventually(() => page.one("[data-action=undo]").click());
  await eventually(() => assert.match(page.one("#undo").textContent, /did not allow a\.example again/));
});

test("an allowed shop of which nothing is known is forgotten without a second question", async () => {
  const page = await openWithShops();
  await askAboutShop(page, 3);
  assert.match(page.one("dialog").textContent, /^Forget that c\.example may be read\?/);
  assert.equal(page.document.querySelector("#forget"), null);
  page.one("[data-action=remove-yes]").click();
  await eventually(() =>
    assert.deepEqual(sentOf(page, "taste.remove"), [{ type: "taste.remove", ids: [], forgets: "c.example" }]),
  );
  assert.deepEqual(sentOf(page, "taste.effect"), []);
});

test("the effect shows the first products of a catalogue before and after", async () => {
  const card = (/** @type {string} */ title) => ({ itemId: title, title, url: `https://c.example/${title}` });
  const products = { shop: "c.example", before: [card("x"), card("y")], after: [card("y"), card("z")] };
  const page = await openWithShelves(["c.example", "d.example"], { shares: [], products });
  await eventually(() => assert.deepEqual(page.textsOf(".sides li"), ["x leaves", "y", "y", "z new"]));
  const select = page.one("#effect-shop");
  select.value = "d.example";
  select.dispatchEvent(new page.window.Event("change"));
  await eventually(() => assert.equal(sentOf(page, "taste.effect")[1]?.shop, "d.example"));
});

/** @param {string[]} shelves @param {any} effect */
async function openWithShelves(shelves, effect) {
  const page = await open({
    "taste.get": () => ({ taste: TASTE, saved: [], shops: [], shelves }),
    "taste.effect": () => ({ effect }),
  });
  await eventually(() => page.one("[data-action=remove-cluster]").click());
  return page;
}

/** @param {any} page @param {string} name @param {string} text */
function choose(page, name, text) {
  const input = page.one("#file");
  Object.defineProperty(input, "files", { value: [new File([text], name)], configurable: true });
  Object.defineProperty(input, "value", { value: "", writable: true });
  input.dispatchEvent(new page.window.Event("change"));
}

test("a file is shown before it is added, with the shops that it names", async () => {
  const page = await open();
  choose(page, "list.csv", "title,url\nMug,https://x.example/mug\nRug,https://y.example/rug\n");
  await eventually(() => assert.match(page.one(".review").textContent, /2 things in list\.csv:MugRug/));
  assert.match(page.one(".review").textContent, /Shops in it: x\.example, y\.example/);
  assert.deepEqual(sentOf(page, "import.add"), []);
  page.one("[data-action=import-yes]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /Added 1 thing\. Already known: 2\./));
  const [{ rows, isFile }] = sentOf(page, "import.add");
  assert.deepEqual([rows.length, rows[0].kind, isFile], [2, "wishlist", true]);
});

test("before an import it says how many fit, and that nothing known goes", async () => {
  const page = await open({ "import.readFile": (fields) => ({ ...readFile(fields), room: 997 }) });
  choose(page, "list.csv", `title\n${"Mug\n".repeat(998)}`);
  await eventually(() =>
    assert.match(page.one(".review").textContent, /what it knows stays\. Room for new ones: 997\./),
  );
  choose(page, "list.csv", `title\n${"Mug\n".repeat(997)}`);
  await eventually(() => assert.match(page.one(".review").textContent, /997 things in/));
  assert.doesNotMatch(page.one(".review").textContent, /Room/);
});

for (const [what, name, text, words] of /** @type {const} */ ([
  ["that is empty", "a.csv", "title\n", /nothing in this file/],
  ["with an open quote", "a.csv", 'title\n"Mug\n', /quotation mark/],
  ["that is no export", "a.json", '{"format": 9}', /not a copy/],
  ["that is no text", "a.csv", "PK\u0000\u0003", /not text/],
]))
  test(`a file ${what} is refused in words`, async () => {
    const page = await open();
    choose(page, name, text);
    await eventually(() => assert.match(page.one("[role=alert]").textContent, words));
    assert.deepEqual(sentOf(page, "import.add"), []);
  });

test("of an open page the products that are ticked are added", async () => {
  const cards = ["Mug", "Rug"].map((title) => ({
    shop: "a.example",
    itemId: title,
    url: `https://a.example/${title}`,
    title,
    image: `https://img.example/${title}.jpg`,
  }));
  const page = await open({
    "import.pages": () => ({ pages: [{ tabId: 7, shop: "a.example", title: "Wish list", isConsented: true }] }),
    "import.readPage": () => ({ cards, room: 1 }),
  });
  await eventually(() => page.one("[data-action=read-page]").click());
  await eventually(() => assert.equal(page.document.querySelectorAll(".scroll input").length, 2));
  assert.match(page.one(".review").textContent, /Room for new ones: 1\./);
  const [first] = page.document.querySelectorAll(".scroll input");
  /** @type {any} */ (first).click();
  page.one("[data-action=import-yes]").click();
  await eventually(() => assert.equal(sentOf(page, "import.add").length, 1));
  const [{ rows, isFile }] = sentOf(page, "import.add");
  assert.equal(isFile, false);
  assert.deepEqual(rows, [
    { kind: "wishlist", title: "Rug", url: "https://a.example/Rug", images: ["https://img.example/Rug.jpg"] },
  ]);
  assert.equal(page.document.querySelectorAll('img[src^="https"]').length, 0);
});

test("a page of a shop that is not allowed is not read", async () => {
  const pages = [{ tabId: 7, shop: "a.example", title: "Wish list", isConsented: false }];
  const page = await open({ "import.pages": () => ({ pages }) });
  await eventually(() => page.one("[data-action=read-page]").click());
  await eventually(() => assert.match(page.one("[role=alert]").textContent, /Allow Carryover at a\.example first/));
  assert.deepEqual(sentOf(page, "import.readPage"), []);
});

test("a paused profile says that nothing can be added, and can be switched on again here", async () => {
  let paused = true;
  const page = await open({
    "state.get": () => ({ state: stateOf({ paused }) }),
    "pause.set": (fields) => {
      ({ paused } = fields);
      return { state: stateOf({ paused }) };
    },
  });
  await eventually(() => assert.match(page.one("#paused:not([hidden])").textContent, /Nothing can be added/));
  page.one("#pause").click();
  await eventually(() => assert.ok(page.one("#paused").hidden));
});

test("what could be undone is dropped when everything is erased", async () => {
  const page = await open({ "profile.erase": () => ({ state: stateOf() }) });
  await eventually(() => page.one("[data-action=remove-cluster]").click());
  page.one("[data-action=remove-yes]").click();
  await eventually(() => page.one("[data-action=undo]"));
  page.one("#erase").click();
  page.one("[data-action=erase-yes]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /Everything is erased/));
  assert.equal(page.document.querySelectorAll("[data-action=undo]").length, 0);
});
