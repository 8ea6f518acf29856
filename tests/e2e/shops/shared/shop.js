// What the small shops share: the products, and ways to draw them. Each shop behaves in its own way in its own shop.js.
window.SHOP = (() => {
  const PRODUCTS = {
    mug: { title: "Stoneware mug with oak handle", price: "19.90", sku: "SM-1" },
    bowl: { title: "Pine green serving bowl", price: "24.00", sku: "PB-2" },
    lamp: { title: "Brass reading lamp", price: "89.00", sku: "BL-3" },
    towel: { title: "Navy striped beach towel", price: "35.00", sku: "NT-4" },
  };
  const LOST = { title: "A thing that never comes", price: "1.00", sku: "XX-0" };

  /** Build an element. */
  function el(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** The product's JSON-LD, as a script. */
  const markup = (id) =>
    el(
      "script",
      { type: "application/ld+json" },
      JSON.stringify({
        "@context": "https://schema.org",
        "@type": "Product",
        name: PRODUCTS[id].title,
        sku: PRODUCTS[id].sku,
        image: `${location.origin}/img/${id}.svg`,
        offers: { "@type": "Offer", price: PRODUCTS[id].price, priceCurrency: "EUR" },
      }),
    );

  /** A heart that waits for the shop's answer before it changes. */
  function heart(id) {
    const made = el(
      "button",
      { type: "button", class: `heart heart-${id}`, "aria-label": "Add to wishlist", "aria-pressed": "false" },
      "♡",
    );
    made.addEventListener("click", () =>
      setTimeout(() => made.setAttribute("aria-pressed", String(made.getAttribute("aria-pressed") !== "true")), 150),
    );
    return made;
  }

  /** What is seen of a product. */
  const view = (id) => [
    el("h1", {}, PRODUCTS[id].title),
    el("img", { src: `/img/${id}.svg`, alt: "", width: "200" }),
    el("p", { class: "price" }, `€ ${PRODUCTS[id].price}`),
    el("button", { type: "button", class: "own" }, "Add to cart"),
    heart(id),
    el("a", { href: "/size-guide" }, "Size guide"),
  ];

  /** A related product's card. */
  const card = (id, href) =>
    el(
      "li",
      { class: "card" },
      el(
        "a",
        { href, class: `to-${id}` },
        el("img", { src: `/img/${id}.svg`, alt: "", width: "80" }),
        el("h3", {}, PRODUCTS[id].title),
      ),
      el("p", { class: "price" }, `€ ${PRODUCTS[id].price}`),
      el("button", { type: "button", class: `add-${id}` }, "Add to cart"),
      heart(`card-${id}`),
    );

  /** Change the address without loading, and draw what it names. */
  function route(draw, address) {
    addEventListener("popstate", () => draw());
    document.addEventListener("click", (event) => {
      const link =
        event.target instanceof Element ? event.target.closest("a[href^='/p/'], a[href='/'], a.route") : null;
      if (!link) return;
      event.preventDefault();
      history.pushState({}, "", link.getAttribute("href"));
      draw();
    });
    draw(address);
  }

  const idIn = (path) => /\/p\/(\w+)/.exec(path)?.[1];
  return { PRODUCTS, LOST, el, markup, heart, view, card, route, idIn };
})();
