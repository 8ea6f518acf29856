// A list without an end: the button at its foot, or scrolling, appends more cards. No page of it is a product.
(() => {
  const { PRODUCTS, el, card } = window.SHOP;
  const ids = Object.keys(PRODUCTS);
  const list = el("ul", {});
  let number = 0;
  const more = () => {
    for (const id of ids.slice(0, 2)) {
      number += 1;
      list.append(card(id, `/p/${id}-${number}`));
    }
    for (const id of ids.slice(2)) list.append(card(id, `/p/${id}${number > 2 ? `-${number}` : ""}`));
  };
  more();
  document
    .getElementById("root")
    .append(
      el("h1", {}, "Everything"),
      list,
      el("button", { type: "button", class: "more", onclick: () => setTimeout(more, 400) }, "More"),
    );
})();
