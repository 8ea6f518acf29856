// @ts-check
import { feeds } from "../generated/contracts.js";
import { readFeed } from "./feed-reader.js";
import { ReadingEnded, ReadingStopped } from "./reading.js";
import { parseRobots } from "./robots.js";
import { readSitemap } from "./sitemap-reader.js";

/**
 * @typedef {import("./reading.js").KeptShelf} KeptShelf
 * @typedef {import("./reading.js").Answer} Answer
 * @typedef {import("./reading.js").Surroundings} Surroundings
 * @typedef {import("./reading.js").Reading} Reading
 */

export const INTERVAL_MS = 1000;
/** How long robots.txt and a catalogue are believed before they are fetched again. */
export const FRESH_MS = feeds.robots.maxAgeHours * 3_600_000;
/** Longer pauses than this outlive a worker that waits. */
const MAX_PAUSE_MS = 20_000;
const ATTEMPTS = 2;
const RETRY_MS = 5000;
const BUSY = [429, 503];

/** @param {string | undefined} value of Retry-After @param {number} now @returns {number} milliseconds; 0 without one that can be read */
function retryAfterMs(value, now) {
  if (value && /^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value ?? "");
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/**
 * Return a function that fetches one address after the other at a pace.
 * @param {Surroundings} around @param {AbortSignal} signal @param {() => number} intervalMs
 * @returns {(url: string, etag?: string) => Promise<Answer>}
 */
function atPace({ fetchAnswer, mayRead, wait, now }, signal, intervalMs) {
  let nextAt = 0;
  return async (url, etag) => {
    for (let attempt = 1; ; attempt += 1) {
      const pause = nextAt - now();
      if (pause > 0) await wait(pause, signal);
      if (signal.aborted || !(await mayRead())) throw new ReadingStopped();
      const answer = await fetchAnswer(url, etag, signal);
      nextAt = now() + intervalMs();
      if (answer && !BUSY.includes(answer.status)) return answer;
      const asked = retryAfterMs(answer?.headers["retry-after"], now());
      if (attempt === ATTEMPTS || asked > MAX_PAUSE_MS) throw new ReadingEnded(answer ? "busy" : "unreachable");
      nextAt = now() + Math.max(RETRY_MS, asked);
    }
  };
}

/** @param {Answer} answer to robots.txt @param {string} origin @returns {import("./robots.js").Robots} @throws {ReadingEnded} */
function robotsOf({ status, body }, origin) {
  // RFC 9309, 2.3.1: what is not there forbids nothing; a server in trouble forbids everything.
  if (status >= 500) throw new ReadingEnded("unreachable");
  const robots = parseRobots(status >= 200 && status < 300 ? body : "", origin);
  if ((robots.crawlDelayS ?? 0) * 1000 > MAX_PAUSE_MS) throw new ReadingEnded("slow");
  return robots;
}

/** @param {unknown} error @returns {Partial<KeptShelf>} what a shelf says of the error that ended its reading @throws {unknown} any other error */
function endOf(error) {
  if (error instanceof ReadingStopped) return { status: "stopped", reason: undefined };
  if (error instanceof ReadingEnded) return { status: "failed", reason: error.reason };
  if (error instanceof DOMException && error.name === "QuotaExceededError")
    return { status: "failed", reason: "storage" };
  throw error;
}

/**
 * Read a shop's catalogue, or continue where an earlier reading was interrupted.
 * @param {KeptShelf} start with status reading @param {Surroundings} around @param {AbortSignal} signal stops it
 * @returns {Promise<KeptShelf | null>} the shelf at the end; null where it may not be kept any more
 */
export async function readShelf(start, around, signal) {
  let intervalMs = INTERVAL_MS;
  const fetchAtPace = atPace(around, signal, () => intervalMs);
  /** @type {Reading} */
  const reading = {
    shelf: start,
    robots: parseRobots("", start.origin),
    around,
    visit: async (url, etag) => (reading.robots.allows(url) ? fetchAtPace(url, etag) : null),
    async change(changes, parts) {
      const changed = { ...reading.shelf, ...changes };
      if (!(await around.keep(changed, parts))) throw new ReadingStopped();
      reading.shelf = changed;
    },
  };
  try {
    await reading.change({});
    const robots = robotsOf(await fetchAtPace(`${start.origin}/robots.txt`), start.origin);
    reading.robots = robots;
    intervalMs = Math.max(INTERVAL_MS, (robots.crawlDelayS ?? 0) * 1000);
    const reason = (await readFeed(reading)) ?? (await readSitemap(reading));
    const readAt = new Date(around.now()).toISOString();
    await reading.change({ status: "read", reason: reason === "whole" ? undefined : reason, readAt });
  } catch (error) {
    const end = { ...reading.shelf, ...endOf(error) };
    return (await around.keep(end)) ? end : null;
  }
  return reading.shelf;
}
