// @ts-check
import { ByTime } from "./by-time.js";
import { DEFAULT_SETTINGS, currentSettings } from "./settings.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {import("../generated/contract-types.js").Settings} Settings
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 */

/** The records of a profile, readable, by their kinds. */
export class ProfileCache {
  /** @type {ByTime<Interaction>} */
  interactions = new ByTime();
  /** @type {ByTime<LedgerEntry>} */
  ledger = new ByTime();
  /** @type {KeptShopMeans | null} */
  shopMeans = null;
  /** By id. @type {Map<string, KeptShelf>} */
  shelves = new Map();
  /** Records of other kinds, by id. @type {Map<string, Entry>} */
  others = new Map();
  /** @type {Settings} */
  settings = { ...DEFAULT_SETTINGS };

  /** @param {Entry} entry its value as it was put under its kind */
  remember({ kind, id, value }) {
    if (kind === "interaction") this.interactions.set(id, /** @type {Interaction} */ (value));
    else if (kind === "ledger") this.ledger.set(id, /** @type {LedgerEntry} */ (value));
    else if (kind === "shelf") this.shelves.set(id, /** @type {KeptShelf} */ (value));
    else if (kind === "shop_means") this.shopMeans = /** @type {KeptShopMeans} */ (value);
    else if (kind === "settings") this.settings = currentSettings(value);
    else this.others.set(id, { kind, id, value });
  }

  /** Forget deleted records. No two records have one id. @param {string[]} ids */
  delete(ids) {
    for (const id of ids)
      for (const from of [this.interactions, this.ledger, this.shelves, this.others]) from.delete(id);
  }

  clear() {
    for (const kept of [this.interactions, this.ledger, this.shelves, this.others]) kept.clear();
    this.shopMeans = null;
    this.settings = { ...DEFAULT_SETTINGS };
  }
}
