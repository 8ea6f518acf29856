// @ts-check
// A locked profile in the panel, in the popup and in "What it knows".
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";
import { failing, item, openPanel } from "./panel-page.js";

const UNLOCKED = { isLocked: false, hasPassphrase: true, unreadable: 0 };

/** A background that is locked until it is unlocked. @returns {Record<string, () => any>} */
function lockedHandlers() {
  let isLocked = true;
  const refuse = () => {
    if (isLocked) throw new CarryoverError("locked", "locked");
  };
  return {
    "state.get": () => {
      refuse();
      return { state: stateOf({ numKnown: 4 }) };
    },
    "vault.unlock": () => {
      isLocked = false;
      return { vault: UNLOCKED };
    },
  };
}

/** @param {any} page */
function unlock({ one, window }) {
  one("#unlock-secret").value = "correct horse";
  one("[data-action=unlock]").dispatchEvent(new window.Event("submit", { cancelable: true, bubbles: true }));
}

test("a locked panel says so, and shows its list once it is unlocked", async () => {
  const page = await openPanel(lockedHandlers());
  const { one, document, sent } = page;
  await eventually(() => assert.equal(one("#message").dataset.state, "locked"));
  assert.match(one("#message").textContent, /Carryover is locked.*learns nothing/s);
  assert.equal(document.querySelectorAll("#cards li").length, 0);
  unlock(page);
  await eventually(() => assert.equal(document.querySelectorAll("#cards li").length, 1));
  assert.ok(sent.some(({ type, secret }) => type === "vault.unlock" && secret === "correct horse"));
});

test("what was saved is not shown by a locked panel, which is unlocked there, too", async () => {
  let isLocked = false;
  const refuse = () => {
    if (isLocked) throw new CarryoverError("locked", "locked");
  };
  const page = await openPanel({
    "state.get": () => (refuse(), { state: stateOf({ numKnown: 4 }) }),
    "saved.get": () => (refuse(), { items: [{ shop: "a.example", card: item("samovar") }] }),
    "vault.unlock": () => {
      isLocked = false;
      return { vault: UNLOCKED };
    },
  });
  const { one, document, worker, textsOf } = page;
  await eventually(() => assert.match(one("#tab-saved").textContent, /1/));
  one("#tab-saved").click();
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["samovar"]));
  isLocked = true;
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  await eventually(() => assert.equal(one("#message").dataset.state, "locked"));
  one("#tab-fits").click();
  one("#tab-saved").click();
  assert.doesNotMatch(document.body.textContent ?? "", /samovar|Nothing saved/);
  assert.equal(one("#tab-saved").textContent, "Saved");
  unlock(page);
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["samovar"]));
});

test("a locked popup is unlocked where it is", async () => {
  const page = await openPage("popup", { handlers: lockedHandlers() });
  const { one } = page;
  await eventually(() => assert.ok(one("#unlock-secret")));
  unlock(page);
  await eventually(() => assert.match(one("#known").textContent, /^Knows 4 things/));
});

test("what was known is shown no more once it is locked or erased, not even in an open question", async () => {
  const mug = {
    ids: ["m"],
    times: ["2026-02-03T10:20:30.000Z"],
    shop: "a.example",
    title: "mug",
    time: "2026-02-03T10:20:30.000Z",
    kinds: ["view"],
    share: 1,
  };
  let isLocked = false;
  const { document, one, worker } = await openPage("knows", {
    handlers: {
      "taste.get": () => {
        if (isLocked) throw new CarryoverError("locked", "locked");
        const clusters = [{ words: ["hawser"], share: 1, things: [mug] }];
        return { taste: { clusters, alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] };
      },
      "taste.effect": () => ({ effect: { shares: [{ before: 1, after: 0 }] } }),
      "state.get": () => ({ state: stateOf() }),
      "filter.get": () => ({
        filter: { dropped: [], removed: [], categories: [], rules: { ownWords: ["samovar"] }, shops: [] },
      }),
      "import.pages": () => ({ pages: [] }),
    },
  });
  await eventually(() => assert.match(one("main").textContent, /mug.*samovar/s));
  one("[data-action=remove-cluster]").click();
  await eventually(() => assert.match(one("dialog").textContent, /hawser/));
  isLocked = true;
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  await eventually(() => assert.match(one("#undo").textContent, /^Carryover is locked/));
  assert.doesNotMatch(document.body.textContent ?? "", /mug|hawser|samovar/);
  assert.equal(one("#known").textContent, "");
  isLocked = false;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.match(one("main").textContent, /mug.*samovar/s));
});

test("a store that may not be used leads to the options", async () => {
  const { one } = await openPanel({ "state.get": failing("store_empty") });
  await eventually(() => assert.match(one("#message").textContent, /is gone from this browser/));
  assert.equal(one("#message a").getAttribute("href"), "options.html");
});
