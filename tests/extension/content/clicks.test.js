// @ts-check
// What a click means: the control that was used, its words in many languages, its card, and which way it went.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openShopPage } from "../fakes/shop-page.js";

const URL_OF_PAGE = "https://a.example/mug";

/**
 * Click in a page and return what was learned of it.
 * @param {string} body
 * @param {{selector?: string, url?: string, after?: (control: any, window: any) => void}} [how] after: what the page does 100 ms later
 * @returns {Promise<string[]>} such as "cart", "-wishlist" for a removal, "cart /lamp" for a card
 */
async function clicked(
  body,
  { selector = "[data-x], button, input, a, [role=button], p", url = URL_OF_PAGE, after } = {},
) {
  const { window, sent, one, advance } = openShopPage(`<html><body>${body}</body></html>`, {
    url,
    answer: async () => ({ ok: true, stored: false, reason: "listing" }),
  });
  await advance(30_000);
  sent.length = 0;
  const control = one(selector);
  if (after) /** @type {any} */ (window).setTimeout(() => after(control, window), 100);
  control.click();
  await advance(10_000);
  return sent
    .filter(({ type, kind }) => type === "page.seen" && kind !== "view")
    .map(({ kind, card, isRemoved }) =>
      [`${isRemoved ? "-" : ""}${kind}`, card && new URL(card).pathname].filter(Boolean).join(" "),
    );
}

/** @param {string} name @param {string} body @param {string[]} learned @param {Parameters<typeof clicked>[1]} [how] */
function means(name, body, learned, how) {
  test(`${name} means ${learned.join(", ") || "nothing"}`, async () => {
    assert.deepEqual(await clicked(body, how), learned);
  });
}

/** Add to cart, add to the wish list, take out of the cart, take off the wish list, buy now. @type {Record<string, string[]>} */
const LANGUAGES = {
  English: ["Add to bag", "Add to wish list", "Remove from cart", "Remove from wishlist", "Buy it now"],
  German: [
    "In den Warenkorb legen",
    "Auf den Merkzettel",
    "Aus dem Warenkorb entfernen",
    "Von der Wunschliste entfernen",
    "Jetzt kaufen",
  ],
  French: [
    "Ajouter au panier",
    "Ajouter à ma liste d’envies",
    "Retirer du panier",
    "Supprimer des favoris",
    "Acheter maintenant",
  ],
  Spanish: [
    "Añadir a la cesta",
    "Añadir a favoritos",
    "Quitar del carrito",
    "Eliminar de la lista de deseos",
    "Comprar ahora",
  ],
  Italian: [
    "Aggiungi al carrello",
    "Aggiungi ai preferiti",
    "Rimuovi dal carrello",
    "Rimuovi dalla lista dei desideri",
    "Acquista ora",
  ],
  Portuguese: [
    "Adicionar ao carrinho",
    "Adicionar aos favoritos",
    "Remover do carrinho",
    "Remover da lista de desejos",
    "Comprar agora",
  ],
  Dutch: [
    "In winkelwagen",
    "Voeg toe aan verlanglijst",
    "Verwijder uit winkelmand",
    "Verwijderen uit favorieten",
    "Nu kopen",
  ],
  Polish: ["Dodaj do koszyka", "Dodaj do ulubionych", "Usuń z koszyka", "Usuń z listy życzeń", "Kup teraz"],
  Swedish: ["Lägg i varukorgen", "Spara i önskelistan", "Ta bort från varukorgen", "Ta bort från favoriter", "Köp nu"],
  Danish: ["Læg i kurv", "Føj til ønskeliste", "Fjern fra kurven", "Fjern fra favoritter", "Køb nu"],
  Norwegian: [
    "Legg i handlekurv",
    "Legg til i ønskeliste",
    "Fjern fra handlekurven",
    "Fjern fra favoritter",
    "Kjøp nå",
  ],
  Finnish: ["Lisää ostoskoriin", "Lisää suosikkeihin", "Poista ostoskorista", "Poista suosikeista", "Osta nyt"],
  Czech: ["Přidat do košíku", "Přidat do oblíbených", "Odebrat z košíku", "Odstranit z oblíbených", "Koupit nyní"],
  Hungarian: ["Kosárba", "Hozzáadás a kedvencekhez", "Törlés: kosár", "Eltávolítás: kedvencek", "Megveszem"],
  Romanian: ["Adaugă în coș", "Adaugă la favorite", "Elimină din coș", "Șterge din favorite", "Cumpără acum"],
  Russian: ["Добавить в корзину", "В избранное", "Удалить из корзины", "Убрать из избранного", "Купить сейчас"],
  Ukrainian: ["Додати до кошика", "Додати в обране", "Видалити з кошика", "Прибрати з обраного", "Купити зараз"],
  Turkish: ["SEPETE EKLE", "Favorilere ekle", "Sepetten çıkar", "İstek listesinden kaldır", "Hemen al"],
  Greek: [
    "Προσθήκη στο καλάθι",
    "Προσθήκη στα αγαπημένα",
    "Αφαίρεση από το καλάθι",
    "Αφαίρεση από αγαπημένα",
    "Αγορά τώρα",
  ],
  Arabic: ["أضف إلى السلة", "أضف إلى المفضلة", "إزالة من السلة", "إزالة من المفضلة", "اشتر الآن"],
  Hebrew: ["הוסף לסל", "הוספה למועדפים", "הסר מהסל סל", "הסר מרשימת מועדפים", "קנה עכשיו"],
  Japanese: ["カートに入れる", "お気に入りに追加", "カートから削除", "お気に入りから外す", "今すぐ購入"],
  Chinese: ["加入购物车", "加入收藏夹", "从购物车中删除", "从心愿单移除", "立即购买"],
  Korean: ["장바구니에 담기", "찜하기", "장바구니에서 삭제", "위시리스트에서 제거", "바로 구매"],
};
for (const [language, labels] of Object.entries(LANGUAGES)) {
  test(`words in ${language}`, async () => {
    const learned = [];
    for (const label of labels) learned.push(...(await clicked(`<button>${label}</button>`)));
    assert.deepEqual(learned, ["cart", "wishlist", "-cart", "-wishlist", "purchase"]);
  });
}

means("a label in parts", "<button><span>Add</span> <b>to</b>\n <i>bag</i></button>", ["cart"]);
means("a value", '<input type="submit" value="Add to cart">', ["cart"]);
means("a label to be heard", '<div role="button" aria-label="Ajouter au panier">+</div>', ["cart"]);
means("a label of another element", '<i id="l">Add to cart</i><button aria-labelledby="l">+</button>', ["cart"], {
  selector: "button",
});
means("a title", '<a title="Add to wishlist">♥</a>', ["wishlist"]);
means("a name with a product in it", '<button aria-label="Add Cart Racer to wishlist">♥</button>', ["wishlist"]);
means("the list's name on a button", "<button>Merkzettel</button>", ["wishlist"]);
means("a done thing in a cart", "<button>Added to bag</button>", ["cart"]);
means("other words", "<button>Details</button>", []);
means("words that are no control", "<p>Add to cart</p>", []);
means("a link to a list", '<a href="/favourites">Our favourite picks</a>', []);
means("a button that opens a list", "<button>Our favourite picks</button>", []);
means("a link that names the list", '<a href="/wishlist">Wish list</a>', []);
means("a way to the cart", '<a href="/cart">View cart</a>', []);
means("a way to the cart in German", "<button>Zum Warenkorb</button>", []);
means("the header's wish list", "<header><button>Wishlist</button></header>", []);
means("the header of a card", "<main><article><header><button>Add to cart</button></header></article></main>", [
  "cart",
]);
means("navigation", "<nav><a>Buy now</a></nav>", []);
means("a text of many words", `<button>Add to cart ${"and more ".repeat(30)}</button>`, []);

means("an icon by its class", '<button class="btn-wishlist"><svg></svg></button>', ["wishlist"]);
means("an icon by its symbol", '<button><svg><use href="#icon-heart"></use></svg></button>', ["wishlist"]);
means("a class beside other words", '<button class="wishlist-tabs">Sizes</button>', []);
means("a name for scripts, in a language nobody knows", '<button name="add-to-cart" value="7">Bæta í körfu</button>', [
  "cart",
]);
means("a data attribute", '<button data-action="cart#add"><i></i></button>', ["cart"]);
means(
  "a form's address",
  '<form action="/cart/add"><button onclick="return false">Bæta við</button></form>',
  ["cart"],
  { selector: "button" },
);
means("another button of that form", '<form action="/cart/add"><button type="button">+</button></form>', [], {
  selector: "button",
});
means("a link that adds", '<a href="?add-to-cart=12">Kaufen</a>', ["cart"]);
means("remove, in a cart, beside no link", "<button>Remove</button>", [], { url: "https://a.example/cart" });
means("remove, on a wish list", '<button title="Entfernen">×</button>', ["-wishlist"], {
  url: "https://a.example/wishlist",
});
means("remove, anywhere else", "<button>Remove</button>", []);

const pressed = (/** @type {boolean} */ isPressed) => (/** @type {any} */ control) =>
  control.setAttribute("aria-pressed", String(isPressed));
const HEART = (/** @type {boolean} */ isPressed) =>
  `<button aria-pressed="${isPressed}" aria-label="Add to wishlist">♥</button>`;
means("a switch that is turned on", HEART(false), ["wishlist"], { after: pressed(true) });
means("a switch that goes off, whatever its words", HEART(true), ["-wishlist"], { after: pressed(false) });
means("a switch that stays, because the shop asks who it is", HEART(false), []);
means("a switch that is drawn anew", HEART(true), ["-wishlist"], { after: (control) => control.replaceWith("gone") });
means("a box", '<label>Add to wishlist <input type="checkbox"></label>', ["wishlist"], { selector: "input" });
means("a box with a tick", '<label>Add to wishlist <input type="checkbox" checked></label>', ["-wishlist"], {
  selector: "label",
});
means("a heart that lights up", '<button class="heart"><svg></svg></button>', ["wishlist"], {
  after: (control) => control.classList.add("is-active"),
});
means("a heart that goes out", '<button class="heart is-active"><svg></svg></button>', ["-wishlist"], {
  after: (control) => control.classList.remove("is-active"),
});
means("saved, which becomes save", "<button>Saved</button>", ["-wishlist"], {
  after: (control) => (control.textContent = "Add to wishlist"),
});
means("saved, which stays", "<button>Saved</button>", []);
means("wish list, which becomes remove", "<button>Wishlist</button>", ["wishlist"], {
  after: (control) => (control.textContent = "Remove from wishlist"),
});
means("a switch before the page goes away", HEART(false), [], {
  after: (_, window) => window.dispatchEvent(new window.Event("pagehide")),
});

const card = (/** @type {string} */ name, extra = "") =>
  `<li><a href="/${name}"><img src="/${name}.jpg" alt=""></a><h3><a href="/${name}#reviews">The ${name}</a></h3><a href="/brand/kelp">Kelp</a>
   <p class="price">€ 20.00</p><button class="${name}">Add to cart</button>${extra}</li>`;
const PRODUCT = `<main><div><h1>Oak mug</h1><a href="/brand/kelp"><img src="/kelp.svg" alt="Kelp"></a><form><a href="/size-guide">Size guide</a><button class="own">Add to cart</button></form></div>
  <ul>${card("lamp")}${card("bowl", '<a href="/wishlist/add/3" title="Wishlist"><img src="/heart.svg"></a>')}</ul></main>`;
means("the page's own button", PRODUCT, ["cart"], { selector: ".own" });
means("a related product's button", PRODUCT, ["cart /lamp"], { selector: ".lamp" });
means("a related product's heart", PRODUCT, ["wishlist /bowl"], { selector: "[title=Wishlist]" });
means("a card on a list", `<h1>Mugs</h1><ul>${card("lamp")}${card("bowl")}</ul>`, ["cart /bowl"], {
  selector: ".bowl",
});
means(
  "the only related product",
  `<main><h1>Oak mug</h1><button class="own">Add to cart</button><ul>${card("lamp")}</ul></main>`,
  ["cart /lamp"],
  { selector: ".lamp" },
);
means(
  "the page's own button beside one related product",
  `<main><h1>Oak mug</h1><button class="own">Add to cart</button><ul>${card("lamp")}</ul></main>`,
  ["cart"],
  { selector: ".own" },
);
means(
  "a line of the cart",
  '<table><tr><td><a href="/lamp"><img src="/lamp.jpg"></a><td>€ 20<td><a href="/cart/remove/1" aria-label="Remove lamp from cart">×</a></table>',
  ["-cart /lamp"],
  { selector: "[aria-label]", url: "https://a.example/cart" },
);
means(
  "a card by its words",
  '<div class="card"><img src="/lamp.jpg"><a href="/lamp">The lamp</a> € 20 <button>Add to cart</button></div>',
  ["cart /lamp"],
  { selector: "button" },
);
means("a route", '<li><a href="#/p/2"><img src="/2.jpg"></a><button>Add to cart</button></li>', ["cart /mug"], {
  selector: "button",
});

test("buttons in shadow trees count, and so do the cards around them", async () => {
  const { window, sent, one, advance } = openShopPage(
    '<html><body><buy-box></buy-box><li><a href="/lamp"><img src="/l.jpg"></a><buy-box></buy-box></li><wish-list-button></wish-list-button></body></html>',
    { url: URL_OF_PAGE, answer: async () => ({ ok: true, stored: false, reason: "listing" }) },
  );
  for (const host of window.document.querySelectorAll("buy-box"))
    host
      .attachShadow({ mode: "open" })
      .append(Object.assign(window.document.createElement("button"), { textContent: "Add to cart" }));
  const closed = window.document.querySelector("wish-list-button")?.attachShadow({ mode: "closed" });
  const inside = Object.assign(window.document.createElement("button"), { textContent: "♥" });
  closed?.append(inside);
  one("buy-box >>> button").click();
  one("li buy-box >>> button").click();
  inside.click();
  await advance(10_000);
  assert.deepEqual(
    sent
      .filter(({ type, kind }) => type === "page.seen" && kind !== "view")
      .map(({ kind, card: leadsTo }) => [kind, leadsTo]),
    [
      ["cart", undefined],
      ["cart", "https://a.example/lamp"],
      ["wishlist", undefined],
    ],
  );
});

test("a control that is used twice at once was used once", async () => {
  const { sent, one, advance } = openShopPage("<html><body><button>Add to cart</button></body></html>", {
    url: URL_OF_PAGE,
    answer: async () => ({ ok: true, stored: false, reason: "listing" }),
  });
  one("button").click();
  one("button").click();
  await advance(2000);
  assert.equal(sent.filter(({ kind }) => kind === "cart").length, 1);
});
