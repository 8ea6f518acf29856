// @ts-check
// When a page is read: 5,000 random sequences of what pages and shoppers do, against a simple model that knows everything.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { relationOf } from "../../../extension/core/shown-product.js";
import { createClock } from "../fakes/shop-page.js";
import { randomOf } from "../fakes/random.js";

/** `make test-long` asks for 5,000. */
const NUM_SEQUENCES = Number(process.env.CARRYOVER_SEQUENCES ?? 1000);
/** In a page that stays as it is for this long, what it shows must be known. */
const SURE_MS = 4000;
const source = readFileSync(new URL("../../../extension/content/reader.js", import.meta.url), "utf8");
/** @type {any} */
const world = {};
// A content script is no module.
new Function("globalThis", source)(world);
const Reader = world.carryoverReader;

const PRODUCTS = ["mug", "bowl", "lamp", "rug"];
const productOf = (/** @type {string} */ id) => ({
  itemId: `/p/${id}`,
  title: `The ${id}`,
  image: `/${id}.jpg`,
  price: "9 EUR",
});
const addressOf = (/** @type {string} */ id) => (id === "list" ? "/" : `/p/${id}`);

/** A shop built as one page, a shopper in it, the reader, and a background that learns as the real one does. @param {number} seed */
function createWorld(seed) {
  const random = randomOf(seed);
  const clock = createClock();
  const shop = {
    address: "/p/mug",
    content: "mug",
    price: 9,
    isVisible: random() < 0.9,
    hasNavigationEvents: random() < 0.7,
    hasSkeleton: random() < 0.4,
    isContentFirst: random() < 0.2,
  };
  /** @type {Record<string, number>} */
  const views = {};
  /** @type {string[]} */
  const carts = [];
  /** @param {any} before @param {boolean} isSettling */
  function learn(before, isSettling) {
    const { address, content, price } = shop;
    if (!PRODUCTS.includes(content)) return { stored: false, reason: "listing" };
    const shown = { ...productOf(content), itemId: address, price: `${price} EUR` };
    const relation = relationOf(before, shown, { isSettling });
    if (relation === "unchanged" || relation === "unclear") return { stored: false, reason: relation };
    return { relation, stored: true, product: shown, content };
  }
  /** @type {any} */
  const reader = new Reader({
    now: clock.now,
    setTimer: clock.setTimer,
    clearTimer: clock.clearTimer,
    isVisible: () => shop.isVisible,
    address: () => shop.address,
    face: () => `${shop.content} ${shop.price}`,
    heading: () => shop.content,
    numLinks: () => 0,
    note: () => undefined,
    stay: () => undefined,
    change: () => undefined,
    see: (/** @type {any} */ { before, isSettling }) =>
      new Promise((resolve) => {
        const { relation, content, ...answer } = learn(before, isSettling);
        if (relation === "other") {
          const name = `${shop.address} ${content}`;
          views[name] = (views[name] ?? 0) + 1;
        }
        clock.setTimer(() => resolve(answer), Math.floor(random() * 150));
      }),
  });
  return {
    random,
    clock,
    shop,
    reader,
    views,
    carts,
    /** Use the main product's button. */
    click() {
      reader.navigated();
      reader.chose();
      if (reader.isForeign) return;
      const { stored, content } = /** @type {any} */ (learn(reader.before, false));
      if (stored) carts.push(`${shop.address} ${content}`);
    },
  };
}

/** What is really on the screen, noted whenever it changes. */
class Model {
  /** @type {{id: string, isLong: boolean}[]} what was shown under its own address, one after the other */
  looks = [];
  /** Those of products that had been on the screen for long. @type {string[]} */
  sure = [];
  /** What need not be learned. @type {Set<string>} */
  excused = new Set();
  /** Visible time since the address changed. */
  settleMs = 0;
  /** @type {string[]} */
  carts = [];
  /** @type {string | null} */
  id = null;

  /** @param {ReturnType<typeof createWorld>} the */
  static idOf({ shop }) {
    if (!shop.isVisible) return null;
    if (shop.content === "list") return shop.address === "/" ? "list" : null;
    return shop.address === addressOf(shop.content) ? shop.content : null;
  }

  /** Note what is on the screen now. @param {ReturnType<typeof createWorld>} the @returns {string | null} */
  note(the) {
    const id = Model.idOf(the);
    if (id !== null && id !== this.id) this.looks.push({ id, isLong: false });
    this.id = id;
    return id;
  }

  /** Time has passed. @param {ReturnType<typeof createWorld>} the @param {number} ms during which nothing changed */
  passed(the, ms) {
    const id = this.note(the);
    // What came too late after the address changed need not be learned.
    if (id !== null && ms >= SURE_MS && this.settleMs + SURE_MS <= 15_000)
      this.looks[this.looks.length - 1].isLong = true;
    if (the.shop.isVisible) this.settleMs += ms;
  }
}

/** @param {ReturnType<typeof createWorld>} the @param {Model} model @param {string} to where the shopper goes */
function navigate(the, model, to) {
  const { shop, random, clock, reader } = the;
  const delay = [0, 40, 250, 900, 3000, 8000, Infinity][Math.floor(random() * 7)];
  const arrive = () => {
    if (shop.address !== addressOf(to)) return;
    shop.content = to;
    shop.price = 9;
    reader.mutated();
  };
  model.settleMs = 0;
  model.id = null;
  const isFirst = shop.isContentFirst && delay < 100;
  if (isFirst) {
    shop.content = to;
    shop.price = 9;
    if (random() < 0.5) {
      // Its address comes in a later turn: it cannot be told from a product of the address before that the shopper left at once.
      reader.mutated();
      model.excused.add(to);
    }
  }
  shop.address = addressOf(to);
  if (isFirst) reader.mutated();
  if (shop.hasNavigationEvents) reader.navigated();
  else clock.setTimer(() => reader.mutated(), 30); // a bar at the top says that the page is loading
  if (shop.hasSkeleton && delay > 100) {
    shop.content = "skeleton";
    reader.mutated();
  }
  if (delay !== Infinity) clock.setTimer(arrive, delay);
}

const settle = async () => {
  for (let i = 0; i < 6; i += 1) await Promise.resolve();
};

/** @param {ReturnType<typeof createWorld>} the @param {Model} model @param {string[]} history */
async function act(the, model, history) {
  const { shop, random, reader, clock } = the;
  const choice = random();
  if (choice < 0.3) {
    const to = ["list", ...PRODUCTS][Math.floor(random() * 5)];
    if (addressOf(to) !== shop.address) {
      history.push(to);
      navigate(the, model, to);
    }
  } else if (choice < 0.4 && history.length > 1) {
    history.pop();
    const to = history[history.length - 1];
    if (addressOf(to) !== shop.address) navigate(the, model, to);
  } else if (choice < 0.5) {
    shop.isVisible = !shop.isVisible;
    reader.visibilityChanged();
    model.id = null;
  } else if (choice < 0.6) {
    reader.mutated(); // an advertisement
  } else if (choice < 0.7 && shop.isVisible) {
    const id = Model.idOf(the);
    if (id !== null && id !== "list") model.carts.push(`${shop.address} ${id}`);
    if (id !== null && id !== "list" && model.looks[model.looks.length - 1].isLong)
      model.sure.push(`${shop.address} ${id}`);
    the.click();
  } else if (choice < 0.75 && shop.isVisible && PRODUCTS.includes(shop.content)) {
    reader.chose();
    shop.price += 1;
    reader.mutated();
  }
  model.note(the);
  // Timers of the shop go off meanwhile: the model looks every so often.
  let left = [0, 20, 120, 500, 2000, 6000, 12_000][Math.floor(random() * 7)];
  const step = left > SURE_MS ? left : 60;
  while (left > 0) {
    const before = JSON.stringify([shop.content, shop.address]);
    const ms = Math.min(left, step);
    const id = Model.idOf(the);
    await clock.advance(ms, settle);
    const isSame = before === JSON.stringify([shop.content, shop.address]) && id === Model.idOf(the);
    model.passed(the, isSame ? ms : 0);
    if (!isSame && the.shop.isVisible) model.settleMs += ms;
    left -= ms;
  }
}

test(`${NUM_SEQUENCES} random sequences: never under another address, and whatever stays is known`, async () => {
  let numViews = 0;
  let numLong = 0;
  for (let seed = 1; seed <= NUM_SEQUENCES; seed += 1) {
    const the = createWorld(seed);
    const model = new Model();
    const history = ["mug"];
    the.reader.start();
    model.note(the);
    for (let i = 0; i < 12; i += 1) await act(the, model, history);
    await the.clock.advance(500, settle);
    model.note(the);
    const shown = new Set(model.looks.map(({ id }) => `${addressOf(id)} ${id}`));
    const long = model.looks.filter(({ isLong }) => isLong).map(({ id }) => id);
    const collapsed = long.filter((id, i) => id !== long[i - 1]);
    for (const [name, count] of Object.entries(the.views)) {
      const [address, id] = name.split(" ");
      if (model.excused.has(id)) continue;
      assert.equal(address, addressOf(id), `${seed}: ${id} was learned under ${address}`);
      assert.ok(shown.has(name) || count === 0, `${seed}: ${name} was never on the screen`);
      numViews += count;
    }
    for (const id of PRODUCTS.filter((one) => !model.excused.has(one))) {
      const count = the.views[`/p/${id} ${id}`] ?? 0;
      const least = collapsed.filter((one) => one === id).length;
      assert.ok(count >= least, `${seed}: ${id} was looked at ${least} times and learned ${count} times`);
    }
    numLong += collapsed.filter((id) => id !== "list").length;
    for (const name of model.sure) {
      const count = (/** @type {string[]} */ list) => list.filter((one) => one === name).length;
      assert.ok(
        count(the.carts) >= count(model.sure) || model.excused.has(name.split(" ")[1]),
        `${seed}: no cart ${name}`,
      );
    }
    for (const name of the.carts)
      assert.ok(model.carts.includes(name) || model.excused.has(name.split(" ")[1]), `${seed}: cart ${name}`);
  }
  assert.ok(numViews > NUM_SEQUENCES && numLong > NUM_SEQUENCES / 2, `${numViews} views, ${numLong} long looks`);
});
