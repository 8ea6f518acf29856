// @ts-check
// Images of items, loaded from shops without cookies: which ones are loaded depends on the taste, and a cookie would tell whose it is.
import { serverPatternOf } from "../messaging/origins.js";
import { element } from "./elements.js";

/** How far outside of what is in sight an image is loaded. */
const AHEAD = "300px";

/**
 * Append an image to its frame. It goes away where it cannot be loaded.
 * @param {HTMLElement} frame @param {string} src @param {"lazy" | "eager"} loading @param {() => void} [onEnd] called when it is loaded, or cannot be
 */
function append(frame, src, loading, onEnd = () => {}) {
  const img = element("img", { alt: "", loading, decoding: "async", referrerPolicy: "no-referrer" });
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
      if (page && cookieReach(image) !== cookieReach(page)) append(frame, image, "eager");
      return;
    }
    // A redirect could lead to a host that is not permitted.
    const answer = await fetch(image, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" });
    if (!answer.ok) return;
    const address = URL.createObjectURL(await answer.blob());
    append(frame, address, "eager", () => URL.revokeObjectURL(address));
  } catch {
    // The frame stays as it is without an image.
  }
}

/**
 * Load the image of an item into its frame.
 * @param {HTMLElement} frame
 * @param {{image: string, url?: string}} item
 * @param {"lazy" | "eager"} loading lazy: once the frame is in sight, or nearly
 */
export function loadImage(frame, { image, url }, loading) {
  // Chromium alone has this, and the manifest's embedder policy, which keeps cookies off every image of the extension's pages.
  if (chrome.offscreen) {
    append(frame, image, loading);
    return;
  }
  if (loading === "eager") {
    void loadInFirefox(frame, image, url);
    return;
  }
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void loadInFirefox(frame, image, url);
    },
    { rootMargin: AHEAD },
  );
  observer.observe(frame);
}
