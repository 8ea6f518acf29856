// @ts-check
// Content script before content.js: what a click meant. It finds the control that was used, reads from its words which way it goes,
// and finds the card that it belongs to, where it belongs to one.
(() => {
  /**
   * @typedef {"cart" | "wishlist" | "purchase"} ClickKind
   * @typedef {"add" | "remove" | "toggle" | "added"} Way toggle: its words name the list and no more; added: it says that it is in there
   * @typedef {{kind: ClickKind, way: Way}} Meaning
   * @typedef {{things: string[], phrases: string[], codes: {add: string[], remove: string[], toggle?: string[], place?: string[]}}} Kind
   * @typedef {{adding: string[], removing: string[], added: string[], activeClasses: string[], cart: Kind, wishlist: Kind, purchase: Kind}} ClickWords
   */
  const page =
    /** @type {typeof globalThis & {carryoverClicks?: object, carryoverClickWords: ClickWords, carryoverRootOf: (element: Element) => ShadowRoot | null}} */ (
      globalThis
    );
  if (page.carryoverClicks) return; // injected a second time

  const words = page.carryoverClickWords;
  const rootOf = page.carryoverRootOf;
  const KINDS = /** @type {ClickKind[]} */ (["purchase", "wishlist", "cart"]);
  const CONTROLS =
    "button, a, summary, [role=button], [role=link], [role=switch], [role=checkbox], [role=menuitem], [onclick], input[type=submit], input[type=button], input[type=image], input[type=checkbox]";
  const SITE_PARTS = "nav, header, footer, [role=navigation], [role=banner], [role=contentinfo]";
  const PARTS_OF_PAGE = "article, aside, main, section, li, dialog, [role=dialog], [role=main]";
  const CARDS = "li, article, tr, [role=listitem], [class*=card i], [class*=tile i], [class*=product-item i]";
  const HEADINGS = "h1, h2, h3, h4, h5, h6, [class*=title i], [class*=name i]";
  const MAX_WORDS = 200;
  const MAX_CARD_TEXT = 600;
  const MAX_LEVELS = 14;
  const NO_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
  const FILE = /\.(?:jpe?g|png|webp|avif|gif|svg|pdf)$/i;

  /** @param {string | null | undefined} text @returns {string} its words, in lower case and letters only */
  const fold = (text) =>
    (text ?? "")
      .normalize("NFKC")
      .toLowerCase()
      .replace(/\p{M}+/gu, "")
      .replace(/[^\p{L}]+/gu, " ")
      .trim();

  /** @type {Map<string[], string[]>} */
  const foldedLists = new Map();

  /** @param {string[]} list of the vocabulary @returns {string[]} */
  function folded(list) {
    const known = foldedLists.get(list) ?? list.map(fold);
    foldedLists.set(list, known);
    return known;
  }

  /** @param {string} label folded @param {string[]} list @returns {boolean} whether it holds one of them, as whole words */
  const holds = (label, list) =>
    folded(list).some((word) =>
      NO_SPACES.test(word)
        ? label.replaceAll(" ", "").includes(word.replaceAll(" ", ""))
        : ` ${label} `.includes(` ${word} `),
    );

  /** @param {string} label folded @param {string[]} list */
  const isOneOf = (label, list) => folded(list).includes(label);

  /** @param {string} text @returns {Meaning | null} what a label says that its control does */
  function meaningOfWords(text) {
    const label = fold(text);
    if (!label || text.length > MAX_WORDS) return null;
    const isRemoving = holds(label, words.removing);
    const phrased = KINDS.filter((kind) => holds(label, words[kind].phrases));
    const named = KINDS.filter((kind) => holds(label, words[kind].things));
    const [kind, ...others] = phrased.length > 0 ? phrased : named;
    if (kind === undefined) return isOneOf(label, words.added) ? { kind: "wishlist", way: "added" } : null;
    if (others.length > 0 && phrased.length !== 1) return null;
    if (isRemoving) return kind === "purchase" ? null : { kind, way: "remove" };
    if (holds(label, words.added)) return { kind, way: "added" };
    if (phrased.length > 0 || holds(label, words.adding)) return { kind, way: "add" };
    return kind === "wishlist" && isOneOf(label, words.wishlist.things) ? { kind, way: "toggle" } : null;
  }

  /** @param {Element} control @returns {string[]} what a person can read or hear of it, each text by itself */
  function labelsOf(control) {
    const labels = control instanceof HTMLInputElement ? [...(control.labels ?? [])].map((one) => one.textContent) : [];
    const named = (control.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const root = /** @type {Document | ShadowRoot} */ (control.getRootNode());
    const images = [...control.querySelectorAll("img[alt], svg title")].map(
      (one) => one.getAttribute("alt") ?? one.textContent,
    );
    return [
      control.textContent,
      control.getAttribute("aria-label"),
      ...named.map((id) => root.getElementById?.(id)?.textContent),
      control.getAttribute("title"),
      control instanceof HTMLInputElement && control.type !== "checkbox" ? control.value : "",
      ...labels,
      ...images,
    ].flatMap((text) => (text?.trim() ? [text] : []));
  }

  /** @param {Element} element @param {string[]} names @returns {string} the letters of attributes */
  const lettersOf = (element, names) =>
    names.map((name) => fold(element.getAttribute(name)).replaceAll(" ", "")).join(" ");

  /** @param {Element} control @returns {string} names that the shop gave it for its own use, which say what it does in any language */
  function codesOf(control) {
    const data = control.getAttributeNames().filter((name) => name.startsWith("data-"));
    const form = control instanceof HTMLButtonElement || control instanceof HTMLInputElement ? control.form : null;
    const isSubmit = form && /** @type {HTMLButtonElement} */ (control).type === "submit";
    const action = isSubmit ? fold(control.getAttribute("formaction") ?? form.getAttribute("action")) : "";
    const dataNames = data.map((name) => fold(name.slice(5)).replaceAll(" ", "")).join(" ");
    return [lettersOf(control, ["name", "href", ...data]), dataNames, action.replaceAll(" ", "")].join(" ");
  }

  /** @param {Element} control @returns {string} names of its looks, by which a control without words is known */
  const looksOf = (control) =>
    [control, ...control.querySelectorAll("svg, use, i, img, span")]
      .map((one) => lettersOf(one, ["class", "id", "href", "xlink:href", "src"]) + one.localName.replaceAll("-", ""))
      .join(" ");

  /** @param {string} codes @param {boolean} isNamedOnly whether the list's name alone says nothing @returns {Meaning | null} */
  function meaningOfCodes(codes, isNamedOnly) {
    const has = (/** @type {string[] | undefined} */ list) => list?.some((code) => codes.includes(code)) ?? false;
    for (const way of /** @type {const} */ (["remove", "add", "toggle"])) {
      if (way === "toggle" && isNamedOnly) return null;
      const kind = KINDS.find((one) => has(words[one].codes[way]));
      if (kind) return { kind, way };
    }
    return null;
  }

  /** @param {Element} control @returns {boolean} whether it leads to another page */
  function isLinkAway(control) {
    const href = control.localName === "a" ? control.getAttribute("href") : null;
    if (!href || /^(?:#|javascript:)/i.test(href.trim())) return false;
    return URL.canParse(href, location.href) && new URL(href, location.href).pathname !== location.pathname;
  }

  /** Return the list that an unnamed "Remove" stands in: the control's own names, or the page's address. @param {Element} control @returns {ClickKind | null} */
  function listAround(control) {
    const places = [codesOf(control), fold(decodeURI(location.pathname + location.hash)).replaceAll(" ", "")];
    for (const place of places) {
      const kind = KINDS.find((one) => words[one].codes.place?.some((code) => place.includes(code)));
      if (kind) return kind;
    }
    return null;
  }

  /** @param {Element} control @returns {Meaning | null} what using it does */
  function meaningOf(control) {
    const labels = labelsOf(control);
    const said = labels.map(meaningOfWords).find((meaning) => meaning !== null) ?? null;
    const isAway = isLinkAway(control);
    // A link that names a list leads to it; only "add" and "remove" do something.
    if (said && !(isAway && (said.way === "toggle" || said.way === "added"))) return said;
    if (labels.some((label) => isOneOf(fold(label), words.removing))) {
      const kind = listAround(control);
      if (kind) return { kind, way: "remove" };
    }
    const hasWords = labels.some((label) => fold(label) !== "");
    const meaning = meaningOfCodes(codesOf(control), hasWords || isAway);
    return meaning ?? (hasWords ? null : meaningOfCodes(looksOf(control), isAway));
  }

  /** @param {Element} element @returns {Element | null} the element around it, out of shadow trees too */
  function around(element) {
    if (element.parentElement) return element.parentElement;
    const root = element.getRootNode();
    return root instanceof ShadowRoot ? root.host : null;
  }

  /** @param {Element} element @returns {HTMLAnchorElement[]} */
  const linksIn = (element) => [...element.querySelectorAll("a"), ...(rootOf(element)?.querySelectorAll("a") ?? [])];

  /** @param {HTMLAnchorElement} link @returns {string | null} the address of another page that it leads to */
  function targetOf(link) {
    const href = link.getAttribute("href");
    if (!href || !URL.canParse(href, document.baseURI)) return null;
    const url = new URL(href, document.baseURI);
    const isRoute = /^#!?\/[^#]/.test(url.hash);
    if (!isRoute) url.hash = "";
    const here = isRoute ? location.href : location.href.split("#")[0];
    const isPage = /^https?:$/.test(url.protocol) && url.host === location.host && !FILE.test(url.pathname);
    return isPage && url.href !== here && !meaningOfCodes(codesOf(link), false) ? url.href : null;
  }

  /** @param {HTMLAnchorElement} link @returns {boolean} whether it carries an image or a heading, as a product's link does */
  const isProductLink = (link) => link.querySelector(`img, ${HEADINGS}`) !== null || link.closest(HEADINGS) !== null;

  /** @param {Element} element @returns {string[]} the addresses of the products that it links to */
  function targetsIn(element) {
    const links = linksIn(element).flatMap((link) => {
      const target = targetOf(link);
      return target ? [{ target, isProduct: isProductLink(link) }] : [];
    });
    const carried = links.filter(({ isProduct }) => isProduct);
    const counted = carried.length > 0 || !element.matches(CARDS) ? carried : links;
    return [...new Set(counted.map(({ target }) => target))];
  }

  /**
   * Return where the card of a control leads: the product that the nearest links around it have in common. A control beside the
   * page's heading, or amid several products, belongs to the page's own.
   * @param {Element} control @returns {string | null}
   */
  function cardOf(control) {
    let element = around(control);
    for (let level = 0; element && level < MAX_LEVELS; level += 1, element = around(element)) {
      if (element === document.body || (rootOf(element) ?? element).querySelector("h1")) return null;
      if ((element.textContent ?? "").replace(/\s+/g, " ").length > MAX_CARD_TEXT) return null;
      const targets = targetsIn(element);
      if (targets.length > 0) return targets.length === 1 ? targets[0] : null;
    }
    return null;
  }

  /** @param {Element} control whether it is part of the site around the page, such as a link to the wish list in the header */
  function isOfSite(control) {
    const part = control.closest(SITE_PARTS);
    return part !== null && (part.matches("nav, [role]") || !part.parentElement?.closest(PARTS_OF_PAGE));
  }

  /**
   * Return the control in a closed shadow tree that a click is for: no event tells of it.
   * @param {Element} host @param {MouseEvent} event @returns {Element | null} what is under the pointer, or has the focus where a key was used
   */
  function controlIn(host, { detail, clientX, clientY }) {
    let found = null;
    for (let root = rootOf(host); root; root = found && rootOf(found)) {
      const inside = detail > 0 ? root.elementFromPoint(clientX, clientY) : root.activeElement;
      if (inside?.getRootNode() !== root) break;
      found = inside;
    }
    return found?.closest(CONTROLS) ?? null;
  }

  /** @param {Event} event @returns {Element[]} the controls that may have been used, also in shadow trees, the innermost first */
  function controlsOf(event) {
    const path = event.composedPath().filter((one) => one instanceof Element);
    const [first] = path;
    const isClosed = first && !first.shadowRoot && rootOf(first) !== null;
    const inside = isClosed ? controlIn(first, /** @type {MouseEvent} */ (event)) : null;
    const control = path.find((one) => one.matches(CONTROLS));
    // Where its tree tells nothing, the name of its element may.
    const host = !control && first?.localName.includes("-") ? first : null;
    return [inside, control, host].filter((one) => one instanceof Element);
  }

  /** @param {Element} control @returns {boolean | null} whether it is pressed; null where it does not say */
  function pressedState(control) {
    if (control instanceof HTMLInputElement && control.type === "checkbox") return control.checked;
    const state = control.getAttribute("aria-pressed") ?? control.getAttribute("aria-checked");
    return state === "true" || state === "false" ? state === "true" : null;
  }

  /** @param {Element} control @returns {boolean} whether its looks say that it is on */
  function isLit(control) {
    const classes = [control, ...control.querySelectorAll("svg, use, i, span")].map((one) => one.getAttribute("class"));
    const tokens = fold(classes.join(" ")).split(" ");
    return words.activeClasses.some((word) => tokens.includes(word));
  }

  /**
   * Return what was used and what it says, or null where it is nothing to learn from.
   * @param {Event} event a click, before the page hears of it
   */
  function read(event) {
    const [used] = controlsOf(event).flatMap((one) => {
      const said = meaningOf(one);
      return said ? [{ control: one, meaning: said }] : [];
    });
    if (!used) return null;
    const { control, meaning } = used;
    const card = cardOf(control);
    if (card === null && isOfSite(control)) return null;
    // A checkbox has changed already when its click is heard.
    const isBox = control instanceof HTMLInputElement && control.type === "checkbox";
    const pressed = pressedState(control);
    return {
      control,
      ...meaning,
      card,
      pressed: isBox && pressed !== null ? !pressed : pressed,
      isLit: isLit(control),
    };
  }

  /**
   * Return which way a use went, once the page has answered it: into the list or out of it.
   * @param {NonNullable<ReturnType<typeof read>>} use
   * @param {{isLast: boolean}} when isLast: the page goes away, or has had its time
   * @returns {"add" | "remove" | "none" | null} none: nothing happened; null: it cannot be told yet
   */
  function wayOf({ control, kind, way, pressed, isLit: wasLit }, { isLast }) {
    const isGone = !control.isConnected;
    if (pressed !== null) {
      const now = pressedState(control);
      if (now !== null && now !== pressed) return now ? "add" : "remove";
      if (isGone) return pressed ? "remove" : "add";
      return isLast ? "none" : null;
    }
    if (way === "add" || (way === "added" && kind !== "wishlist")) return "add";
    if (way === "remove") return "remove";
    const now = isGone ? null : meaningOf(control)?.way;
    if (way === "toggle" && (now === "added" || now === "remove")) return "add";
    if (way === "added" && (now === "toggle" || now === "add")) return "remove";
    if (!isGone && isLit(control) !== wasLit) return wasLit ? "remove" : "add";
    if (!isLast && !isGone) return null;
    if (way === "toggle") return wasLit ? "remove" : "add";
    return isGone ? "remove" : "none";
  }

  page.carryoverClicks = { read, wayOf };
})();
