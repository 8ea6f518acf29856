// As hand-made shops do: the fragment names the product, and the page is drawn at once. The canonical link knows the home page only.
(() => {
  const { PRODUCTS, el, view, card } = window.SHOP;
  const root = document.getElementById("root");
  function draw() {
    const id = /^#\/p\/(\w+)/.exec(location.hash)?.[1];
    const links = Object.keys(PRODUCTS).filter((one) => one !== id);
    const list = el("ul", {}, ...links.map((one) => card(one, `#/p/${one}`)));
    root.replaceChildren(...(id ? view(id) : [el("h1", {}, "All things")]), list);
  }
  addEventListener("hashchange", draw);
  draw();
})();
