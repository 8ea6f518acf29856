// As shops of sealed components do: each shadow tree is closed, one lies in another, and no element's name says what it does.
(() => {
  const { PRODUCTS, el } = window.SHOP;
  /** Define an element whose closed shadow tree holds what `draw` gives. */
  const sealed = (name, draw) =>
    customElements.define(
      name,
      class extends HTMLElement {
        connectedCallback() {
          this.attachShadow({ mode: "closed" }).append(...draw(this));
        }
      },
    );
  const price = (id) => el("p", { class: "price" }, `€ ${PRODUCTS[id].price}`);

  sealed("shop-price", () => [price("mug")]);
  sealed("shop-product", () => [
    el("h1", {}, PRODUCTS.mug.title),
    el("img", { src: "/img/mug.svg", alt: "", width: "200" }),
    el("shop-price"),
  ]);
  sealed("shop-action", (host) => [
    el("button", { type: "button", style: "width:160px;height:40px" }, host.getAttribute("label")),
  ]);
  // The button covers the middle of the card, where a click on the card's element goes.
  sealed("shop-card", (host) => {
    const id = host.getAttribute("item");
    const heading = el("h3", { style: "margin:0;font-size:12px" }, PRODUCTS[id].title);
    return [
      el("button", { type: "button", style: "display:block;width:300px;height:200px" }, "Add to wishlist"),
      el("a", { href: `/p/${id}` }, heading),
      price(id),
    ];
  });
})();
