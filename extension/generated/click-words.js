// Generated from contracts/page-words.json by `npm run contracts`. Do not edit.
Object.assign(globalThis, { carryoverClickWords: {
 "cart": [
  "add(?:ed)? to (?:cart|bag|basket|trolley)",
  "buy now",
  "in den (?:warenkorb|einkaufswagen)",
  "ajouter au panier",
  "añadir (?:a la cesta|al carrito)",
  "aggiungi al carrello",
  "in winkelwagen",
  "adicionar ao carrinho"
 ],
 "wishlist": [
  "add to (?:wish ?list|favou?rites|saved)",
  "save for later",
  "wish ?list",
  "favou?rite",
  "merkzettel",
  "wunschliste",
  "liste d.envies",
  "lista de deseos",
  "preferiti"
 ]
} });
