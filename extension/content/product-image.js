// @ts-check
// Content script beside content.js. It reads the main image of the product on the page when the background asks for it, which it
// does for a product that it may keep, and only where the shopper wants images compared. First it is asked for the pixels that the
// page shows, which is no request. Where the browser does not let the page read them, it is asked to read the image once more from
// its address, as a script of the page would and without cookies. That request is the page's: nothing in it names the extension.
(() => {
  const page = /** @type {typeof globalThis & {carryoverImage?: boolean}} */ (globalThis);
  if (page.carryoverImage) return; // injected a second time
  page.carryoverImage = true;

  const MAX_BYTES = 4 * 2 ** 20;
  const MAX_SHOWN_PIXELS = 2 * 2 ** 20;
  // A thumbnail of the image says less than the image at its address.
  const LEAST_SHOWN_SIDE = 160;
  const TIMEOUT_MS = 5000;

  /** Return an address without what picks a rendition of one image, such as "?width=800". @param {string} url */
  const withoutQuery = (url) => url.split(/[?#]/, 1)[0];

  /** Return the largest image of an address that the page shows. @param {string} url @returns {HTMLImageElement | undefined} */
  function shownOn(url) {
    const shown = [...document.images].filter(
      (image) => image.complete && withoutQuery(image.currentSrc) === withoutQuery(url),
    );
    const [largest] = shown.sort((a, b) => b.naturalWidth - a.naturalWidth);
    return largest && Math.min(largest.naturalWidth, largest.naturalHeight) >= LEAST_SHOWN_SIDE ? largest : undefined;
  }

  /** @param {HTMLImageElement} image @returns {Promise<Blob | null>} null where it is large, or from a host that lets no page read it */
  async function drawn(image) {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > MAX_SHOWN_PIXELS) return null;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    return canvas.convertToBlob().catch(() => null);
  }

  /** @param {string} url @returns {Promise<Blob | null>} null where it is not an image of a sensible size */
  async function fetched(url) {
    const response = await fetch(url, {
      credentials: "omit",
      cache: "force-cache",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("image/")) return null;
    const parts = [];
    let size = 0;
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
    for (let part = await reader.read(); part.value; part = await reader.read()) {
      size += part.value.length;
      if (size > MAX_BYTES) {
        await reader.cancel();
        return null;
      }
      parts.push(part.value);
    }
    return new Blob(parts);
  }

  /** @param {Blob} blob @returns {Promise<string>} base64 */
  function base64Of(blob) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).split(",", 2)[1] ?? "");
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(blob);
    });
  }

  /** @param {string} url @param {boolean} mayRequest @returns {Promise<string>} the image as base64, empty where it cannot be had */
  async function imageOf(url, mayRequest) {
    try {
      const shown = shownOn(url);
      const blob = mayRequest ? await fetched(url) : shown && (await drawn(shown));
      return blob && blob.size <= MAX_BYTES ? await base64Of(blob) : "";
    } catch (error) {
      // A host that lets no page read its images, a slow one, or none: the product is learned by its text.
      console.debug("Carryover:", error);
      return "";
    }
  }

  chrome.runtime.onMessage.addListener((message, sender, respond) => {
    // contracts/messages.json: page.image, from the background only.
    if (sender.id !== chrome.runtime.id || sender.tab || message?.type !== "page.image") return undefined;
    if (typeof message.url !== "string" || !/^https?:/.test(message.url)) return undefined;
    void imageOf(message.url, message.mayRequest === true).then((image) => respond({ ok: true, image }));
    return true;
  });
})();
