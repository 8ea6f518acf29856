// @ts-check
// Where the focus is on the page that shows what is known, after what had it went away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {string} title @returns {any} a thing */
const thing = (title) => ({
  ids: [`id of ${title}`],
  times: ["2026-02-03T10:20:30.000Z"],
  time: "2026-02-03T10:20:30.000Z",
  shop: "a.example",
  title,
  kinds: ["view"],
  share: 0.25,
});
/** @param {Record<string, (fields: any) => any>} handlers */
const open = (handlers) =>
  openPage("knows", {
    handlers: {
      "taste.get": () => ({ taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] }),
      "state.get": () => ({ state: stateOf() }),
      "filter.get": () => ({ filter: { dropped: [], removed: [], categories: [], rules: {}, shops: [] } }),
      "import.pages": () => ({ pages: [] }),
      "import.readFile": () => ({
        rows: [{ kind: "view", title: "Mug" }],
        saved: [],
        numLeftOut: 0,
        shops: [],
        room: 9,
      }),
      "taste.effect": () => ({ effect: { shares: [] } }),
      "taste.remove": () => ({ removal: { profileId: "p", interactions: [{}], ledger: [] } }),
      "taste.restore": () => ({ isRestored: true }),
      ...handlers,
    },
  });

test("the focus goes back to where something was removed, and the page does not scroll for it", async () => {
  let alone = [thing("mug"), thing("bowl"), thing("rug")];
  const page = await open({
    "taste.get": () => ({ taste: { clusters: [], alone, dismissed: [] }, saved: [], shops: [], shelves: [] }),
  });
  const { prototype } = page.window.HTMLElement;
  const { focus } = prototype;
  /** @type {(boolean | undefined)[]} */
  const stays = [];
  prototype.focus = function focusAndNote(/** @type {FocusOptions | undefined} */ options) {
    stays.push(options?.preventScroll);
    focus.call(this, options);
  };
  const label = () => page.document.activeElement?.getAttribute("aria-label");
  const remove = async () => {
    await eventually(() => page.one("#alone [aria-label='Remove bowl']").focus());
    page.one("#alone [aria-label='Remove bowl']").click();
    page.one("[data-action=remove-yes]").click();
    await eventually(() => page.one("[data-action=undo]"));
  };
  await remove();
  page.one("[data-action=undo]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /It is all back\./));
  assert.equal(label(), "Remove bowl");
  alone = [thing("mug"), thing("rug")];
  await remove();
  page.one("[data-action=undo]").click();
  await eventually(() => assert.match(page.one("#undo").textContent, /It is all back\./));
  assert.equal(label(), "Remove rug", "what took its place");
  assert.equal(stays.at(-1), true);
});

test("a list that is not added, or of which nothing was new, leaves the focus at the choice of files", async () => {
  const report = { ids: [], savedIds: [], refused: [{ reason: "already_known", count: 1 }] };
  const page = await open({ "import.add": () => ({ report }) });
  for (const answer of [".review .plain", "[data-action=import-yes]"]) {
    const input = page.one("#file");
    Object.defineProperty(input, "files", { value: [new File(["Mug"], "list.csv")], configurable: true });
    Object.defineProperty(input, "value", { value: "", writable: true });
    input.dispatchEvent(new page.window.Event("change"));
    await eventually(() => page.one(answer).focus());
    page.one(answer).click();
    await eventually(() => assert.equal(page.document.activeElement?.id, "file", answer));
  }
});
