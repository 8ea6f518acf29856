// @ts-check
// Images of items, loaded from shops without cookies: which ones are loaded depends on the taste, and a cookie would tell whose it is.
import { send } from "../messaging/messages.js";
import { serverPatternOf } from "../messaging/origins.js";
import { element } from "./elements.js";

/** How far outside of what is in sight an image is loaded. */
const AHEAD = "300px";

/**
 * Append an image to its frame. It goes away where it cannot be loaded.
 * @param {HTMLElement} frame @param {string} src @param {() => void} [onEnd] called when it is loaded, or cannot be
 */
function append(frame, src, onEnd = () => {}) {
  const img = element("img", { alt: "", decoding: "async", referrerPolicy: "no-referrer" });
  img.addEventListener("load", onEnd);
  img.addEventListener("error", () => {
    img.remove();
    onEnd();
  });
  img.src = src;
  frame.append(img);
}

/** @param {string} address @returns {string} the last two labels of its host: hosts that share cookies share these */
const cookieReach = (address) => new URL(address).hostname.split(".").slice(-2).join(".");

/**
 * Load an image in Firefox. It sends cookies with images of extension pages, to permitted hosts all of them. So what a permitted host has is
 * fetched. An own fetch from another host would send the extension's id as `Origin`; there an image element loads what lies apart from its
 * item's page, and what could carry the cookies of that page's shop is not loaded.
 * @param {HTMLElement} frame @param {string} image @param {string} [page] address of the item's page
 */
async function loadInFirefox(frame, image, page) {
  try {
    if (!(await chrome.permissions.contains({ origins: [serverPatternOf(image)] }))) {
      if (page && cookieReach(image) !== cookieReach(page)) append(frame, image);
      return;
    }
    // A redirect could lead to a host that is not permitted.
    const answer = await fetch(image, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" });
    if (!answer.ok) return;
    const address = URL.createObjectURL(await answer.blob());
    append(frame, address, () => URL.revokeObjectURL(address));
  } catch {
    // The frame stays as it is without an image.
  }
}

/** Addresses that this page had the ledger note. @type {Set<string>} */
const noted = new Set();
/** Since when this page shows the present profile, in milliseconds since 1970. */
let since = Date.now();
/** Addresses that are noted together in a moment. @type {string[]} */
let waiting = [];
/** @type {Promise<unknown>} */
let noting = Promise.resolve();

/** Have the ledger note an image before it is loaded, once. @param {string} image @returns {Promise<unknown>} */
function note(image) {
  if (noted.has(image)) return noting;
  noted.add(image);
  waiting.push(image);
  if (waiting.length === 1)
    noting = new Promise((resolve) => setTimeout(resolve)).then(() => {
      const urls = waiting;
      waiting = [];
      return send({ type: "images.show", urls, since });
    });
  return noting;
}

/** Start anew after an erasure: what is shown from now on is of the next profile, whose ledger holds nothing yet. */
export function forgetImages() {
  noted.clear();
  since = Date.now();
}

/** @param {HTMLElement} frame @param {{image: string, url?: string, isNoted?: boolean}} item */
async function load(frame, { image, url, isNoted = false }) {
  try {
    if (isNoted) noted.add(image);
    else await note(image);
  } catch (error) {
    // What the ledger cannot note is not asked for.
    console.warn(error);
    noted.delete(image);
    return;
  }
  // Chromium alone has this, and the manifest's embedder policy, which keeps cookies off every image of the extension's pages.
  if (chrome.offscreen) append(frame, image);
  else await loadInFirefox(frame, image, url);
}

/**
 * Load the image of an item into its frame, after the ledger has noted it.
 * @param {HTMLElement} frame
 * @param {{image: string, url?: string, isNoted?: boolean}} item
 * @param {"lazy" | "eager"} loading lazy: once the frame is in sight, or nearly
 */
export function loadImage(frame, item, loading) {
  if (loading === "eager") {
    void load(frame, item);
    return;
  }
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void load(frame, item);
    },
    { rootMargin: AHEAD },
  );
  observer.observe(frame);
}
