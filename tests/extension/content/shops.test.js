// @ts-check
// The small shops of tests/e2e/shops in jsdom, with the extension's own content scripts, background, extraction and profile.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createDevice } from "../fakes/device.js";
import { openShopPage } from "../fakes/shop-page.js";
import { createShopper } from "../fakes/shopper.js";

const folder = new URL("../../e2e/shops/", import.meta.url);
/** @typedef {[string[], string[]]} Step what is done, and what is known then */
/** @type {Record<string, Step[]>} */
const shops = JSON.parse(readFileSync(new URL("steps.json", folder), "utf8")).shops;
/** What a click with a pointer says of itself. */
const CLICK = { bubbles: true, cancelable: true, composed: true, detail: 1 };
/** @type {Record<string, string>} */
const IDS = { Stoneware: "mug", Pine: "bowl", Brass: "lamp", Navy: "towel" };

/** @param {string} shop @param {string} path @returns {string} as the shops' server answers it */
function fileOf(shop, path) {
  const inside = path.startsWith("/shared/") ? `.${path}` : `${shop}${path}`;
  const file = new URL(inside, folder);
  return readFileSync(/\.\w+$/.test(path) && existsSync(file) ? file : new URL(`${shop}/index.html`, folder), "utf8");
}

/** A tab in which a shop's pages are opened one after the other. @param {string} shop @param {ReturnType<typeof createDevice>} device */
function createTab(shop, device) {
  const origin = `https://${shop}.example`;
  /** @type {ReturnType<typeof openShopPage>[]} */
  const pages = [];
  const open = (/** @type {string} */ path) => {
    const url = new URL(path, origin);
    const number = pages.length;
    const opened = openShopPage(fileOf(shop, url.pathname), {
      url: url.href,
      hasScripts: true,
      resource: (source) => fileOf(shop, new URL(source).pathname),
      answer: (message) => device.sendFromPage(pages[number]?.window.location.href ?? url.href, message),
    });
    pages.push(opened);
  };
  const shown = () => pages[pages.length - 1];
  return {
    shown,
    open,
    /** @param {string} selector */
    click(selector) {
      const element = shown().one(selector);
      // jsdom does not load another document; a link that no script of the page follows is followed here.
      if (element.localName === "a" && shop === "pages") open(element.getAttribute("href"));
      else element.dispatchEvent(new (shown().page.MouseEvent)("click", CLICK));
    },
    /** @param {string} selector @param {string} value */
    select(selector, value) {
      const element = shown().one(selector);
      element.value = value;
      element.dispatchEvent(new (shown().page.Event)("change", { bubbles: true }));
    },
    back() {
      if (pages.length === 1) {
        shown().window.history.back();
        return;
      }
      pages.pop();
      shown().window.dispatchEvent(Object.assign(new (shown().page.Event)("pageshow"), { persisted: true }));
    },
  };
}

for (const [shop, steps] of Object.entries(shops)) {
  test(`what is learned at the shop ${shop}`, async () => {
    const device = createDevice();
    await device.startWorker();
    const shopper = createShopper(device);
    await shopper.allow(`${shop}.example`);
    /** @type {any} */
    const tab = createTab(shop, device);
    for (const [[act, ...on], expected] of steps) {
      tab[act](...on);
      await new Promise((resolve) => {
        setTimeout(resolve, 15); // jsdom goes back in history after a while of its own
      });
      await tab.shown().advance(4000);
      const { interactions } = await shopper.exported();
      const known = interactions.map(
        (/** @type {any} */ { kind, weight, product: { title, price } }) =>
          `${kind} ${IDS[title.split(" ")[0]]} ${weight} ${price.amount}`,
      );
      assert.deepEqual(known.sort(), expected, `after ${act} ${on.join(" ")}`);
    }
  });
}

test("a list that grows is told, so that page mode ranks it anew", async () => {
  const device = createDevice();
  await device.startWorker();
  await createShopper(device).allow("infinite.example");
  const tab = createTab("infinite", device);
  tab.open("/");
  await tab.shown().advance(4000);
  const numChanges = async () => {
    device.state.tabs = [{ id: 7, url: tab.shown().window.location.href, incognito: false, active: true }];
    return (await device.send({ type: "state.get" })).state.tab.reading.numChanges;
  };
  assert.equal(await numChanges(), 1);
  tab.click(".more");
  await tab.shown().advance(4000);
  assert.equal(await numChanges(), 2);
});
