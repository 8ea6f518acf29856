// @ts-check
// A panel that follows the tab in front. Whether it does is decided once in a process, so it has a file of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openPage, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, failing, item } from "./panel-page.js";

test("a list that failed while its page was loading is made again when the page is there", async () => {
  let isLoading = false;
  let state = stateOf();
  const { worker, chrome, sent, one, textsOf } = await openPage("panel", {
    windowId: 1,
    handlers: {
      "state.get": () => ({ state }),
      "saved.get": () => ({ items: [] }),
      recommend: () => {
        if (isLoading) failing("no_shop")();
        return answered([item("mug")]);
      },
    },
  });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  isLoading = true;
  state = stateOf({ tab: { ...stateOf().tab, isConsented: true }, shelf: { status: "none", numItems: 0 } });
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(one("#message").hidden, false));
  isLoading = false;
  const arrived = () => chrome.tabs.onUpdated.fire(7, { status: "complete" }, { active: true, windowId: 1 });
  arrived();
  await eventually(() => assert.equal(one("#message").hidden, true));
  assert.deepEqual(textsOf(".card .title"), ["mug"]);
  arrived();
  await afterSomeTurns();
  assert.equal(sent.filter(({ type }) => type === "recommend").length, 3);
});
