// @ts-check
import { CarryoverError } from "../values/errors.js";

/**
 * Reading of a shop's public catalogue: one request at a time, one a second or as slowly as robots.txt asks, saved after each answer,
 * so that it continues after the worker that ran it was stopped.
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").ShelfReason} ShelfReason
 * @typedef {import("../generated/contract-types.js").ShelfAnswer} ShelfAnswer
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").ShelfLayout} Layout
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{status: number, headers: Record<string, string>, body: string}} Answer names of headers are in lower case
 * @typedef {import("../core/profile.js").PartChanges} PartChanges
 * @typedef {object} Surroundings of a reading
 * @property {(url: string, etag: string | undefined, signal: AbortSignal) => Promise<Answer | null>} fetchAnswer null where nobody answers
 * @property {(answers: ShelfAnswer[]) => Promise<{items: Card[], counts: number[], vectors: Bytes, layout: Layout}>} readAnswers `counts`: items of each answer
 * @property {(shelf: KeptShelf, parts?: PartChanges) => Promise<boolean>} keep false where the shelf may not be kept any more
 * @property {(ids: string[]) => Promise<Bytes[]>} parts as they were kept
 * @property {() => Promise<boolean>} mayRead false once the shopper withdrew the consent for the shop, or wants pages ranked only
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait
 * @property {() => number} now milliseconds since 1970
 * @property {() => string} newId
 * @typedef {object} Reading what the readers of feeds and sitemaps work with
 * @property {KeptShelf} shelf as it is kept now
 * @property {import("./robots.js").Robots} robots
 * @property {(url: string, etag?: string) => Promise<Answer | null>} visit at the shop's pace; null where robots.txt forbids it
 * @property {(changes: Partial<KeptShelf>, parts?: PartChanges) => Promise<void>} change keeps the shelf
 * @property {Surroundings} around
 */

/** How many items of one shop are kept. */
export const MAX_ITEMS = 10_000;

/** The end of a reading before its end. */
export class ReadingEnded extends CarryoverError {
  /** @param {ShelfReason} reason */
  constructor(reason) {
    super("shelf_ended", `The reading of this shop's catalogue ended: ${reason}.`);
    this.reason = reason;
  }
}

/** The shopper stopped the reading, or withdrew the consent for the shop. */
export class ReadingStopped extends CarryoverError {
  constructor() {
    super("shelf_stopped", "The reading of this shop's catalogue was stopped.");
  }
}
