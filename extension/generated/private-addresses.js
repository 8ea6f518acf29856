// Generated from contracts/privacy.json and values/private-address.js by `npm run contracts`. Do not edit.
(() => {
/**
 * @typedef {object} PrivateRules of contracts/privacy.json, folded
 * @property {string[]} words that are private anywhere in a path
 * @property {string[]} firstWords that are private where a path begins with them, after a locale
 * @property {string[]} hosts that are private as the first part of a host name
 * @property {string[]} routeParameters that hold a path of their own
 * @property {string[]} prefixes
 */

/**
 * Return the function that decides on addresses.
 * @param {PrivateRules} rules
 * @returns {(url: string) => boolean}
 */
function createPrivateAddress({ words, firstWords, hosts, routeParameters, prefixes }) {
  const [anywhere, first, ownHosts] = [new Set(words), new Set(firstWords), new Set(hosts)];
  const MAX_PARTS = 6;
  const LOCALE = /^(?:[a-z]{2}|[a-z]{2}[-_][a-z]{2,4}|intl|shop|store|www)$/;

  /** @param {string} text @returns {string} */
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  /** @param {string} part of a path @returns {string} without case, accents, signs and the name of a program's file */
  const folded = (part) =>
    decoded(part)
      .toLowerCase()
      .normalize("NFD")
      .replace(/(?![\u3099\u309a])\p{M}/gu, "")
      .normalize("NFC")
      .replaceAll("ı", "i")
      .replaceAll("ł", "l")
      .replace(/\.(?:html?|php|aspx?|jsp|do|action)$/, "")
      .replace(/[^\p{L}\p{N}]/gu, "");

  /** @param {string} path @returns {boolean} */
  const isPrivate = (path) => {
    const written = path.split(/[/\\]/).filter(Boolean).slice(0, MAX_PARTS);
    const numLocales = written.findIndex((part) => !LOCALE.test(part.toLowerCase()));
    const parts = (numLocales < 0 ? [] : written.slice(numLocales)).map(folded);
    const joined = `/${parts.join("/")}/`;
    if (first.has(parts[0]) || prefixes.some((prefix) => joined.startsWith(`${prefix}/`))) return true;
    return parts.some((part) => anywhere.has(part));
  };

  return (url) => {
    const { hostname, pathname, hash, search } = new URL(url);
    const labels = hostname.split(".");
    if (labels.length > 2 && ownHosts.has(labels[0])) return true;
    const [route, ...query] = hash.replace(/^#!?/, "").split("?");
    const pairs = `${search.slice(1)}&${query.join("?")}`.split("&").map((pair) => pair.split("="));
    const routes = pairs
      .filter(([name]) => routeParameters.includes(name.toLowerCase()))
      .map(([, value = ""]) => value);
    return [pathname, route, ...routes.map(decoded)].some(isPrivate);
  };
}
Object.assign(globalThis, { carryoverIsPrivate: createPrivateAddress({"words":["account","accounts","myaccount","customeraccount","customer","useraccount","checkout","checkouts","onepagecheckout","cart","carts","mycart","shoppingcart","shoppingbag","shoppingbasket","viewcart","orders","myorders","orderhistory","orderstatus","orderconfirmation","orderconfirmed","ordertracking","orderreceived","trackorder","trackyourorder","thankyou","login","signin","logout","signout","signup","resetpassword","forgotpassword","lostpassword","changepassword","passwordreset","paymentmethods","billingaddress","shippingaddress","addressbook","editaddress","myprofile","mywallet","guestorder","orderlookup","konto","meinkonto","kundenkonto","meinkundenkonto","benutzerkonto","kundenbereich","warenkorb","meinwarenkorb","einkaufswagen","einkaufskorb","kasse","zurkasse","bestellungen","meinebestellungen","bestellstatus","bestellubersicht","bestelluebersicht","bestellbestatigung","bestellbestaetigung","bestellung","anmelden","anmeldung","abmelden","registrieren","registrierung","passwortvergessen","passwort","meinprofil","meineadressen","meinerechnungen","zahlungsart","zahlungsarten","compte","moncompte","votrecompte","espaceclient","compteclient","panier","monpanier","commande","commandes","mescommandes","macommande","suivicommande","suividecommande","confirmationcommande","validationcommande","paiement","connexion","seconnecter","deconnexion","creeruncompte","motdepasse","motdepasseoublie","identification","mesadresses","mesfactures","historiquedescommandes","historiquecommandes","cuenta","micuenta","carrito","carritodecompra","micarrito","carrodecompra","carrodelacompra","cestadelacompra","micesta","mipedido","pedidos","mispedidos","historialdepedidos","finalizarcompra","finalizarpedido","tramitarpedido","realizarpedido","pasareladepago","iniciarsesion","cerrarsesion","iniciodesesion","registrarse","contrasena","recuperarcontrasena","misdirecciones","misfacturas","areacliente","areadecliente","areaprivada","seguimientodepedido","ilmioaccount","mioaccount","iltuoaccount","carrello","ilmiocarrello","ordini","imieiordini","mieiordini","storicoordini","statoordine","confermaordine","pagamento","accedi","esci","registrati","registrazione","passworddimenticata","recuperapassword","areaclienti","areariservata","areapersonale","mieiindirizzi","imieiindirizzi","mijnaccount","winkelwagen","winkelmand","winkelmandje","winkelwagentje","bestellingen","mijnbestellingen","mijnbestelling","bestelling","afrekenen","inloggen","uitloggen","aanmelden","registreren","wachtwoord","wachtwoordvergeten","mijngegevens","mijnadressen","bestelgeschiedenis","bestelstatus","mojekonto","twojekonto","kontoklienta","koszyk","twojkoszyk","zamowienie","zamowienia","mojezamowienia","historiazamowien","statuszamowienia","zlozzamowienie","platnosc","platnosci","logowanie","zaloguj","zalogujsie","wyloguj","rejestracja","zarejestruj","haslo","przypomnijhaslo","panelklienta","mojeadresy","mojedane","minhaconta","aminhaconta","carrinho","meucarrinho","carrinhodecompras","cestodecompras","sacodecompras","encomendas","minhasencomendas","meuspedidos","meupedido","finalizarencomenda","fecharpedido","iniciarsessao","terminarsessao","registar","cadastro","cadastrese","recuperarsenha","esquecisenha","minhasenha","meusenderecos","areadocliente","centraldocliente","حسابي","الحساب","حسابالعميل","سله","سلهالتسوق","سلهالمشتريات","السله","عربهالتسوق","سلة","سلةالتسوق","السلة","عربةالتسوق","الطلبات","طلباتي","اتمامالطلب","اتمامالشراء","الدفع","تسجيلالدخول","تسجيلدخول","تسجيلالخروج","انشاءحساب","نسيتكلمهالمرور","كلمةالمرور","عناويني","マイページ","mypage","マイアカウント","アカウント","カート","ショッピングカート","買い物かご","お買い物かご","買物かご","注文","注文履歴","購入履歴","注文手続き","ご注文手続き","購入手続き","ログイン","ログアウト","会員登録","新規会員登録","会員ページ","会員情報","パスワード","お支払い","支払い","レジ","配送先","kounyurireki","hesap","hesabim","sepet","sepetim","alisverissepeti","siparis","siparisler","siparislerim","siparistakip","siparistakibi","siparisozeti","odeme","odemeyap","giris","girisyap","uyegirisi","cikisyap","uyelik","uyeol","kayitol","sifre","sifremiunuttum","adreslerim","faturalarim","musteripaneli"],"firstWords":["order","basket","bag","profile","payment","payments","billing","invoice","invoices","register","password","user","members","memberarea","kunde","kunden","rechnung","rechnungen","zahlung","adressen","caisse","facture","factures","inscription","cesta","carro","bolsa","pedido","pago","acceso","acceder","registro","direcciones","facturas","ordine","conto","accesso","fatture","kassa","betalen","facturen","adresy","faktury","cesto","encomenda","entrar","senha","enderecos","faturas","faturalar","secure","my","me","monespace","identity","auth","oauth","sso","kasa","conta","cassa","kayit","finalizar","طلب","تسجيل","كلمهالمرور"],"hosts":["account","accounts","konto","meinkonto","checkout","login","signin","auth","sso","identity","secure","mon","mein","mijn","kasse","panier","warenkorb","cart","orders","mypage","member","members","hesabim","hesap","moje","moncompte","espaceclient","cuenta","micuenta"],"routeParameters":["route","controller","page","view","action","main_page","path","r","do","cl","fc"],"prefixes":["/wishlist/shared"]}) });
})();
