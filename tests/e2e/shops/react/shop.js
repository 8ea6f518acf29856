// As React shops do: an empty page that its script fills late; another product replaces the whole content when its data has come, and
// until then the product before stays on the screen under the new address. The title changes at once. One product never comes.
(() => {
  const { PRODUCTS, el, view, card, route, idIn } = window.SHOP;
  const root = document.getElementById("root");
  let wanted = "";
  function home() {
    root.replaceChildren(
      el("h1", {}, "All things"),
      el("ul", {}, card("mug", "/p/mug"), card("bowl", "/p/bowl"), card("lamp", "/p/lamp")),
    );
  }
  function draw() {
    const id = idIn(location.pathname);
    wanted = id ?? "";
    document.title = id ? `${PRODUCTS[id]?.title ?? "Loading"} – React shop` : "React shop";
    if (!id) setTimeout(home, 300);
    else if (PRODUCTS[id]) setTimeout(() => wanted === id && show(id), 700);
  }
  function show(id) {
    const other = id === "mug" ? "bowl" : "mug";
    root.replaceChildren(
      ...view(id),
      el("ul", {}, card(other, `/p/${other}`), card("lamp", "/p/lamp")),
      el("a", { href: "/p/lost", class: "to-lost" }, "Next"),
    );
  }
  route(draw);
})();
