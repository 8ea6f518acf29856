// As Nuxt shops do: the payload of the first product stays in the page; between two products grey boxes take the place of both.
(() => {
  const { PRODUCTS, el, view, card, route, idIn } = window.SHOP;
  const root = document.getElementById("root");
  let isFirst = true;
  function draw() {
    const id = idIn(location.pathname) ?? "mug";
    if (isFirst) {
      isFirst = false;
      return;
    }
    root.replaceChildren(el("div", { class: "skeleton" }), el("div", { class: "skeleton" }));
    setTimeout(() => {
      document.title = `${PRODUCTS[id].title} – Nuxt shop`;
      const others = Object.keys(PRODUCTS).filter((one) => one !== id);
      root.replaceChildren(...view(id), el("ul", {}, ...others.map((one) => card(one, `/p/${one}`))));
    }, 900);
  }
  route(draw);
})();
