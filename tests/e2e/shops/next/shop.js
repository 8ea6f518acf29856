// As Next shops do: the server has drawn the first product; the next one's data is fetched, the page changes, and its head a little
// later. __NEXT_DATA__ stays that of the first product for ever.
(() => {
  const { PRODUCTS, el, markup, view, card, route, idIn } = window.SHOP;
  const root = document.getElementById("root");
  let isFirst = true;
  function head(id) {
    document.title = `${PRODUCTS[id].title} – Next shop`;
    document.querySelector("meta[property='og:title']").setAttribute("content", PRODUCTS[id].title);
    document.querySelector("link[rel=canonical]").setAttribute("href", `/p/${id}`);
    document.querySelector("script[type='application/ld+json']").replaceWith(markup(id));
  }
  function draw() {
    const id = idIn(location.pathname) ?? "mug";
    if (isFirst) isFirst = false;
    else {
      setTimeout(() => {
        const others = Object.keys(PRODUCTS).filter((one) => one !== id);
        root.replaceChildren(...view(id), el("ul", {}, ...others.map((one) => card(one, `/p/${one}`))));
        setTimeout(() => head(id), 200);
      }, 400);
    }
  }
  route(draw);
})();
