// @ts-check
// Content script before reader.js: what the page shows now, as the reader compares it and as the background gets it. Shops built as
// one page leave data of an earlier product in the document: each block of data belongs to the address and the heading under which it
// was first there, and is left out of the page that is handed over under another address and another heading.
(() => {
  /**
   * @typedef {ReturnType<typeof createPageState>} PageState
   * @typedef {{address: string, heading: string}} Origin
   */
  const page =
    /** @type {typeof globalThis & {carryoverPageState?: typeof createPageState, carryoverRootOf?: typeof rootOf}} */ (
      globalThis
    );
  if (page.carryoverPageState) return; // injected a second time

  const MAX_HTML_CHARS = 16 * 2 ** 20;
  const BLOCKS = "script:not([src]), meta[property], meta[name], link[rel~=canonical], title";
  const CUSTOM_TAG = /<([a-z][a-z0-9]*-[a-z0-9-]*)[\s>]/g;
  /** After so many custom elements of one name without a shadow tree, no more of them are asked. */
  const MAX_ROOTLESS = 100;
  const PRICE = "[itemprop=price], [class*=price i]";

  /** @param {Element | null | undefined} element @returns {string} its text in one line, shortened */
  const textOf = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 300);

  /** @param {Element} element @returns {string} its whole markup */
  // eslint-disable-next-line no-restricted-properties -- read, never written
  const markupOf = (element) => element.outerHTML;

  /** @param {Element} block @returns {string} what makes it another block */
  const keyOf = (block) => (block.localName === "script" ? (block.textContent ?? "") : markupOf(block));

  /** @param {string} markup of the page @returns {Element[]} its custom elements: looking at every element costs more than copying the page */
  function customElementsIn(markup) {
    const names = new Set([...markup.matchAll(CUSTOM_TAG)].map(([, name]) => name));
    return names.size > 0 ? [...document.querySelectorAll([...names].join(","))] : [];
  }

  /**
   * Return the shadow tree of an element, also a closed one of a custom element: Firefox and Chromium let a content script read it.
   * @param {Element} element @returns {ShadowRoot | null}
   */
  function rootOf(element) {
    const { shadowRoot, localName } = element;
    if (shadowRoot || !localName.includes("-") || !(element instanceof HTMLElement)) return shadowRoot;
    const { openOrClosedShadowRoot } = /** @type {Element & {openOrClosedShadowRoot?: ShadowRoot | null}} */ (element);
    if (openOrClosedShadowRoot !== undefined) return openOrClosedShadowRoot;
    const { dom } = chrome;
    return /** @type {ShadowRoot | null} */ (dom?.openOrClosedShadowRoot(element) ?? null);
  }

  /**
   * Return the shadow trees of elements, and those in them, whose content no markup holds.
   * @param {Iterable<Element>} elements
   * @param {Map<string, number>} [rootless] how many custom elements of a name had none: some frameworks draw thousands
   * @returns {ShadowRoot[]}
   */
  function shadowRoots(elements, rootless = new Map()) {
    const found = [];
    for (const element of elements) {
      const { localName } = element;
      const num = rootless.get(localName) ?? 0;
      const root = num < MAX_ROOTLESS ? rootOf(element) : null;
      if (root) found.push(root, ...shadowRoots(root.querySelectorAll("*"), rootless));
      else if (localName.includes("-")) rootless.set(localName, num + 1);
    }
    return found;
  }

  /** @returns {{html: string, hasShadowTrees: boolean}} the page's markup, shadow trees included as templates */
  function wholeMarkup() {
    const root = document.documentElement;
    const markup = markupOf(root);
    const roots = shadowRoots(customElementsIn(markup));
    if (roots.length === 0 || !root.getHTML) return { html: markup, hasShadowTrees: false };
    const shell = markupOf(/** @type {Element} */ (root.cloneNode(false)));
    return { html: shell.replace("</", () => `${root.getHTML({ shadowRoots: roots })}</`), hasShadowTrees: true };
  }

  function createPageState() {
    /** @type {Map<string, Origin>} */
    const origins = new Map();

    /** The address by which pages are told apart: a fragment counts only where it is a route. */
    const address = () => (/#!?\/[^#]/.test(location.href) ? location.href : location.href.split("#")[0]);

    /** The heading by which products are told apart. */
    const heading = () => {
      const headings = [...document.querySelectorAll("h1")].slice(0, 3).map(textOf).filter(Boolean);
      return headings.length > 0 ? headings.join("\n") : textOf(document.querySelector("h2")) || document.title;
    };

    return {
      address,
      heading,

      /** What changes when the page shows another product, or more of it. @returns {string} */
      face: () =>
        [
          heading(),
          document.title,
          textOf(document.querySelector(PRICE)),
          document.querySelector("main img, h1 ~ * img")?.getAttribute("src"),
        ].join("\n"),

      /** @returns {number} of links on the page, by which a list that grows is noticed */
      numLinks: () => document.links.length,

      /** Note which blocks of data there are under this address and heading. */
      note() {
        const now = { address: address(), heading: heading() };
        for (const block of document.querySelectorAll(BLOCKS)) {
          const origin = origins.get(keyOf(block));
          if (!origin) origins.set(keyOf(block), { ...now });
          else if (origin.address === now.address) origin.heading = now.heading;
        }
      },

      /** @returns {{html: string, url: string}} the page as it is now, without data of what it showed before */
      snapshot() {
        let { html } = wholeMarkup();
        html = html.slice(0, MAX_HTML_CHARS);
        const now = { address: address(), heading: heading() };
        const isElsewhere = [...origins.values()].some((origin) => origin.address !== now.address);
        for (const block of isElsewhere ? document.querySelectorAll(BLOCKS) : []) {
          const origin = origins.get(keyOf(block));
          if (origin && origin.address !== now.address && origin.heading !== now.heading)
            html = html.replace(markupOf(block), "");
        }
        return { html, url: location.href };
      },

      /** Positions of links that are not visible: a parsed copy has no layout. In a page with shadow trees positions differ. @returns {number[]} */
      hiddenLinks() {
        if (wholeMarkup().hasShadowTrees) return [];
        return [...document.querySelectorAll("a[href]")].flatMap((link, i) =>
          (link.checkVisibility?.() ?? true) ? [] : [i],
        );
      },
    };
  }

  page.carryoverRootOf = rootOf;
  page.carryoverPageState = createPageState;
})();
