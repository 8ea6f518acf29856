// As Shopify themes do: a chosen variant goes into the address by replaceState, and its part of the page is fetched and replaced.
(() => {
  const prices = { 11: "19.90", 12: "25.90" };
  document.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".variant").addEventListener("change", ({ target }) => {
    history.replaceState({}, "", `?variant=${target.value}`);
    setTimeout(() => {
      const price = document.createElement("p");
      price.className = "price";
      price.textContent = `€ ${prices[target.value]}`;
      document.getElementById("section").replaceChildren(price);
      document.querySelector("meta[property='og:price:amount']").setAttribute("content", prices[target.value]);
    }, 300);
  });
  const wish = document.querySelector(".wish");
  wish.addEventListener("click", () => setTimeout(() => wish.classList.toggle("is-active"), 200));
})();
