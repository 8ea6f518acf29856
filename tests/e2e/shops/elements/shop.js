// As shops of custom elements do: the product is drawn in a shadow tree, its button in one below, and the heart's is closed.
(() => {
  const { PRODUCTS, el, card } = window.SHOP;
  customElements.define(
    "buy-button",
    class extends HTMLElement {
      connectedCallback() {
        this.attachShadow({ mode: "open" }).append(el("button", { type: "button" }, "Add to cart"));
      }
    },
  );
  customElements.define(
    "wishlist-button",
    class extends HTMLElement {
      connectedCallback() {
        this.attachShadow({ mode: "closed" }).append(
          el("button", { type: "button", style: "width:40px;height:40px" }, "♡"),
        );
      }
    },
  );
  customElements.define(
    "product-page",
    class extends HTMLElement {
      connectedCallback() {
        const { title, price } = PRODUCTS.mug;
        this.attachShadow({ mode: "open" }).append(
          el("h1", {}, title),
          el("img", { src: "/img/mug.svg", alt: "", width: "200" }),
          el("p", { class: "price" }, `€ ${price}`),
          el("buy-button"),
          el("wishlist-button"),
          el("ul", {}, card("bowl", "/p/bowl"), card("lamp", "/p/lamp")),
        );
      }
    },
  );
})();
