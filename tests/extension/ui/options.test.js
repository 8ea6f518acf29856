// @ts-check
// The options page in jsdom.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

const ENTRIES = [
  {
    id: "2",
    time: "2026-03-01T12:00:00Z",
    method: "POST",
    url: "http://127.0.0.1:8710/v1/recommendations",
    body: '{"é":1}',
  },
  { id: "1", time: "2026-03-01T11:00:00Z", method: "GET", url: "http://127.0.0.1:8710/v1/shops", body: "" },
];

const PLAIN = { isLocked: false, hasPassphrase: false, unreadable: 0, backupAt: "2026-03-01T12:00:00Z" };

/** @param {Record<string, any>} [handlers] @param {Record<string, any>} [state] */
const openOptions = (handlers = {}, state = {}) =>
  openPage("options", {
    handlers: {
      "state.get": () => ({ state: stateOf(state) }),
      "ledger.get": () => ({ entries: [] }),
      "vault.get": () => ({ vault: PLAIN }),
      "sync.get": () => ({ sync: { isOn: false } }),
      "settings.set": (/** @type {object} */ fields) => ({ state: stateOf({ ...state, ...fields }) }),
      ...handlers,
    },
  });

test("the page shows the settings as they are", async () => {
  const { one } = await openOptions({}, { serverUrl: "http://127.0.0.1:9000", serverIsMine: true, mode: "page" });
  await eventually(() => assert.equal(one("#server-url").value, "http://127.0.0.1:9000"));
  assert.equal(one("#server-mine").checked, true);
  assert.equal(one("input[value=page]").checked, true);
  assert.equal(one("input[value=auto]").checked, false);
});

test("a new profile has no server, and the option is out of sight", async () => {
  const { one } = await openOptions();
  await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
  assert.deepEqual([one("#server-url").value, one("#advanced").open], ["", false]);
  assert.ok(one("#advanced").contains(one("#server")));
});

for (const [what, address] of [
  ["is not encrypted", "http://packs.example/list.json"],
  ["names a user", "https://me@packs.example/list.json"],
]) {
  test(`the browser is not asked for an address that is refused because it ${what}`, async () => {
    const refused = () => {
      throw new CarryoverError("invalid_pack_list", "Expected an encrypted address.");
    };
    const { one, state, window } = await openOptions({ "settings.set": refused });
    await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
    one("#pack-list-url").value = address;
    one("#packs").dispatchEvent(new window.Event("submit", { cancelable: true }));
    await eventually(() => assert.match(one("#status").textContent, /^That is not an address such as/));
    assert.deepEqual(state.questions, []);
  });
}

for (const [address, origin] of [
  ["http://127.0.0.1:9000/path", "http://127.0.0.1/*"],
  [" https://ranking.example:8710/ ", "https://ranking.example/*"],
]) {
  test(`the server ${address.trim()} is saved only if the browser allows it`, async () => {
    const { one, sent, state, window } = await openOptions();
    await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
    one("#server-url").value = address;
    one("#server-mine").checked = true;
    state.isGranting = false;
    one("#server").dispatchEvent(new window.Event("submit", { cancelable: true }));
    await eventually(() => assert.match(one("#status").textContent, /did not allow this address, so nothing/));
    assert.deepEqual(state.questions, [[origin]]);
    assert.ok(!sent.some(({ type }) => type === "settings.set"));
    state.isGranting = true;
    one("#server").dispatchEvent(new window.Event("submit", { cancelable: true }));
    await eventually(() => assert.equal(one("#status").textContent, "Saved."));
    assert.deepEqual(sent.at(-1), { type: "settings.set", serverUrl: address.trim(), serverIsMine: true });
  });
}

test("an empty address takes the server away, and the browser is not asked", async () => {
  const { one, sent, state, window } = await openOptions({}, { serverUrl: "http://127.0.0.1:9000" });
  await eventually(() => assert.equal(one("#server-url").value, "http://127.0.0.1:9000"));
  one("#server-url").value = "";
  one("#server").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual([sent.at(-1), state.questions], [{ type: "settings.set", serverUrl: "", serverIsMine: false }, []]);
});

test("the address of a list of packs is saved only if the browser allows it", async () => {
  const { one, sent, state, window } = await openOptions({}, { packListUrl: "https://packs.example/list.json" });
  await eventually(() => assert.equal(one("#pack-list-url").value, "https://packs.example/list.json"));
  assert.ok(!one("#advanced").contains(one("#packs")));
  one("#pack-list-url").value = " https://other.example/shops/list.json ";
  state.isGranting = false;
  one("#packs").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.match(one("#status").textContent, /did not allow this address, so nothing/));
  assert.deepEqual(state.questions, [["https://other.example/*"]]);
  assert.ok(!sent.some(({ type }) => type === "settings.set"));
  state.isGranting = true;
  one("#packs").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual(sent.at(-1), { type: "settings.set", packListUrl: "https://other.example/shops/list.json" });
});

test("the catalogues of others are listed with who signed them", async () => {
  const packs = [
    { shop: "a.example", host: "packs.example", signedBy: "21fe31dfa154a261", isTrusted: true },
    { shop: "b.example", host: "packs.example", isTrusted: false },
  ];
  const { textsOf } = await openOptions({}, { packs });
  await eventually(() => assert.equal(textsOf("#pack-signers li").length, 2));
  assert.match(textsOf("#pack-signers li")[0], /^a\.example From the list at packs\.example.*you trust: 21fe 31df/);
  assert.match(textsOf("#pack-signers li")[1], /^b\.example .*nobody vouches/);
});

test("trusted keys are saved without the names behind them, and the signer is shown", async () => {
  const { one, sent, window } = await openOptions({}, { trustedKeys: ["a2V5"], signedBy: "21fe31dfa154a261" });
  await eventually(() => assert.equal(one("#trusted-keys").value, "a2V5"));
  assert.match(one("#signed-by").textContent, /21fe31dfa154a261/);
  one("#trusted-keys").value = "a2V5 Kelp\n\n  b3RoZXI= \n";
  one("#trust").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual(sent.at(-1), { type: "settings.set", trustedKeys: ["a2V5", "b3RoZXI="] });
});

/** Enter something in every form, and save none. @param {{one: (selector: string) => any}} page */
function enter({ one }) {
  one("#server-url").value = "https://ranking.example";
  one("#server-mine").checked = true;
  one("#pack-list-url").value = "https://packs.example/list.json";
  one("#trusted-keys").value = "a2V5";
}
/** @param {{one: (selector: string) => any}} page */
const entered = ({ one }) => [
  one("#server-url").value,
  one("#server-mine").checked,
  one("#pack-list-url").value,
  one("#trusted-keys").value,
];
const ENTERED = ["https://ranking.example", true, "https://packs.example/list.json", "a2V5"];

test("what is entered stays when something else is saved, and goes when everything is erased", async () => {
  const page = await openOptions({ "profile.erase": () => ({ state: stateOf() }) });
  const { one, window } = page;
  await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
  enter(page);
  one("input[value=page]").click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual(entered(page), ENTERED);
  one("#packs").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.equal(page.sent.at(-1).packListUrl, ENTERED[2]));
  assert.deepEqual(entered(page), ENTERED);
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() => assert.equal(one("#status").textContent, "Everything is erased."));
  assert.deepEqual(entered(page), ["", false, "", ""]);
});

test("what is entered before the settings have come stays", async () => {
  /** @type {(answer: object) => void} */
  let answerNow = () => {};
  const waiting = new Promise((resolve) => {
    answerNow = resolve;
  });
  const page = await openOptions({ "state.get": () => waiting });
  enter(page);
  answerNow({ state: stateOf({ serverUrl: "http://127.0.0.1:9000", trustedKeys: ["b3RoZXI="] }) });
  await eventually(() => assert.match(page.one("#known").textContent, /Knows nothing/));
  assert.deepEqual(entered(page), ENTERED);
});

test("a browser that cannot check signatures says so beside the keys", async (context) => {
  const able = await openOptions();
  await eventually(() => assert.match(able.one("#known").textContent, /Knows nothing/));
  assert.equal(able.one("#cannot-check").hidden, true);
  context.mock.method(crypto.subtle, "importKey", async () => {
    throw new DOMException("Unrecognized name.", "NotSupportedError");
  });
  const { one } = await openOptions();
  await eventually(() => assert.equal(one("#cannot-check").hidden, false));
  assert.match(
    one("#cannot-check").textContent,
    /cannot check signatures: with a key, it refuses the model of every server/,
  );
});

test("a server that the background refuses is explained", async () => {
  const { one, state, window } = await openOptions({
    "settings.set": () => {
      throw new CarryoverError("invalid_server", "Expected an address.");
    },
  });
  await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
  one("#server-url").value = "ftp://files.example";
  one("#server").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.match(one("#status").textContent, /not an address such as/));
  assert.deepEqual(state.questions, []);
});

test("a chosen mode is saved at once", async () => {
  const { one, sent } = await openOptions();
  await eventually(() => assert.equal(one("input[value=auto]").checked, true));
  one("input[value=page]").click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual(sent.at(-1), { type: "settings.set", mode: "page" });
});

test("comparing images is off at first, and chosen at once", async () => {
  const answer = ({ compareImages = false }) => ({ state: stateOf({ compareImages }) });
  const { one, sent } = await openOptions({ "settings.set": answer });
  await eventually(() => assert.equal(one("input[value=auto]").checked, true));
  const box = one("#compare-images");
  assert.deepEqual([box.checked, one("#compare-images-hint").textContent.includes("without cookies")], [false, true]);
  box.click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual([sent.at(-1), box.checked], [{ type: "settings.set", compareImages: true }, true]);
});

test("telling the server of its lists is off at first, and chosen at once", async () => {
  const answer = ({ tellsScreens = false }) => ({ state: stateOf({ tellsScreens }) });
  const { one, sent } = await openOptions({ "settings.set": answer });
  await eventually(() => assert.equal(one("input[value=auto]").checked, true));
  const box = one("#tells-screens");
  assert.equal(box.checked, false);
  box.click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.deepEqual([sent.at(-1), box.checked], [{ type: "settings.set", tellsScreens: true }, true]);
});

test("shops with consent are listed with their day, and can be stopped", async () => {
  const consents = [{ shop: "a.example", since: "2026-03-01T12:00:00Z" }];
  const { one, sent, textsOf } = await openOptions({ "consent.set": () => ({ state: stateOf() }) }, { consents });
  await eventually(() => assert.deepEqual(textsOf("#shops li span.quiet"), ["since 1 Mar 2026"]));
  assert.equal(one("#shops button").getAttribute("aria-label"), "Stop learning from a.example");
  one("#shops button").click();
  await eventually(() => assert.match(one("#shops li").textContent, /^None yet/));
  assert.deepEqual(sent.at(-1), { type: "consent.set", shop: "a.example", allowed: false });
});

test("the focus goes from a shop that was stopped to the next one, and at last to their title", async () => {
  let consents = ["a.example", "b.example"].map((shop) => ({ shop, since: "2026-03-01T12:00:00Z" }));
  const { one, textsOf, document } = await openOptions(
    {
      "consent.set": (/** @type {any} */ { shop }) => {
        consents = consents.filter((consent) => consent.shop !== shop);
        return { state: stateOf({ consents }) };
      },
    },
    { consents },
  );
  for (const [shop, next] of [
    ["a.example", "Stop learning from b.example"],
    ["b.example", null],
  ]) {
    await eventually(() => one(`[aria-label="Stop learning from ${shop}"]`));
    one(`[aria-label="Stop learning from ${shop}"]`).focus();
    one(`[aria-label="Stop learning from ${shop}"]`).click();
    await eventually(() => assert.ok(!textsOf("#shops li").some((text) => text.startsWith(String(shop)))));
    assert.equal(document.activeElement?.getAttribute("aria-label"), next);
  }
  assert.equal(document.activeElement?.id, "shops-title");
});

test("that something was saved is said for a while, and so can be said again", async (context) => {
  const { one, window } = await openOptions({ "settings.set": () => ({ state: stateOf() }) });
  context.mock.timers.enable({ apis: ["setTimeout"] });
  one("#shows-badge").dispatchEvent(new window.Event("change"));
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  context.mock.timers.tick(60_000);
  assert.equal(one("#status").textContent, "");
});

test("the ledger shows every request with its bytes and its body", async () => {
  const { textsOf } = await openOptions({ "ledger.get": () => ({ entries: ENTRIES }) });
  await eventually(() => assert.equal(textsOf("#ledger details").length, 2));
  assert.equal(textsOf("#ledger bdi.address[dir=ltr]").length, 2, "no address turns its row around");
  assert.deepEqual(textsOf("#ledger .method"), ["POST", "GET"]);
  assert.deepEqual(
    textsOf("#ledger .address"),
    ENTRIES.map(({ url }) => url),
  );
  const [post, get] = textsOf("#ledger summary .quiet");
  assert.match(post, / · 8 bytes$/, "bytes of UTF-8, not characters");
  assert.match(get, / · no body$/);
  assert.deepEqual(textsOf("#ledger pre"), ['{"é":1}', "no body"]);
});

test("an empty ledger says that no request is recorded", async () => {
  const { textsOf } = await openOptions();
  await eventually(() => assert.deepEqual(textsOf("#ledger li"), ["No request is recorded."]));
});

test("the profile is exported as a file named by its day", async (context) => {
  const profile = { format: 1, exportedAt: "2026-03-01T12:00:00.000Z", interactions: [] };
  /** @type {Blob[]} */
  const blobs = [];
  context.mock.method(URL, "createObjectURL", (/** @type {Blob} */ blob) => {
    blobs.push(blob);
    return "blob:carryover";
  });
  const { one, window } = await openOptions({ "profile.export": () => ({ profile }) });
  /** @type {string[]} */
  const downloads = [];
  window.HTMLAnchorElement.prototype.click = function click() {
    downloads.push(`${this.download} ${this.href}`);
  };
  one("#export").click();
  await eventually(() => assert.equal(one("#status").textContent, "Exported."));
  assert.deepEqual(downloads, ["carryover-2026-03-01.json blob:carryover"]);
  assert.deepEqual(JSON.parse(await blobs[0].text()), profile);
});

test("after erasing, the page shows an empty profile and an empty ledger", async () => {
  let entries = ENTRIES;
  const { one, textsOf } = await openOptions(
    {
      "ledger.get": () => ({ entries }),
      "profile.erase": () => {
        entries = [];
        return { state: stateOf() };
      },
    },
    { numKnown: 5, consents: [{ shop: "a.example", since: "2026-03-01T12:00:00Z" }] },
  );
  await eventually(() => assert.equal(textsOf("#ledger details").length, 2));
  assert.equal(one("#known").textContent, "Knows 5 things");
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() => assert.equal(one("#status").textContent, "Everything is erased."));
  assert.equal(one("#known").textContent, "Knows nothing yet");
  assert.deepEqual(textsOf("#ledger li"), ["No request is recorded."]);
});

test("a page whose background fails says so", async () => {
  const { one } = await openOptions({
    "state.get": () => {
      throw new CarryoverError("internal", "The disk is full.");
    },
  });
  await eventually(() =>
    assert.equal(one("#status").textContent, "Something unexpected happened. Try again, or reload this page."),
  );
});
