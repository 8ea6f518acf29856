// @ts-check
// Runs in the pages of shops the shopper allowed, and once, on a click, where a page's products are to be ranked.
import { extractProduct } from "../extract/combine.js";
import { extractListing } from "../extract/listing.js";
import { createListener, send } from "../messages.js";

const CART = /\b(?:add(?:ed)? to (?:cart|bag|basket|trolley)|buy now|in den (?:warenkorb|einkaufswagen)|ajouter au panier|añadir (?:a la cesta|al carrito)|aggiungi al carrello|in winkelwagen|adicionar ao carrinho)\b/i;
const WISHLIST = /\b(?:add to (?:wish ?list|favou?rites|saved)|save for later|wish ?list|favou?rite|merkzettel|wunschliste|liste d.envies|lista de deseos|preferiti)\b/i;

/** @param {"view" | "cart" | "wishlist"} kind */
async function report(kind) {
  const product = await extractProduct(document, location.href);
  if (product.verdict !== "product") return;
  await send({ type: "page.product", product, kind });
}

/** What goes wrong here is no business of the shop's page; the panel tells the shopper about the server. @param {unknown} error */
function logged(error) {
  console.debug("Carryover:", error instanceof Error ? error.message : error);
}

/** A page in a tab nobody looks at, or one the browser loads ahead, has not been seen. */
function whenSeen() {
  return new Promise((resolve) => {
    const check = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", check);
      resolve(undefined);
    };
    document.addEventListener("visibilitychange", check);
    check();
  });
}

/** @param {Event} event */
function onClick(event) {
  const target = event.target instanceof Element ? event.target.closest("button, a, input[type=submit], [role=button]") : null;
  if (!target || target.closest("nav, header, footer")) return;
  const words = [target.textContent, target.getAttribute("aria-label"), target.getAttribute("value"), target.getAttribute("title")].join(" ");
  if (words.length > 200) return;
  if (CART.test(words)) report("cart").catch(logged);
  else if (WISHLIST.test(words)) report("wishlist").catch(logged);
}

function watchNavigation() {
  // Shops built as one page change the address without loading; browsers without the Navigation API miss those views.
  const { navigation } = /** @type {any} */ (globalThis);
  let last = location.href;
  navigation?.addEventListener("navigatesuccess", () => {
    if (location.href === last) return;
    last = location.href;
    report("view").catch(logged);
  });
}

chrome.runtime.onMessage.addListener(createListener("content", {
  async "page.extract"() {
    return { product: await extractProduct(document, location.href), listing: await extractListing(document, location.href) };
  },
}));
document.addEventListener("click", onClick, { capture: true, passive: true });
watchNavigation();
whenSeen().then(() => report("view")).catch(logged);
