// @ts-check
// Tamperings, rollbacks and mixtures drawn by a seed: none may give anything but the newest state, and what is missing must be counted.
// CARRYOVER_TAMPERINGS=10000 draws as many; a fifth as many are rollbacks and mixtures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../../extension/values/errors.js";
import { contentOf, keyFrom, profiles, storeOf, truthOf } from "./stores.js";
import { randomOf } from "../../fakes/random.js";

/** @typedef {import("./stores.js").Store} Store */

const NUM_TAMPERINGS = Number(process.env.CARRYOVER_TAMPERINGS ?? 500);
const NUM_MIXTURES = Math.ceil(NUM_TAMPERINGS / 5);

const draw = randomOf(20261129);
/** @param {any[]} records @returns {any[]} those that can be changed: some that are planted are not even objects */
const real = (records) => records.filter((record) => typeof record?.kind === "string" && record.envelope?.length > 0);
const below = (/** @type {number} */ count) => Math.floor(draw() * count);
/** @template T @param {T[]} list @returns {T} */
const one = (list) => list[below(list.length)];
const keys = await Promise.all(profiles.map(keyFrom));
const states = profiles.map((/** @type {any} */ profile, /** @type {number} */ i) =>
  profile.states.map((/** @type {any} */ state) => storeOf(profile, state, keys[i].dataKey)),
);
const [mine, foreign] = states;
const newest = mine.length - 1;
const truth = truthOf(profiles[0].states[newest]);

/** @param {Store} store @returns {Store} whose envelopes may be changed */
const copied = ({ identity, index, records, parts, marker }) => ({
  identity: { ...identity },
  index: new Map(index),
  records: records.map((record) => ({ ...record })),
  parts: new Map(parts),
  marker: { ...marker },
});

/** @param {Uint8Array} envelope @returns {Uint8Array} */
function changed(envelope) {
  const how = below(4);
  if (how === 0) return envelope.slice(0, below(envelope.length));
  if (how === 1) return new Uint8Array([...envelope, below(256)]);
  if (how === 2) return envelope.slice(below(envelope.length));
  const copy = envelope.slice();
  copy[below(copy.length)] ^= 1 << below(8);
  return copy;
}

/** @param {Map<any, any>} map @param {(value: any) => any} change */
function changeOne(map, change) {
  const key = one([...map.keys()]);
  if (key !== undefined) map.set(key, change(map.get(key)));
}

/** What somebody who can write the files may do, but for the key. @type {Record<string, (store: Store) => void>} */
const ways = {
  changeRecord(store) {
    const record = one(real(store.records));
    if (record) record.envelope = changed(record.envelope);
  },
  changePart: ({ parts }) => changeOne(parts, changed),
  changeIndex: ({ index }) => changeOne(index, changed),
  swapRecords({ records }) {
    const [a, b] = [one(real(records)), one(real(records))];
    if (a && b) [a.envelope, b.envelope] = [b.envelope, a.envelope];
  },
  swapPages({ index }) {
    const [a, b] = [one([...index.keys()]), one([...index.keys()])];
    const [first, second] = [index.get(a), index.get(b)];
    index.set(a, second).set(b, first);
  },
  renameRecord({ records }) {
    const record = one(real(records));
    if (record) record.id = one([one(real(records)).id, "a".repeat(300), "", null, "settings"]);
  },
  changeKind({ records }) {
    const record = one(real(records));
    if (record) record.kind = one(["interaction", "settings", "saved", "shelf_part", "index", "", null]);
  },
  deleteRecord: ({ records }) => void records.splice(below(records.length), 1),
  deletePart: ({ parts }) => void parts.delete(one([...parts.keys()])),
  deletePage: ({ index }) => void index.delete(one([...index.keys()])),
  reorder: ({ records }) => void records.reverse(),
  double({ records }) {
    const record = one(real(records));
    if (record) records.push({ ...record, id: one([...truth.keys()]).slice(-32) });
  },
  plant: ({ records }) =>
    void records.push(one([null, 5, {}, { id: "b".repeat(32), kind: "saved", envelope: new Uint8Array(40) }])),
  putBackRecord({ records }) {
    const old = one(mine[below(newest)].records);
    const at = records.findIndex((record) => record?.id === old.id);
    if (at >= 0) records[at] = { ...old };
    else records.push({ ...old });
  },
  putBackPart({ parts }) {
    const old = mine[newest - 1].parts;
    const id = one([...old.keys()]);
    parts.set(id, old.get(id));
  },
  putBackPage({ index }) {
    const name = one([...index.keys()]);
    index.set(name, mine[below(newest)].index.get(name));
  },
  partAsRecord({ records, parts }) {
    const id = one([...parts.keys()]);
    if (id !== undefined) records.push({ id, kind: "shelf_part", envelope: parts.get(id) });
  },
  foreignRecord: ({ records }) => void records.push({ ...one(foreign[newest].records) }),
  foreignPage({ index }) {
    const name = one([...index.keys()]);
    index.set(name, foreign[newest].index.get(name));
  },
  foreignIdentity(store) {
    store.identity = {
      ...store.identity,
      ...one([{ profileId: profiles[1].profileId }, { dataKey: keys[1].dataKey }]),
    };
  },
};

/** @param {Store} store @returns {Promise<string>} how reading it ended: a code, whole, counted or accepted */
async function outcomeOf(store) {
  try {
    const { given, numSetAside } = await contentOf(store);
    if ([...given].some(([purpose, text]) => truth.get(purpose) !== text)) return "accepted";
    if (given.size === truth.size) return "whole";
    return numSetAside > 0 ? "counted" : "accepted";
  } catch (error) {
    if (error instanceof CarryoverError) return error.code;
    throw error;
  }
}

/** @param {number} count @param {() => Store} make @returns {Promise<Map<string, number>>} */
async function outcomesOf(count, make) {
  /** @type {Map<string, number>} */
  const outcomes = new Map();
  for (let i = 0; i < count; i += 1) {
    const outcome = await outcomeOf(make());
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

test(`of ${NUM_TAMPERINGS} tamperings none is accepted`, async (t) => {
  const outcomes = await outcomesOf(NUM_TAMPERINGS, () => {
    const store = copied(mine[newest]);
    for (let i = 0; i <= below(3); i += 1) one(Object.values(ways))(store);
    return store;
  });
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.equal(outcomes.get("accepted") ?? 0, 0);
  assert.ok((outcomes.get("counted") ?? 0) > NUM_TAMPERINGS / 4, "most of them only set something aside");
});

test(`of ${NUM_MIXTURES} rollbacks and mixtures none is accepted`, async (t) => {
  const from = () => (draw() < 0.2 ? foreign : mine)[below(newest + 1)];
  const outcomes = await outcomesOf(NUM_MIXTURES, () => {
    const base = copied(from());
    if (draw() < 0.8)
      for (const name of base.index.keys()) if (draw() < 0.3) base.index.set(name, from().index.get(name));
    for (let i = 0; i < below(4); i += 1) base.records.push({ ...one(from().records) });
    return { ...base, marker: mine[newest].marker };
  });
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.equal(outcomes.get("accepted") ?? 0, 0);
});

for (const [name, way] of Object.entries(ways))
  test(`${name} is noticed, or changes nothing`, async () => {
    for (let i = 0; i < 10; i += 1) {
      const store = copied(mine[newest]);
      way(store);
      assert.notEqual(await outcomeOf(store), "accepted");
    }
  });

test("without the index, a record that is put back would be accepted", async () => {
  const store = copied(mine[newest]);
  const old = mine[newest - 1];
  store.index = old.index;
  store.records = old.records;
  store.parts = old.parts;
  store.marker = old.marker;
  assert.equal(await outcomeOf(store), "accepted", "database and marker put back together are not noticed");
  store.marker = mine[newest].marker;
  assert.equal(await outcomeOf(store), "store_older");
});
