// A shop that changes what is seen, and nothing else: title, canonical link, Open Graph and JSON-LD stay those of the first product.
(() => {
  const { PRODUCTS, el, view, card, route, idIn } = window.SHOP;
  const root = document.getElementById("root");
  let isFirst = true;
  route(() => {
    const id = idIn(location.pathname) ?? "mug";
    if (isFirst) isFirst = false;
    else {
      const others = Object.keys(PRODUCTS).filter((one) => one !== id);
      root.replaceChildren(...view(id), el("ul", {}, ...others.map((one) => card(one, `/p/${one}`))));
    }
  });
})();
