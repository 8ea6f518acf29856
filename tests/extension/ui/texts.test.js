// @ts-check
// What a shopper reads: no command, and no server but where the shopper named one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openPage, stateOf } from "../fakes/page.js";

/** @type {Record<string, {message: string}>} */
const texts = JSON.parse(
  readFileSync(new URL("../../../extension/_locales/en/messages.json", import.meta.url), "utf8"),
);
/** Shown under "Advanced", or where a server was named. */
const OF_A_SERVER = ["ownMode", "rankedWithout", "serverTitle", "serverHint", "serverMine", "trustedKeysLabel"];
const OF_A_SIGNATURE = ["cannotCheckSignatures", "signedByKey"];

test("no text names a command or a word of programmers", () => {
  const wrong = Object.entries(texts).filter(([, { message }]) =>
    /python|npm|\bmake \w|\.py\b|\bvectors?\b|embedding|\bhash\b|onnx/i.test(message),
  );
  assert.deepEqual(wrong, []);
});

test("only texts of the option say server", () => {
  const named = Object.keys(texts).filter((key) => /server/i.test(texts[key].message));
  assert.deepEqual(named.sort(), [...OF_A_SERVER, ...OF_A_SIGNATURE].sort());
});

for (const name of /** @type {const} */ (["popup", "panel", "options"])) {
  test(`the ${name} of a new profile says nothing of a server in sight`, async () => {
    const { document } = await openPage(name, {
      handlers: {
        "state.get": () => ({ state: stateOf() }),
        "ledger.get": () => ({ entries: [] }),
        recommend: () => ({ recommendations: { items: [], mode: "page", basis: "page_order", shop: "a.example" } }),
      },
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    for (const folded of document.querySelectorAll("details:not([open]) > :not(summary), [hidden]")) folded.remove();
    const shown = document.body.textContent ?? "";
    assert.ok(shown.length > 100, shown);
    assert.doesNotMatch(shown, /server|127\.0\.0\.1|localhost/i);
  });
}
