// Generated from contracts/ by `npm run contracts`. Do not edit.

export const urls = {
 "about": "How a URL becomes canonical, in both languages. 1: scheme and host lower case, default port, user info and fragment removed, empty path is '/'; a fragment that matches `routePattern` stays, because shops built as one page name their products by it. 2: query parameters named below are removed; the rest keep order and spelling. 3: only http and https. vectors/identity.json holds the cases.",
 "routePattern": "^#!?/[^#]",
 "trackingParameters": [
  "_ga",
  "_gl",
  "_hsenc",
  "_hsmi",
  "_kx",
  "affid",
  "affiliate",
  "affiliate_id",
  "campaign_id",
  "cjevent",
  "clickid",
  "dclid",
  "epik",
  "fbclid",
  "gad_source",
  "gbraid",
  "gclid",
  "gclsrc",
  "igshid",
  "irclickid",
  "irgwc",
  "li_fat_id",
  "mc_cid",
  "mc_eid",
  "mkt_tok",
  "msclkid",
  "pk_campaign",
  "pk_kwd",
  "ranEAID",
  "ranMID",
  "ranSiteID",
  "ref",
  "ref_",
  "referrer",
  "s_kwcid",
  "sessionid",
  "sid",
  "srsltid",
  "ttclid",
  "twclid",
  "vero_id",
  "wbraid",
  "wickedid",
  "yclid",
  "zanpid"
 ],
 "trackingPrefixes": [
  "utm_",
  "hsa_",
  "pf_rd_",
  "pd_rd_",
  "mtm_",
  "at_"
 ]
};

export const privacy = {
 "about": "What must never be stored. Applied on the device before anything enters the profile; both languages run vectors/privacy.json.",
 "personalDataPatterns": [
  {
   "name": "email",
   "pattern": "[^\\s@<>()\\[\\]{},;:\"'\\\\/?&=#|]{1,64}(?:@|%40|%2540|&#0{0,5}64;|&#[xX]0{0,5}40;|&commat;|\\\\u0040|\\\\x40| ?[\\[({] ?(?:at|arroba|chiocciola|apenstaartje|malpa) ?[\\])}] ?)[^\\s@<>()\\[\\]{},;:\"'\\\\/?&=#.%!*|]{1,63}(?:(?:\\.|%2[eE]|&#0{0,5}46;|&period;|\\\\u002e| ?[\\[({] ?(?:dot|punkt|punto|point|ponto|punt|kropka) ?[\\])}] ?)[^\\s@<>()\\[\\]{},;:\"'\\\\/?&=#.%!*|]{1,63}){0,7}(?:\\.|%2[eE]|&#0{0,5}46;|&period;|\\\\u002e| ?[\\[({] ?(?:dot|punkt|punto|point|ponto|punt|kropka) ?[\\])}] ?)[A-Za-z\\u00a1-\\uffff]{2,24}(?![A-Za-z])(?<!\\.png)(?<!\\.jpg)(?<!\\.jpeg)(?<!\\.gif)(?<!\\.svg)(?<!\\.webp)(?<!\\.avif)(?<!\\.css)"
  },
  {
   "name": "iban",
   "pattern": "(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:[ .-]?[A-Za-z0-9]{4}){2,7}(?:[ .-]?[A-Za-z0-9]{1,3})?(?![0-9A-Za-z])",
   "check": "iban"
  },
  {
   "name": "paymentCard",
   "pattern": "(?<![0-9A-Za-z])[2-6](?:[ .-]?[0-9]){13,18}(?![0-9A-Za-z])",
   "check": "card"
  },
  {
   "name": "phoneInternational",
   "pattern": "(?<![0-9A-Za-z])(?:\\+|00)[1-9][0-9]{0,2}[ ./-]?(?:\\(0\\) ?)?(?:\\(?[0-9]{1,5}\\)?[ ./-]?){1,5}[0-9]{2,9}(?![0-9A-Za-z])",
   "check": "phone"
  },
  {
   "name": "phoneTrunk",
   "pattern": "(?<![0-9A-Za-z])(?<![0-9][.,])\\(?0[1-9][0-9]{0,4}\\)?(?:[ ./-]{1,3}\\(?[0-9]{2,8}\\)?){1,5}(?![0-9A-Za-z])",
   "check": "phone"
  },
  {
   "name": "phoneTrunkUnspaced",
   "pattern": "(?<![0-9A-Za-z])(?<![0-9][.,])0[1-9][0-9]{8,9}(?![0-9A-Za-z])",
   "check": "notIsbn"
  },
  {
   "name": "phoneWithoutTrunk",
   "pattern": "(?<![0-9A-Za-z-])(?<![0-9][.,])(?<![0-9] )(?:[5-9][0-9]{2} [0-9]{3} [0-9]{3}|[5679][0-9]{2} [0-9]{2} [0-9]{2} [0-9]{2}|[1-9][0-9] [0-9]{3} [0-9]{2} [0-9]{2}|5[0-9]{2} [0-9]{3} [0-9]{2} [0-9]{2}|3[2-9][0-9][ .-][0-9]{3}[ .-]?[0-9]{4})(?![0-9A-Za-z])"
  },
  {
   "name": "phoneWithDashes",
   "pattern": "(?<![0-9A-Za-z-])(?<![0-9][.,])[5-9][0-9]{2}-[0-9]{3}-[0-9]{3}(?![0-9A-Za-z-])"
  },
  {
   "name": "phoneAmerica",
   "pattern": "(?<![0-9A-Za-z-])(?<![0-9][.,])(?:1[ .-])?(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}(?![0-9A-Za-z])"
  },
  {
   "name": "phoneBrazil",
   "pattern": "(?<![0-9A-Za-z-])(?<![0-9][.,])(?<![0-9] )(?:\\([1-9][1-9]\\) ?|[1-9][1-9] )9?[0-9]{4}[ -][0-9]{4}(?![0-9A-Za-z])"
  },
  {
   "name": "phoneAsia",
   "pattern": "(?<![0-9A-Za-z-])(?<![0-9][.,])(?<![0-9] )(?:[6-9][0-9]{4}[ -][0-9]{5}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}|[2-9][0-9] [0-9]{4} [0-9]{4}|8 ?\\(?[0-9]{3}\\)?[ -]?[0-9]{3}[ -][0-9]{2}[ -][0-9]{2})(?![0-9A-Za-z])"
  },
  {
   "name": "phoneAfterWord",
   "pattern": "(?:(?<![A-Za-z])(?:[Tt][Ee][Ll](?:[Ee][Ff][OoEe]{1,2}[Nn][OoEe]?|\\u00e9fono|\\u00e9phone|[Ee][Pp][Hh][Oo][Nn][Ee]|[Ee]m[o\\u00f3]vel)?|[Tt]\\u00e9l(?:\\u00e9phone)?|[Pp]hone|PHONE|[Mm]obile?|[Mm][o\\u00f3]vil|[Hh]andy|[Cc]ell?(?:ular|ulare)?|[Pp]ortable|[Ww]hats ?[Aa]pp|[Cc]all|[Gg][Ss][Mm]|[Kk]om[o\\u00f3]rk[a-z]*|[Cc]ep)|\\u0647\\u0627\\u062a\\u0641|\\u062c\\u0648\\u0627\\u0644|\\u0645\\u0648\\u0628\\u0627\\u064a\\u0644|\\u0648\\u0627\\u062a\\u0633\\u0627\\u0628|\\u96fb\\u8a71|\\u643a\\u5e2f)[.:#=\\s]{1,3}[0-9(][0-9 ./()-]{6,16}[0-9]",
   "check": "phone"
  },
  {
   "name": "orderNumber",
   "pattern": "(?:(?<![A-Za-z])(?:[Oo]rder|ORDER|[Ii]nvoice|[Cc]ustomer|[Aa]uftrag|[Bb]estellung|[Rr]echnung|[Kk]unden?|[Cc]ommande|[Ff]acture|[Pp]edido|[Ff]actura|[Oo]rdine|[Ff]attura|[Bb]estelling|[Ff]actuur|[Kk]lant|[Zz]am[o\\u00f3]wieni[ea]|[Ee]ncomenda|[Ff]atura|[Ss]ipari[s\\u015f])s? ?(?:[Nn]o|[Nn]r|[Nn]um(?:ber|mer|ero|aras[i\\u0131])?|NO|[Nn]um[e\\u00e9]ro|[Nn]\\u00famero|[Nn][\\u00b0\\u00ba]|[Ii][Dd]|ID|#|:)|(?<![A-Za-z])(?:[Bb]estell|[Aa]uftrags|[Rr]echnungs|[Kk]unden|[Oo]rder|[Bb]estel|[Ff]actuur|[Kk]lant)-?(?:[Nn]ummer|[Nn]r|[Ii][Dd])|\\u0631\\u0642\\u0645 \\u0627\\u0644\\u0637\\u0644\\u0628|\\u6ce8\\u6587\\u756a\\u53f7|\\u4f1a\\u54e1\\u756a\\u53f7)[.:#\\s]{0,4}[A-Za-z]{0,4}-?[0-9][0-9-]{3,20}(?![0-9A-Za-z])"
  },
  {
   "name": "orderNumberAlone",
   "pattern": "(?<![0-9A-Za-z-])[0-9]{3}-[0-9]{7}-[0-9]{7}(?![0-9A-Za-z-])"
  },
  {
   "name": "engraving",
   "pattern": "(?<![A-Za-z\\u00c0-\\u024f])(?:(?:[Ee]ngraved|ENGRAVED|[Pp]ersonali[sz]ed|[Mm]onogrammed|[Ee]mbroidered|[Ii]nscribed|[Cc]ustomi[sz]ed|[Pp]rinted) (?:for|with the name|with name|with|name|to)|[Ee]ngraving|[Gg]raviert (?:f\\u00fcr|mit(?: dem)?(?: Namen)?|von)|[Gg]ravur(?: f\\u00fcr| mit(?: dem)?(?: Namen)?)?|[Pp]ersonalisiert (?:f\\u00fcr|mit(?: dem)?(?: Namen)?)|[Bb]estickt (?:f\\u00fcr|mit(?: dem)?(?: Namen)?)|[Mm]it (?:dem )?Namen|[Gg]rav\\u00e9e?s? (?:pour|au nom de|avec)|[Gg]ravure(?: pour)?|[Pp]ersonnalis\\u00e9e?s? (?:pour|au pr\\u00e9nom de|avec le pr\\u00e9nom)|[Aa]u pr\\u00e9nom de|[Gg]rabad[oa]s? (?:para|con(?: el)?(?: nombre)?(?: de)?)|[Pp]ersonalizad[oa]s? (?:para|con(?: el)? nombre(?: de)?|com(?: o)? nome(?: de)?)|[Ii]ncis[oaie] (?:per|con(?: il)?(?: nome)?(?: di)?)|[Pp]ersonalizzat[oaie] (?:per|con(?: il)? nome(?: di)?)|[Gg]egraveerd (?:voor|met(?: de)?(?: naam)?)|[Gg]epersonaliseerd (?:voor|met(?: de)? naam)|[Mm]et (?:de )?naam|[Gg]rawer(?:owan[yae])? (?:dla|z imieniem)|[Zz] imieniem|[Gg]ravad[oa]s? (?:para|com(?: o)? nome(?: de)?)|[Cc]om (?:o )?nome(?: de)?)(?:[:\\s\"\\u201c\\u201e\\u00ab'\\u2018]{1,4})[A-Z\\u00c0-\\u00de\\u0100-\\u017f][A-Za-z\\u00c0-\\u024f'\\u2019-]+(?: (?:(?:&|and|und|et|y|e|en|i|ve|von|van|de|da|di|del|der) )?[A-Z\\u00c0-\\u00de\\u0100-\\u017f][A-Za-z\\u00c0-\\u024f'\\u2019-]+){0,3}"
  },
  {
   "name": "engravingOther",
   "pattern": "(?:\\u0645\\u0646\\u0642\\u0648\\u0634|\\u0645\\u062d\\u0641\\u0648\\u0631|\\u0645\\u0637\\u0631\\u0632|\\u062d\\u0641\\u0631|\\u0646\\u0642\\u0634)[\\u0629]? (?:\\u0628\\u0627\\u0633\\u0645|\\u0627\\u0633\\u0645) [\\u0621-\\u064a]+(?: [\\u0621-\\u064a]+)?|(?:\\u540d\\u5165\\u308c|\\u523b\\u5370)[:\\uff1a\\s\\u300c\\u300e]{1,3}[\\u3040-\\u30ff\\u4e00-\\u9fffA-Za-z]{1,12}(?: [\\u3040-\\u30ff\\u4e00-\\u9fffA-Za-z]{1,12})?[\\u300d\\u300f]?|[A-Z\\u00c0-\\u00de\\u0100-\\u017f][A-Za-z\\u00c0-\\u024f'\\u2019-]+(?: (?:(?:&|and|und|et|y|e|en|i|ve|von|van|de|da|di|del|der) )?[A-Z\\u00c0-\\u00de\\u0100-\\u017f][A-Za-z\\u00c0-\\u024f'\\u2019-]+){0,3} (?:isimli|yaz\\u0131l\\u0131|ismine \\u00f6zel)"
  },
  {
   "name": "token",
   "pattern": "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*)?"
  }
 ],
 "personalDataRule": "Patterns run over a reading of the same length: digits of Arabic, Persian and full-width form, and full-width @ and +, as ASCII; every white space as a space, and every dash as a hyphen. Where a text without its invisible characters holds personal data, they are left out of it first. What they find is replaced in the text itself. `check`: card is 14 to 19 digits with a prefix of cards and Luhn's check digit, and no GTIN; iban is a known country's length and remainder 1 of 97; phone is 9 to 15 digits; notIsbn is not a valid ISBN-10. A run of base64 that decodes to a text with an e-mail address is replaced, too.",
 "encodedRuns": [
  "[A-Za-z0-9+_-]{12,}={0,2}",
  "[A-Za-z0-9+/_-]{12,}={0,2}"
 ],
 "ibanLengths": {
  "AD": 24,
  "AE": 23,
  "AT": 20,
  "BE": 16,
  "BG": 22,
  "BH": 22,
  "BR": 29,
  "CH": 21,
  "CY": 28,
  "CZ": 24,
  "DE": 22,
  "DK": 18,
  "EE": 20,
  "EG": 29,
  "ES": 24,
  "FI": 18,
  "FR": 27,
  "GB": 22,
  "GR": 27,
  "HR": 21,
  "HU": 28,
  "IE": 22,
  "IL": 23,
  "IS": 26,
  "IT": 27,
  "JO": 30,
  "KW": 30,
  "LB": 28,
  "LI": 21,
  "LT": 20,
  "LU": 20,
  "LV": 21,
  "MA": 28,
  "MC": 27,
  "MT": 31,
  "NL": 18,
  "NO": 15,
  "PL": 28,
  "PT": 25,
  "QA": 29,
  "RO": 24,
  "RS": 22,
  "SA": 24,
  "SE": 24,
  "SI": 19,
  "SK": 24,
  "SM": 27,
  "TN": 24,
  "TR": 26,
  "UA": 29
 },
 "personalDataReplacement": "[removed]",
 "personalUrlParameters": [
  "accesstoken",
  "account",
  "accountid",
  "accountno",
  "addr",
  "address",
  "apellido",
  "apikey",
  "aspsessionid",
  "auth",
  "authkey",
  "authorization",
  "authtoken",
  "basketid",
  "bearer",
  "bestellnr",
  "bestellnummer",
  "bestellung",
  "bic",
  "birthdate",
  "birthday",
  "cardnumber",
  "cart",
  "cartid",
  "checkout",
  "client",
  "clientid",
  "cognome",
  "commande",
  "contactid",
  "credential",
  "credentials",
  "customer",
  "customerid",
  "customerno",
  "customernumber",
  "dob",
  "email",
  "emailaddress",
  "firstname",
  "fullname",
  "geburtsdatum",
  "guestid",
  "iban",
  "idtoken",
  "invoice",
  "invoiceid",
  "invoiceno",
  "jsessionid",
  "jwt",
  "kdnr",
  "kunde",
  "kundennr",
  "kundennummer",
  "lastname",
  "login",
  "loginid",
  "loyalty",
  "loyaltycard",
  "loyaltyid",
  "mail",
  "member",
  "memberid",
  "mobil",
  "mobile",
  "msisdn",
  "nachname",
  "name",
  "nombre",
  "order",
  "orderid",
  "orderkey",
  "orderno",
  "ordernumber",
  "ordine",
  "otp",
  "pass",
  "passwd",
  "password",
  "pedido",
  "personid",
  "phone",
  "phonenumber",
  "phpsessid",
  "plz",
  "postalcode",
  "postcode",
  "prenom",
  "profileid",
  "pwd",
  "recipient",
  "refreshtoken",
  "secret",
  "sess",
  "sessid",
  "session",
  "sessionid",
  "sid",
  "signature",
  "strasse",
  "street",
  "subscriber",
  "subscriberid",
  "surname",
  "tel",
  "telefon",
  "telephone",
  "token",
  "uid",
  "user",
  "userid",
  "username",
  "usr",
  "visitorid",
  "vorname",
  "whatsapp",
  "wishlistid",
  "zamowienie",
  "zip",
  "zipcode"
 ],
 "personalUrlParameterParts": [
  "email",
  "token",
  "session",
  "passw",
  "jwt",
  "customer",
  "kunden",
  "iban",
  "phone",
  "telefon",
  "username",
  "firstname",
  "lastname",
  "orderid",
  "ordernumber",
  "accountid",
  "userid",
  "memberid",
  "secret",
  "credential"
 ],
 "personalUrlParameterRule": "A name is compared percent-decoded, in lower case and without what is not a letter or a digit: equal to a name, or with one of the parts in it. Parameters of the query, of a route in the fragment and of a path (;jsessionid=1) are looked at. A parameter whose value is a token goes, too.",
 "privateAddresses": {
  "words": [
   "account",
   "accounts",
   "myaccount",
   "customeraccount",
   "customer",
   "useraccount",
   "checkout",
   "checkouts",
   "onepagecheckout",
   "cart",
   "carts",
   "mycart",
   "shoppingcart",
   "shoppingbag",
   "shoppingbasket",
   "viewcart",
   "orders",
   "myorders",
   "orderhistory",
   "orderstatus",
   "orderconfirmation",
   "orderconfirmed",
   "ordertracking",
   "orderreceived",
   "trackorder",
   "trackyourorder",
   "thankyou",
   "login",
   "signin",
   "logout",
   "signout",
   "signup",
   "resetpassword",
   "forgotpassword",
   "lostpassword",
   "changepassword",
   "passwordreset",
   "paymentmethods",
   "billingaddress",
   "shippingaddress",
   "addressbook",
   "editaddress",
   "myprofile",
   "mywallet",
   "guestorder",
   "orderlookup",
   "konto",
   "meinkonto",
   "kundenkonto",
   "meinkundenkonto",
   "benutzerkonto",
   "kundenbereich",
   "warenkorb",
   "meinwarenkorb",
   "einkaufswagen",
   "einkaufskorb",
   "kasse",
   "zurkasse",
   "bestellungen",
   "meinebestellungen",
   "bestellstatus",
   "bestellubersicht",
   "bestelluebersicht",
   "bestellbestatigung",
   "bestellbestaetigung",
   "bestellung",
   "anmelden",
   "anmeldung",
   "abmelden",
   "registrieren",
   "registrierung",
   "passwortvergessen",
   "passwort",
   "meinprofil",
   "meineadressen",
   "meinerechnungen",
   "zahlungsart",
   "zahlungsarten",
   "compte",
   "moncompte",
   "votrecompte",
   "espaceclient",
   "compteclient",
   "panier",
   "monpanier",
   "commande",
   "commandes",
   "mescommandes",
   "macommande",
   "suivicommande",
   "suividecommande",
   "confirmationcommande",
   "validationcommande",
   "paiement",
   "connexion",
   "seconnecter",
   "deconnexion",
   "creeruncompte",
   "motdepasse",
   "motdepasseoublie",
   "identification",
   "mesadresses",
   "mesfactures",
   "historiquedescommandes",
   "historiquecommandes",
   "cuenta",
   "micuenta",
   "carrito",
   "carritodecompra",
   "micarrito",
   "carrodecompra",
   "carrodelacompra",
   "cestadelacompra",
   "micesta",
   "mipedido",
   "pedidos",
   "mispedidos",
   "historialdepedidos",
   "finalizarcompra",
   "finalizarpedido",
   "tramitarpedido",
   "realizarpedido",
   "pasareladepago",
   "iniciarsesion",
   "cerrarsesion",
   "iniciodesesion",
   "registrarse",
   "contrasena",
   "recuperarcontrasena",
   "misdirecciones",
   "misfacturas",
   "areacliente",
   "areadecliente",
   "areaprivada",
   "seguimientodepedido",
   "ilmioaccount",
   "mioaccount",
   "iltuoaccount",
   "carrello",
   "ilmiocarrello",
   "ordini",
   "imieiordini",
   "mieiordini",
   "storicoordini",
   "statoordine",
   "confermaordine",
   "pagamento",
   "accedi",
   "esci",
   "registrati",
   "registrazione",
   "passworddimenticata",
   "recuperapassword",
   "areaclienti",
   "areariservata",
   "areapersonale",
   "mieiindirizzi",
   "imieiindirizzi",
   "mijnaccount",
   "winkelwagen",
   "winkelmand",
   "winkelmandje",
   "winkelwagentje",
   "bestellingen",
   "mijnbestellingen",
   "mijnbestelling",
   "bestelling",
   "afrekenen",
   "inloggen",
   "uitloggen",
   "aanmelden",
   "registreren",
   "wachtwoord",
   "wachtwoordvergeten",
   "mijngegevens",
   "mijnadressen",
   "bestelgeschiedenis",
   "bestelstatus",
   "mojekonto",
   "twojekonto",
   "kontoklienta",
   "koszyk",
   "twojkoszyk",
   "zamowienie",
   "zamowienia",
   "mojezamowienia",
   "historiazamowien",
   "statuszamowienia",
   "zlozzamowienie",
   "platnosc",
   "platnosci",
   "logowanie",
   "zaloguj",
   "zalogujsie",
   "wyloguj",
   "rejestracja",
   "zarejestruj",
   "haslo",
   "przypomnijhaslo",
   "panelklienta",
   "mojeadresy",
   "mojedane",
   "minhaconta",
   "aminhaconta",
   "carrinho",
   "meucarrinho",
   "carrinhodecompras",
   "cestodecompras",
   "sacodecompras",
   "encomendas",
   "minhasencomendas",
   "meuspedidos",
   "meupedido",
   "finalizarencomenda",
   "fecharpedido",
   "iniciarsessao",
   "terminarsessao",
   "registar",
   "cadastro",
   "cadastrese",
   "recuperarsenha",
   "esquecisenha",
   "minhasenha",
   "meusenderecos",
   "areadocliente",
   "centraldocliente",
   "حسابي",
   "الحساب",
   "حسابالعميل",
   "سله",
   "سلهالتسوق",
   "سلهالمشتريات",
   "السله",
   "عربهالتسوق",
   "سلة",
   "سلةالتسوق",
   "السلة",
   "عربةالتسوق",
   "الطلبات",
   "طلباتي",
   "اتمامالطلب",
   "اتمامالشراء",
   "الدفع",
   "تسجيلالدخول",
   "تسجيلدخول",
   "تسجيلالخروج",
   "انشاءحساب",
   "نسيتكلمهالمرور",
   "كلمةالمرور",
   "عناويني",
   "マイページ",
   "mypage",
   "マイアカウント",
   "アカウント",
   "カート",
   "ショッピングカート",
   "買い物かご",
   "お買い物かご",
   "買物かご",
   "注文",
   "注文履歴",
   "購入履歴",
   "注文手続き",
   "ご注文手続き",
   "購入手続き",
   "ログイン",
   "ログアウト",
   "会員登録",
   "新規会員登録",
   "会員ページ",
   "会員情報",
   "パスワード",
   "お支払い",
   "支払い",
   "レジ",
   "配送先",
   "kounyurireki",
   "hesap",
   "hesabim",
   "sepet",
   "sepetim",
   "alisverissepeti",
   "siparis",
   "siparisler",
   "siparislerim",
   "siparistakip",
   "siparistakibi",
   "siparisozeti",
   "odeme",
   "odemeyap",
   "giris",
   "girisyap",
   "uyegirisi",
   "cikisyap",
   "uyelik",
   "uyeol",
   "kayitol",
   "sifre",
   "sifremiunuttum",
   "adreslerim",
   "faturalarim",
   "musteripaneli"
  ],
  "firstWords": [
   "order",
   "basket",
   "bag",
   "profile",
   "payment",
   "payments",
   "billing",
   "invoice",
   "invoices",
   "register",
   "password",
   "user",
   "members",
   "memberarea",
   "kunde",
   "kunden",
   "rechnung",
   "rechnungen",
   "zahlung",
   "adressen",
   "caisse",
   "facture",
   "factures",
   "inscription",
   "cesta",
   "carro",
   "bolsa",
   "pedido",
   "pago",
   "acceso",
   "acceder",
   "registro",
   "direcciones",
   "facturas",
   "ordine",
   "conto",
   "accesso",
   "fatture",
   "kassa",
   "betalen",
   "facturen",
   "adresy",
   "faktury",
   "cesto",
   "encomenda",
   "entrar",
   "senha",
   "enderecos",
   "faturas",
   "faturalar",
   "secure",
   "my",
   "me",
   "monespace",
   "identity",
   "auth",
   "oauth",
   "sso",
   "kasa",
   "conta",
   "cassa",
   "kayit",
   "finalizar",
   "طلب",
   "تسجيل",
   "كلمهالمرور"
  ],
  "hosts": [
   "account",
   "accounts",
   "konto",
   "meinkonto",
   "checkout",
   "login",
   "signin",
   "auth",
   "sso",
   "identity",
   "secure",
   "mon",
   "mein",
   "mijn",
   "kasse",
   "panier",
   "warenkorb",
   "cart",
   "orders",
   "mypage",
   "member",
   "members",
   "hesabim",
   "hesap",
   "moje",
   "moncompte",
   "espaceclient",
   "cuenta",
   "micuenta"
  ],
  "routeParameters": [
   "route",
   "controller",
   "page",
   "view",
   "action",
   "main_page",
   "path",
   "r",
   "do",
   "cl",
   "fc"
  ],
  "prefixes": [
   "/wishlist/shared"
  ]
 },
 "privateAddressRule": "A part of a path is compared percent-decoded, without case, accents, signs and the ending of a program's file. words are private in any of the first six parts, firstWords in the first after locales and words such as shop. The route of a fragment and the paths in routeParameters are compared like paths; a host is private by its first part, before a domain.",
 "retentionDays": 365,
 "maxInteractions": 1000
};

export const currencies = {
 "about": "ISO 4217 codes with their number of minor-unit digits, and what shops write instead. A symbol's `byRegion` is asked first, then `currency`; without either the symbol says only that a number is a price. Symbols are listed longest first: take the first that fits. One made of letters needs a non-letter (or the end) on both sides; of two letters or more it ignores case. The region (ISO 3166-1 alpha-2) is the host's country top-level domain (through `topLevelDomains`, else in upper case), else the region subtag of the page's language, else `languages`. Country domains in `genericDomains` name no country. `words` are codes that are also English words: in visible text they are no currency. `free` are whole texts that mean an amount of 0.",
 "minorUnits": {
  "AED": 2,
  "AFN": 2,
  "ALL": 2,
  "AMD": 2,
  "ANG": 2,
  "AOA": 2,
  "ARS": 2,
  "AUD": 2,
  "AWG": 2,
  "AZN": 2,
  "BAM": 2,
  "BBD": 2,
  "BDT": 2,
  "BGN": 2,
  "BHD": 3,
  "BIF": 0,
  "BMD": 2,
  "BND": 2,
  "BOB": 2,
  "BRL": 2,
  "BSD": 2,
  "BTN": 2,
  "BWP": 2,
  "BYN": 2,
  "BZD": 2,
  "CAD": 2,
  "CDF": 2,
  "CHF": 2,
  "CLP": 0,
  "CNY": 2,
  "COP": 2,
  "CRC": 2,
  "CUP": 2,
  "CVE": 2,
  "CZK": 2,
  "DJF": 0,
  "DKK": 2,
  "DOP": 2,
  "DZD": 2,
  "EGP": 2,
  "ERN": 2,
  "ETB": 2,
  "EUR": 2,
  "FJD": 2,
  "FKP": 2,
  "GBP": 2,
  "GEL": 2,
  "GHS": 2,
  "GIP": 2,
  "GMD": 2,
  "GNF": 0,
  "GTQ": 2,
  "GYD": 2,
  "HKD": 2,
  "HNL": 2,
  "HRK": 2,
  "HTG": 2,
  "HUF": 2,
  "IDR": 2,
  "ILS": 2,
  "INR": 2,
  "IQD": 3,
  "IRR": 2,
  "ISK": 0,
  "JMD": 2,
  "JOD": 3,
  "JPY": 0,
  "KES": 2,
  "KGS": 2,
  "KHR": 2,
  "KMF": 0,
  "KPW": 2,
  "KRW": 0,
  "KWD": 3,
  "KYD": 2,
  "KZT": 2,
  "LAK": 2,
  "LBP": 2,
  "LKR": 2,
  "LRD": 2,
  "LSL": 2,
  "LYD": 3,
  "MAD": 2,
  "MDL": 2,
  "MGA": 2,
  "MKD": 2,
  "MMK": 2,
  "MNT": 2,
  "MOP": 2,
  "MRU": 2,
  "MUR": 2,
  "MVR": 2,
  "MWK": 2,
  "MXN": 2,
  "MYR": 2,
  "MZN": 2,
  "NAD": 2,
  "NGN": 2,
  "NIO": 2,
  "NOK": 2,
  "NPR": 2,
  "NZD": 2,
  "OMR": 3,
  "PAB": 2,
  "PEN": 2,
  "PGK": 2,
  "PHP": 2,
  "PKR": 2,
  "PLN": 2,
  "PYG": 0,
  "QAR": 2,
  "RON": 2,
  "RSD": 2,
  "RUB": 2,
  "RWF": 0,
  "SAR": 2,
  "SBD": 2,
  "SCR": 2,
  "SDG": 2,
  "SEK": 2,
  "SGD": 2,
  "SHP": 2,
  "SLE": 2,
  "SOS": 2,
  "SRD": 2,
  "SSP": 2,
  "STN": 2,
  "SVC": 2,
  "SYP": 2,
  "SZL": 2,
  "THB": 2,
  "TJS": 2,
  "TMT": 2,
  "TND": 3,
  "TOP": 2,
  "TRY": 2,
  "TTD": 2,
  "TWD": 2,
  "TZS": 2,
  "UAH": 2,
  "UGX": 0,
  "USD": 2,
  "UYU": 2,
  "UZS": 2,
  "VES": 2,
  "VND": 0,
  "VUV": 0,
  "WST": 2,
  "XAF": 0,
  "XCD": 2,
  "XCG": 2,
  "XOF": 0,
  "XPF": 0,
  "YER": 2,
  "ZAR": 2,
  "ZMW": 2,
  "ZWG": 2
 },
 "symbols": [
  {
   "symbol": "бел. руб",
   "currency": "BYN"
  },
  {
   "symbol": "рублей",
   "currency": "RUB"
  },
  {
   "symbol": "тенге",
   "currency": "KZT"
  },
  {
   "symbol": "б.р.",
   "currency": "BYN"
  },
  {
   "symbol": "ريال",
   "currency": "SAR"
  },
  {
   "symbol": "درهم",
   "currency": "AED"
  },
  {
   "symbol": "جنيه",
   "currency": "EGP"
  },
  {
   "symbol": "CAN$",
   "currency": "CAD"
  },
  {
   "symbol": "CLP$",
   "currency": "CLP"
  },
  {
   "symbol": "COL$",
   "currency": "COP"
  },
  {
   "symbol": "Euro",
   "currency": "EUR"
  },
  {
   "symbol": "FCFA",
   "currency": "XOF"
  },
  {
   "symbol": "Mex$",
   "currency": "MXN"
  },
  {
   "symbol": "ש\"ח",
   "currency": "ILS"
  },
  {
   "symbol": "NIS",
   "currency": "ILS"
  },
  {
   "symbol": "сом",
   "currency": "KGS"
  },
  {
   "symbol": "сум",
   "currency": "UZS"
  },
  {
   "symbol": "บาท",
   "currency": "THB"
  },
  {
   "symbol": "AR$",
   "currency": "ARS"
  },
  {
   "symbol": "AU$",
   "currency": "AUD"
  },
  {
   "symbol": "CA$",
   "currency": "CAD"
  },
  {
   "symbol": "CFA",
   "currency": "XOF"
  },
  {
   "symbol": "Fr.",
   "currency": "CHF"
  },
  {
   "symbol": "HK$",
   "currency": "HKD"
  },
  {
   "symbol": "KSh",
   "currency": "KES"
  },
  {
   "symbol": "MX$",
   "currency": "MXN"
  },
  {
   "symbol": "NT$",
   "currency": "TWD"
  },
  {
   "symbol": "NZ$",
   "currency": "NZD"
  },
  {
   "symbol": "RD$",
   "currency": "DOP"
  },
  {
   "symbol": "RMB",
   "currency": "CNY"
  },
  {
   "symbol": "SFr",
   "currency": "CHF"
  },
  {
   "symbol": "SG$",
   "currency": "SGD"
  },
  {
   "symbol": "TSh",
   "currency": "TZS"
  },
  {
   "symbol": "TT$",
   "currency": "TTD"
  },
  {
   "symbol": "U$S",
   "currency": "USD"
  },
  {
   "symbol": "US$",
   "currency": "USD"
  },
  {
   "symbol": "USh",
   "currency": "UGX"
  },
  {
   "symbol": "dhs",
   "currency": "AED",
   "byRegion": {
    "MA": "MAD"
   }
  },
  {
   "symbol": "din",
   "currency": "RSD"
  },
  {
   "symbol": "lei",
   "currency": "RON",
   "byRegion": {
    "MD": "MDL"
   }
  },
  {
   "symbol": "грн",
   "currency": "UAH"
  },
  {
   "symbol": "ден",
   "currency": "MKD"
  },
  {
   "symbol": "дин",
   "currency": "RSD"
  },
  {
   "symbol": "руб",
   "currency": "RUB",
   "byRegion": {
    "BY": "BYN"
   }
  },
  {
   "symbol": "ج.م",
   "currency": "EGP"
  },
  {
   "symbol": "د.إ",
   "currency": "AED"
  },
  {
   "symbol": "د.ك",
   "currency": "KWD"
  },
  {
   "symbol": "ر.س",
   "currency": "SAR"
  },
  {
   "symbol": "kn",
   "currency": "HRK"
  },
  {
   "symbol": "Br",
   "currency": "BYN"
  },
  {
   "symbol": "zl",
   "currency": "PLN"
  },
  {
   "symbol": "тг",
   "currency": "KZT"
  },
  {
   "symbol": "Tk",
   "currency": "BDT"
  },
  {
   "symbol": "$U",
   "currency": "UYU"
  },
  {
   "symbol": "A$",
   "currency": "AUD"
  },
  {
   "symbol": "Bs",
   "currency": "BOB"
  },
  {
   "symbol": "C$",
   "currency": "CAD"
  },
  {
   "symbol": "DH",
   "currency": "MAD",
   "byRegion": {
    "AE": "AED"
   }
  },
  {
   "symbol": "DT",
   "currency": "TND"
  },
  {
   "symbol": "Ft",
   "currency": "HUF"
  },
  {
   "symbol": "J$",
   "currency": "JMD"
  },
  {
   "symbol": "KM",
   "currency": "BAM"
  },
  {
   "symbol": "Kč",
   "currency": "CZK"
  },
  {
   "symbol": "R$",
   "currency": "BRL"
  },
  {
   "symbol": "RM",
   "currency": "MYR"
  },
  {
   "symbol": "Rp",
   "currency": "IDR"
  },
  {
   "symbol": "Rs",
   "currency": "INR",
   "byRegion": {
    "PK": "PKR",
    "LK": "LKR",
    "NP": "NPR",
    "MU": "MUR"
   }
  },
  {
   "symbol": "S$",
   "currency": "SGD"
  },
  {
   "symbol": "S/",
   "currency": "PEN"
  },
  {
   "symbol": "TL",
   "currency": "TRY"
  },
  {
   "symbol": "kr",
   "byRegion": {
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "IS": "ISK",
    "FO": "DKK"
   }
  },
  {
   "symbol": "zł",
   "currency": "PLN"
  },
  {
   "symbol": "лв",
   "currency": "BGN"
  },
  {
   "symbol": "р.",
   "currency": "RUB",
   "byRegion": {
    "BY": "BYN"
   }
  },
  {
   "symbol": "$",
   "currency": "USD",
   "byRegion": {
    "AU": "AUD",
    "CA": "CAD",
    "NZ": "NZD",
    "HK": "HKD",
    "SG": "SGD",
    "TW": "TWD",
    "MX": "MXN",
    "CL": "CLP",
    "CO": "COP",
    "AR": "ARS",
    "UY": "UYU"
   }
  },
  {
   "symbol": "R",
   "currency": "ZAR"
  },
  {
   "symbol": "£",
   "currency": "GBP",
   "byRegion": {
    "EG": "EGP",
    "LB": "LBP"
   }
  },
  {
   "symbol": "¥",
   "currency": "JPY",
   "byRegion": {
    "CN": "CNY"
   }
  },
  {
   "symbol": "đ",
   "currency": "VND"
  },
  {
   "symbol": "৳",
   "currency": "BDT"
  },
  {
   "symbol": "฿",
   "currency": "THB"
  },
  {
   "symbol": "៛",
   "currency": "KHR"
  },
  {
   "symbol": "₡",
   "currency": "CRC"
  },
  {
   "symbol": "₦",
   "currency": "NGN"
  },
  {
   "symbol": "₩",
   "currency": "KRW"
  },
  {
   "symbol": "₪",
   "currency": "ILS"
  },
  {
   "symbol": "₫",
   "currency": "VND"
  },
  {
   "symbol": "€",
   "currency": "EUR"
  },
  {
   "symbol": "₭",
   "currency": "LAK"
  },
  {
   "symbol": "₮",
   "currency": "MNT"
  },
  {
   "symbol": "₱",
   "currency": "PHP"
  },
  {
   "symbol": "₲",
   "currency": "PYG"
  },
  {
   "symbol": "₴",
   "currency": "UAH"
  },
  {
   "symbol": "₵",
   "currency": "GHS"
  },
  {
   "symbol": "₸",
   "currency": "KZT"
  },
  {
   "symbol": "₹",
   "currency": "INR"
  },
  {
   "symbol": "₺",
   "currency": "TRY"
  },
  {
   "symbol": "₼",
   "currency": "AZN"
  },
  {
   "symbol": "₽",
   "currency": "RUB"
  },
  {
   "symbol": "₾",
   "currency": "GEL"
  },
  {
   "symbol": "元",
   "currency": "CNY",
   "byRegion": {
    "TW": "TWD"
   }
  },
  {
   "symbol": "円",
   "currency": "JPY"
  },
  {
   "symbol": "원",
   "currency": "KRW"
  },
  {
   "symbol": "﷼",
   "currency": "IRR",
   "byRegion": {
    "SA": "SAR",
    "OM": "OMR",
    "QA": "QAR",
    "YE": "YER"
   }
  }
 ],
 "topLevelDomains": {
  "uk": "GB"
 },
 "genericDomains": [
  "ai",
  "cc",
  "co",
  "fm",
  "gg",
  "io",
  "la",
  "ly",
  "me",
  "sh",
  "to",
  "tv",
  "ws"
 ],
 "languages": {
  "sv": "SE",
  "nb": "NO",
  "nn": "NO",
  "no": "NO",
  "da": "DK",
  "is": "IS",
  "ja": "JP",
  "zh-Hans": "CN",
  "zh-Hant": "TW"
 },
 "words": [
  "ALL",
  "BAM",
  "CUP",
  "MOP",
  "SOS",
  "TOP"
 ],
 "free": [
  "free",
  "gratis",
  "kostenlos",
  "gratuit",
  "gratuito"
 ]
};

export const pageWords = {
 "about": "Words by which pages are read, for both languages. Texts are folded before they are compared: lower case, letters only (Unicode L). The content script reads `clicks`, the words of a control that was used: a phrase of a kind says it alone; else a word of `adding` or `removing` must stand beside one of its things. In scripts that write no spaces a phrase is found anywhere. `codes` are found in names, classes and addresses, of which only letters are compared.",
 "availability": {
  "InStock": [
   "in stock",
   "instock",
   "available",
   "available now",
   "available for order",
   "in stock now",
   "ready to ship",
   "true",
   "yes",
   "auf lager",
   "lieferbar",
   "sofort lieferbar",
   "verfügbar",
   "vorrätig",
   "en stock",
   "disponible",
   "disponibile",
   "disponível",
   "em estoque",
   "em stock",
   "op voorraad",
   "beschikbaar",
   "i lager",
   "finns i lager",
   "på lager",
   "varastossa",
   "na stanie",
   "dostępny",
   "w magazynie",
   "skladem",
   "na sklade",
   "raktáron",
   "în stoc",
   "в наличии",
   "в наявності",
   "stokta var",
   "mevcut",
   "在庫あり",
   "有货",
   "有貨",
   "재고 있음"
  ],
  "OutOfStock": [
   "out of stock",
   "outofstock",
   "oos",
   "unavailable",
   "not available",
   "currently unavailable",
   "temporarily out of stock",
   "no stock",
   "false",
   "nicht auf lager",
   "nicht verfügbar",
   "nicht lieferbar",
   "derzeit nicht verfügbar",
   "rupture de stock",
   "en rupture de stock",
   "indisponible",
   "épuisé",
   "sin existencias",
   "no disponible",
   "non disponibile",
   "indisponível",
   "sem estoque",
   "fora de estoque",
   "niet op voorraad",
   "niet beschikbaar",
   "ej i lager",
   "slut i lager",
   "ikke på lager",
   "ei varastossa",
   "brak w magazynie",
   "niedostępny",
   "produkt niedostępny",
   "není skladem",
   "vyprodané",
   "nincs raktáron",
   "stoc epuizat",
   "нет в наличии",
   "немає в наявності",
   "stokta yok",
   "在庫なし",
   "缺货",
   "缺貨"
  ],
  "SoldOut": [
   "sold out",
   "soldout",
   "ausverkauft",
   "agotado",
   "esaurito",
   "esgotado",
   "uitverkocht",
   "slutsåld",
   "udsolgt",
   "utsolgt",
   "loppuunmyyty",
   "wyprzedane",
   "vyprodáno",
   "elfogyott",
   "распродано",
   "tükendi",
   "売り切れ",
   "sold",
   "품절",
   "售罄"
  ],
  "LimitedAvailability": [
   "limited availability",
   "limitedavailability",
   "limited",
   "low stock",
   "only a few left",
   "few left",
   "last pieces"
  ],
  "PreOrder": [
   "pre order",
   "preorder",
   "vorbestellung",
   "vorbestellbar",
   "précommande",
   "reserva",
   "预订"
  ],
  "BackOrder": [
   "back order",
   "backorder",
   "backordered",
   "available on backorder",
   "on backorder"
  ],
  "Discontinued": [
   "discontinued",
   "no longer available",
   "nicht mehr lieferbar",
   "nicht mehr verfügbar"
  ],
  "InStoreOnly": [
   "in store only",
   "instoreonly"
  ],
  "OnlineOnly": [
   "online only",
   "onlineonly"
  ],
  "PreSale": [
   "pre sale",
   "presale"
  ],
  "Reserved": [
   "reserved"
  ],
  "MadeToOrder": [
   "made to order",
   "madetoorder"
  ]
 },
 "condition": {
  "NewCondition": [
   "new",
   "newcondition",
   "brand new",
   "neu",
   "neuf",
   "nuevo",
   "nuovo"
  ],
  "UsedCondition": [
   "used",
   "usedcondition",
   "pre owned",
   "preowned",
   "second hand",
   "gebraucht",
   "occasion",
   "usado",
   "usato"
  ],
  "RefurbishedCondition": [
   "refurbished",
   "refurbishedcondition",
   "renewed",
   "generalüberholt",
   "reconditionné"
  ],
  "DamagedCondition": [
   "damaged",
   "damagedcondition"
  ]
 },
 "fillers": [
  "this",
  "item",
  "product",
  "is",
  "are",
  "it",
  "currently",
  "temporarily",
  "sorry",
  "now",
  "unfortunately",
  "the",
  "article",
  "online",
  "at",
  "moment",
  "right",
  "has",
  "been",
  "artikel",
  "produkt",
  "dieser",
  "dieses",
  "der",
  "das",
  "derzeit",
  "aktuell",
  "leider",
  "momentan",
  "ist",
  "zurzeit",
  "produit",
  "ce",
  "cet",
  "est",
  "actuellement",
  "momentanément",
  "désolé",
  "prodotto",
  "questo",
  "articolo",
  "attualmente",
  "al",
  "momento",
  "è",
  "este",
  "producto",
  "artículo",
  "está",
  "actualmente",
  "temporalmente",
  "produto",
  "temporariamente",
  "товар",
  "сейчас",
  "временно",
  "к",
  "сожалению",
  "tuote",
  "tuotetta",
  "varan",
  "är",
  "tillfälligt",
  "dit",
  "product",
  "momenteel",
  "helaas",
  "produkt",
  "jest",
  "obecnie",
  "zboží",
  "je",
  "momentálně"
 ],
 "home": [
  "home",
  "homepage",
  "home page",
  "start",
  "startseite",
  "accueil",
  "inicio",
  "início",
  "hem",
  "hjem",
  "forside",
  "etusivu",
  "strona główna",
  "domů",
  "domov",
  "főoldal",
  "acasă",
  "главная",
  "головна",
  "ana sayfa",
  "αρχική",
  "ホーム",
  "首页",
  "首頁",
  "홈"
 ],
 "clicks": {
  "adding": [
   "add",
   "move",
   "put",
   "save",
   "hinzufügen",
   "legen",
   "setzen",
   "ajouter",
   "mettre",
   "enregistrer",
   "añadir",
   "añade",
   "agregar",
   "guardar",
   "aggiungi",
   "salva",
   "adicionar",
   "adiciona",
   "colocar",
   "toevoegen",
   "voeg",
   "zet",
   "plaats",
   "dodaj",
   "dodać",
   "zapisz",
   "lägg",
   "spara",
   "læg",
   "tilføj",
   "føj",
   "gem",
   "legg",
   "lagre",
   "lisää",
   "tallenna",
   "přidat",
   "vložit",
   "pridať",
   "vložiť",
   "tedd",
   "hozzáadás",
   "adaugă",
   "adăuga",
   "salvează",
   "добавить",
   "положить",
   "додати",
   "покласти",
   "ekle",
   "προσθήκη",
   "أضف",
   "إضافة",
   "הוסף",
   "הוסיפו",
   "入れる",
   "追加",
   "加入",
   "添加",
   "담기",
   "추가"
  ],
  "removing": [
   "remove",
   "delete",
   "undo",
   "entfernen",
   "löschen",
   "retirer",
   "supprimer",
   "enlever",
   "quitar",
   "eliminar",
   "borrar",
   "rimuovi",
   "elimina",
   "togli",
   "remover",
   "excluir",
   "verwijder",
   "verwijderen",
   "usuń",
   "usunąć",
   "ta bort",
   "radera",
   "fjern",
   "slet",
   "slett",
   "poista",
   "odebrat",
   "odstranit",
   "smazat",
   "odstrániť",
   "eltávolítás",
   "törlés",
   "șterge",
   "elimină",
   "удалить",
   "убрать",
   "видалити",
   "прибрати",
   "kaldır",
   "çıkar",
   "sil",
   "αφαίρεση",
   "διαγραφή",
   "إزالة",
   "حذف",
   "הסר",
   "הסירו",
   "削除",
   "外す",
   "移除",
   "删除",
   "刪除",
   "삭제",
   "제거"
  ],
  "added": [
   "added",
   "saved",
   "in your",
   "hinzugefügt",
   "gespeichert",
   "gemerkt",
   "ajouté",
   "enregistré",
   "añadido",
   "guardado",
   "agregado",
   "aggiunto",
   "salvato",
   "adicionado",
   "salvo",
   "toegevoegd",
   "bewaard",
   "dodano",
   "zapisano",
   "tillagd",
   "sparad",
   "tilføjet",
   "gemt",
   "lagt til",
   "lagret",
   "lisätty",
   "tallennettu",
   "přidáno",
   "uloženo",
   "hozzáadva",
   "adăugat",
   "salvat",
   "добавлено",
   "сохранено",
   "додано",
   "збережено",
   "eklendi",
   "kaydedildi",
   "προστέθηκε",
   "تمت الإضافة",
   "נוסף",
   "追加済み",
   "已添加",
   "已加入",
   "已收藏",
   "추가됨"
  ],
  "cart": {
   "things": [
    "cart",
    "bag",
    "basket",
    "trolley",
    "shopping bag",
    "shopping cart",
    "warenkorb",
    "einkaufswagen",
    "einkaufskorb",
    "panier",
    "cesta",
    "carrito",
    "carro",
    "bolsa",
    "carrello",
    "borsa",
    "carrinho",
    "cesto",
    "winkelwagen",
    "winkelmand",
    "winkelmandje",
    "koszyk",
    "koszyka",
    "varukorg",
    "varukorgen",
    "kundvagn",
    "kundvagnen",
    "kurv",
    "kurven",
    "handlekurv",
    "handlekurven",
    "indkøbskurv",
    "ostoskori",
    "ostoskoriin",
    "ostoskorista",
    "košík",
    "košíku",
    "kosár",
    "kosárba",
    "kosárból",
    "coș",
    "coșul",
    "корзина",
    "корзину",
    "корзины",
    "кошик",
    "кошика",
    "sepet",
    "sepete",
    "sepetten",
    "καλάθι",
    "السلة",
    "سلة",
    "לסל",
    "סל",
    "לעגלה",
    "カート",
    "かご",
    "购物车",
    "購物車",
    "장바구니"
   ],
   "phrases": [
    "to cart",
    "to bag",
    "to basket",
    "to trolley",
    "to your cart",
    "to your bag",
    "to your basket",
    "in den warenkorb",
    "in den einkaufswagen",
    "in den einkaufskorb",
    "ajouter au panier",
    "añadir al carrito",
    "añadir a la cesta",
    "aggiungi al carrello",
    "adicionar ao carrinho",
    "in winkelwagen",
    "in winkelmand",
    "in mijn winkelwagen",
    "do koszyka",
    "i varukorgen",
    "i kundvagnen",
    "i kurv",
    "i kurven",
    "i handlekurv",
    "i handlekurven",
    "ostoskoriin",
    "do košíku",
    "kosárba",
    "в корзину",
    "до кошика",
    "у кошик",
    "sepete ekle",
    "στο καλάθι",
    "أضف إلى السلة",
    "הוספה לסל",
    "カートに入れる",
    "加入购物车",
    "加入購物車",
    "장바구니 담기",
    "장바구니에 담기"
   ],
   "codes": {
    "add": [
     "addtocart",
     "addtobasket",
     "addtobag",
     "addtotrolley",
     "addcart",
     "addbasket",
     "cartadd",
     "basketadd",
     "bagadd",
     "atcbutton",
     "btnatc"
    ],
    "remove": [
     "removefromcart",
     "removefrombasket",
     "removefrombag",
     "removecart",
     "cartremove",
     "cartdelete",
     "deletefromcart",
     "basketremove",
     "bagremove"
    ],
    "place": [
     "cart",
     "basket",
     "warenkorb",
     "panier",
     "carrito",
     "carrello"
    ]
   }
  },
  "wishlist": {
   "things": [
    "wishlist",
    "wish list",
    "wishes",
    "favorite",
    "favourite",
    "favorites",
    "favourites",
    "saved items",
    "saved",
    "shopping list",
    "merkzettel",
    "wunschliste",
    "wunschzettel",
    "merkliste",
    "favoriten",
    "liste d envies",
    "liste de souhaits",
    "favoris",
    "coup de coeur",
    "coups de cœur",
    "lista de deseos",
    "favoritos",
    "favorito",
    "lista dei desideri",
    "preferiti",
    "preferito",
    "lista de desejos",
    "verlanglijst",
    "verlanglijstje",
    "wensenlijst",
    "favorieten",
    "favoriet",
    "ulubione",
    "ulubionych",
    "lista życzeń",
    "listy życzeń",
    "önskelista",
    "önskelistan",
    "favorit",
    "favoriter",
    "ønskeliste",
    "ønskelisten",
    "ønskeseddel",
    "favoritter",
    "suosikit",
    "suosikkeihin",
    "suosikeista",
    "toivelista",
    "toivelistalle",
    "oblíbené",
    "oblíbených",
    "seznam přání",
    "seznamu přání",
    "obľúbené",
    "kedvencek",
    "kedvencekhez",
    "kívánságlista",
    "kívánságlistára",
    "favorite",
    "lista de dorințe",
    "избранное",
    "избранного",
    "список желаний",
    "вишлист",
    "обране",
    "обраного",
    "список бажань",
    "favoriler",
    "favorilere",
    "favorilerden",
    "favorilerim",
    "istek listesi",
    "istek listesine",
    "istek listesinden",
    "αγαπημένα",
    "λίστα επιθυμιών",
    "المفضلة",
    "قائمة الرغبات",
    "قائمة الأمنيات",
    "מועדפים",
    "למועדפים",
    "רשימת המשאלות",
    "לרשימת המשאלות",
    "お気に入り",
    "ほしい物リスト",
    "ほしいものリスト",
    "收藏",
    "收藏夹",
    "心愿单",
    "願望清單",
    "收藏夾",
    "찜",
    "위시리스트",
    "관심상품"
   ],
   "phrases": [
    "to wishlist",
    "to wish list",
    "to favorites",
    "to favourites",
    "to saved",
    "to saved items",
    "to your wishlist",
    "to your wish list",
    "to my wishlist",
    "save for later",
    "save to list",
    "auf den merkzettel",
    "auf die merkliste",
    "auf die wunschliste",
    "auf den wunschzettel",
    "zu favoriten",
    "merken",
    "für später merken",
    "für später speichern",
    "mettre de côté",
    "garder pour plus tard",
    "guardar para después",
    "guardar para más tarde",
    "salva per dopo",
    "guardar para depois",
    "salvar para depois",
    "bewaar voor later",
    "bewaren",
    "zapisz na później",
    "do ulubionych",
    "spara till senare",
    "gem til senere",
    "lagre til senere",
    "tallenna myöhemmäksi",
    "uložit na později",
    "до обраного",
    "в обране",
    "в избранное",
    "daha sonrası için kaydet",
    "favorilere ekle",
    "στα αγαπημένα",
    "أضف إلى المفضلة",
    "הוספה למועדפים",
    "お気に入りに追加",
    "あとで買う",
    "加入收藏",
    "稍后购买",
    "찜하기"
   ],
   "codes": {
    "add": [
     "addtowishlist",
     "addtowish",
     "addwishlist",
     "wishlistadd",
     "addtofavorite",
     "addtofavourite",
     "addfavorite",
     "addfavourite",
     "favoriteadd",
     "favouriteadd",
     "savetowishlist",
     "saveforlater"
    ],
    "remove": [
     "removefromwishlist",
     "removewishlist",
     "wishlistremove",
     "wishlistdelete",
     "removefromfavorite",
     "removefromfavourite",
     "removefavorite",
     "removefavourite",
     "unfavorite",
     "unfavourite"
    ],
    "toggle": [
     "wishlist",
     "favorite",
     "favourite",
     "heart",
     "wunschliste",
     "merkzettel"
    ],
    "place": [
     "wishlist",
     "wish-list",
     "favorite",
     "favourite",
     "merkzettel",
     "wunschliste",
     "favoris",
     "favoritos",
     "preferiti"
    ]
   }
  },
  "purchase": {
   "things": [],
   "phrases": [
    "buy now",
    "buy it now",
    "order now",
    "place order",
    "place your order",
    "complete purchase",
    "complete order",
    "jetzt kaufen",
    "sofort kaufen",
    "sofortkauf",
    "jetzt bestellen",
    "zahlungspflichtig bestellen",
    "kostenpflichtig bestellen",
    "acheter maintenant",
    "commander maintenant",
    "comprar ahora",
    "comprar ya",
    "acquista ora",
    "compra ora",
    "comprar agora",
    "nu kopen",
    "koop nu",
    "direct bestellen",
    "kup teraz",
    "kupuję teraz",
    "köp nu",
    "køb nu",
    "kjøp nå",
    "osta nyt",
    "koupit nyní",
    "koupit hned",
    "vásárlás most",
    "megveszem",
    "cumpără acum",
    "купить сейчас",
    "купить в один клик",
    "купити зараз",
    "hemen al",
    "şimdi al",
    "satın al",
    "αγορά τώρα",
    "اشتر الآن",
    "اشتري الآن",
    "קנה עכשיו",
    "今すぐ買う",
    "今すぐ購入",
    "立即购买",
    "立即購買",
    "马上购买",
    "바로구매",
    "바로 구매",
    "지금 구매"
   ],
   "codes": {
    "add": [
     "buynow",
     "buyitnow",
     "placeorder"
    ],
    "remove": []
   }
  },
  "activeClasses": [
   "active",
   "added",
   "selected",
   "filled",
   "checked",
   "pressed",
   "liked",
   "saved",
   "favorited",
   "favourited",
   "wishlisted",
   "on"
  ]
 },
 "addToCart": [
  "add to cart",
  "add to your cart",
  "add to your basket",
  "add to your bag",
  "add to bag",
  "add to basket",
  "add to shopping bag",
  "add to trolley",
  "buy now",
  "buy it now",
  "in den warenkorb",
  "in den einkaufswagen",
  "jetzt kaufen",
  "ajouter au panier",
  "añadir al carrito",
  "añadir a la cesta",
  "agregar al carrito",
  "comprar",
  "comprar ahora",
  "aggiungi al carrello",
  "adicionar ao carrinho",
  "in winkelwagen",
  "in winkelmand",
  "lägg i varukorgen",
  "lägg i kundvagn",
  "læg i kurv",
  "legg i handlekurv",
  "lisää ostoskoriin",
  "dodaj do koszyka",
  "do koszyka",
  "do košíku",
  "přidat do košíku",
  "vložit do košíku",
  "kosárba",
  "adaugă în coș",
  "в корзину",
  "добавить в корзину",
  "до кошика",
  "купити",
  "sepete ekle",
  "カートに入れる",
  "加入购物车",
  "加入購物車",
  "장바구니 담기"
 ],
 "notFound": [
  "page not found",
  "not found",
  "404",
  "404 not found",
  "error 404",
  "404 error",
  "we can't find that page",
  "seite nicht gefunden",
  "page introuvable",
  "página no encontrada",
  "pagina non trovata",
  "página não encontrada",
  "pagina niet gevonden",
  "sidan hittades inte",
  "siden blev ikke fundet",
  "strona nie została znaleziona",
  "stránka nenalezena",
  "страница не найдена",
  "sayfa bulunamadı",
  "ページが見つかりません",
  "product not found",
  "this product is no longer available"
 ],
 "blocked": [
  "access denied",
  "access to this page has been denied",
  "attention required",
  "just a moment",
  "are you a robot",
  "are you human",
  "robot check",
  "verify you are human",
  "checking your browser before accessing",
  "pardon our interruption",
  "request unsuccessful",
  "request blocked",
  "you have been blocked",
  "please enable cookies and reload",
  "captcha",
  "security check",
  "human verification",
  "403 forbidden",
  "forbidden",
  "too many requests"
 ],
 "labels": {
  "sku": [
   "sku",
   "sku no",
   "sku number",
   "sku code",
   "product sku",
   "item number",
   "item no",
   "item code",
   "item id",
   "item",
   "item model number",
   "product code",
   "product number",
   "product no",
   "product id",
   "article number",
   "article no",
   "article code",
   "article",
   "art no",
   "art nr",
   "stock code",
   "stock number",
   "stock no",
   "catalog number",
   "catalogue number",
   "catalog no",
   "catalogue no",
   "cat no",
   "order code",
   "order number",
   "order no",
   "reference",
   "reference number",
   "ref",
   "ref no",
   "product ref",
   "product reference",
   "asin",
   "ebay item number",
   "style number",
   "style no",
   "style code",
   "style",
   "web id",
   "web code",
   "merchant sku",
   "artikelnummer",
   "artikel nr",
   "artikel",
   "artikelcode",
   "bestellnummer",
   "bestell nr",
   "best nr",
   "produktnummer",
   "produkt nr",
   "produktcode",
   "productnummer",
   "art",
   "référence",
   "réf",
   "référence produit",
   "code article",
   "code produit",
   "n article",
   "numéro d'article",
   "referencia",
   "referencia del producto",
   "código",
   "código de producto",
   "código del producto",
   "código de artículo",
   "cód",
   "codice",
   "codice prodotto",
   "codice articolo",
   "cod",
   "cod articolo",
   "cod prodotto",
   "riferimento",
   "referência",
   "código do produto",
   "cód do produto",
   "cód produto",
   "cód produs",
   "varenummer",
   "varenr",
   "tuotenumero",
   "tuotekoodi",
   "kod produktu",
   "numer artykułu",
   "nr artykułu",
   "indeks",
   "symbol",
   "nr katalogowy",
   "numer katalogowy",
   "kod towaru",
   "kod",
   "kód",
   "kód produktu",
   "kód zboží",
   "kód tovaru",
   "katalogové číslo",
   "číslo produktu",
   "objednací číslo",
   "cikkszám",
   "termékkód",
   "cod produs",
   "cod articol",
   "artikul",
   "артикул",
   "арт",
   "код товара",
   "код продукта",
   "код",
   "номер товара",
   "артикул товара",
   "код товару",
   "каталожен номер",
   "ürün kodu",
   "stok kodu",
   "κωδικός",
   "κωδικός προϊόντος",
   "מק\"ט",
   "מספר פריט",
   "קוד מוצר",
   "קוד פריט",
   "رمز المنتج",
   "رقم الصنف",
   "رقم المنتج",
   "商品编号",
   "商品編號",
   "商品編碼",
   "商品编码",
   "货号",
   "貨號",
   "产品编号",
   "產品編號",
   "商品代碼",
   "商品货号",
   "編號",
   "商品番号",
   "商品コード",
   "品番",
   "管理番号",
   "상품번호",
   "상품코드",
   "제품번호",
   "품번",
   "제품코드"
  ],
  "mpn": [
   "mpn",
   "model name number",
   "model",
   "model no",
   "model number",
   "model code",
   "model name",
   "part number",
   "part no",
   "manufacturer part number",
   "manufacturer part no",
   "manufacturer number",
   "manufacturer sku",
   "manufacturer reference",
   "manufacturers part number",
   "mfr part number",
   "mfr part no",
   "mfg part number",
   "mfr no",
   "vendor code",
   "herstellernummer",
   "hersteller nr",
   "herstellerartikelnummer",
   "hersteller teilenummer",
   "modell",
   "modellnummer",
   "modellnr",
   "modelnummer",
   "référence fabricant",
   "modèle",
   "numéro de modèle",
   "modello",
   "numero modello",
   "numero modello articolo",
   "numero di modello",
   "codice produttore",
   "modelo",
   "número de modelo",
   "referencia del fabricante",
   "model numarası",
   "kod producenta",
   "symbol producenta",
   "модель",
   "номер модели",
   "код производителя",
   "артикул производителя",
   "דגם",
   "מק\"ט יצרן",
   "型号",
   "型號",
   "型番",
   "モデル",
   "모델명",
   "모델번호"
  ],
  "gtin": [
   "gtin",
   "gtin code",
   "ean",
   "ean code",
   "ean upc",
   "upc",
   "upc code",
   "upc ean",
   "barcode",
   "barcode ean",
   "isbn",
   "isbn code",
   "ean kod",
   "ean nummer",
   "ean číslo",
   "ean kód",
   "code ean",
   "code barres",
   "code barre",
   "codice ean",
   "codice a barre",
   "código de barras",
   "código ean",
   "strichcode",
   "streckkod",
   "stregkode",
   "strekkode",
   "viivakoodi",
   "kod ean",
   "kod kreskowy",
   "čárový kód",
   "čiarový kód",
   "vonalkód",
   "cod de bare",
   "штрихкод",
   "баркод",
   "barkod",
   "ברקוד",
   "jan",
   "janコード",
   "バーコード",
   "条形码",
   "條碼",
   "国际条码",
   "바코드"
  ],
  "brand": [
   "brand",
   "brand name",
   "brands",
   "manufacturer",
   "make",
   "maker",
   "label",
   "designer",
   "marca",
   "marke",
   "hersteller",
   "marque",
   "fabricant",
   "merk",
   "fabrikant",
   "märke",
   "varumärke",
   "tillverkare",
   "mærke",
   "merke",
   "producent",
   "produsent",
   "valmistaja",
   "merkki",
   "tuotemerkki",
   "výrobce",
   "výrobca",
   "značka",
   "gyártó",
   "márka",
   "producător",
   "бренд",
   "производитель",
   "торговая марка",
   "марка",
   "виробник",
   "marka",
   "üretici",
   "proizvođač",
   "brend",
   "μάρκα",
   "κατασκευαστής",
   "fabricante",
   "produttore",
   "מותג",
   "יצרן",
   "העלامة التجارية",
   "العلامة التجارية",
   "الماركة",
   "ماركة",
   "品牌",
   "厂商",
   "製造商",
   "ブランド",
   "ブランド名",
   "メーカー",
   "브랜드",
   "제조사"
  ],
  "availability": [
   "availability",
   "stock",
   "stock status",
   "stock availability",
   "verfügbarkeit",
   "lagerbestand",
   "lieferstatus",
   "disponibilité",
   "disponibilità",
   "disponibilidad",
   "disponibilidade",
   "disponibilitate",
   "наличие",
   "наявність",
   "dostępność",
   "dostupnost",
   "dostupnosť",
   "elérhetőség",
   "készlet",
   "beschikbaarheid",
   "voorraad",
   "tillgänglighet",
   "lagerstatus",
   "lagersaldo",
   "saatavuus",
   "stok durumu",
   "διαθεσιμότητα",
   "التوفر",
   "זמינות",
   "מלאי",
   "在庫",
   "库存",
   "庫存",
   "재고"
  ]
 }
};

export const pageVocabulary = {
 "about": "Key names, element names, class-name patterns and words by which both extractors read pages: scraper/extraction and scraper/values in Python, extension/extract and extension/values in JavaScript. Grouped by folder and module of the reader. What people read on pages is in page-words.json. A list whose name ends in Patterns holds the alternatives of a regular expression in the syntax that both languages share; a list whose name ends in Stems holds parts of names without their first letter, so that both cases are found.",
 "combine": {
  "fieldsWithOwnRules": [
   "price",
   "regularPrice",
   "sku",
   "mpn",
   "attributes",
   "language"
  ],
  "precedence": [
   "json-ld",
   "microdata",
   "rdfa",
   "opengraph",
   "state",
   "meta",
   "dom",
   "url"
  ],
  "languagePrecedence": [
   "dom",
   "opengraph",
   "meta"
  ]
 },
 "extract": {
  "titleSyntaxesWithHiddenWords": [
   "microdata",
   "rdfa",
   "dom"
  ],
  "fills": {
   "brand": [
    "brand"
   ],
   "breadcrumbTrail": [
    "categoryPath"
   ],
   "stock": [
    "availability"
   ],
   "priceAndTitle": [
    "title",
    "price",
    "images",
    "description"
   ]
  }
 },
 "page": {
  "unseenTags": [
   "script",
   "style",
   "noscript",
   "template",
   "svg",
   "head",
   "title",
   "textarea",
   "option",
   "object"
  ],
  "nameAttributes": [
   "class",
   "id",
   "data-testid",
   "data-test",
   "data-qa",
   "data-auto"
  ],
  "titleMeta": "og:title",
  "localeMeta": "og:locale",
  "languageMeta": "content-language"
 },
 "values": {
  "gtin": {
   "restrictedPrefixes": [
    "02",
    "04",
    "05",
    "2",
    "98",
    "99"
   ],
   "placeholders": [
    "00012345678905",
    "00123456789012",
    "01234567890128",
    "00000012345670",
    "12345678901231"
   ],
   "labelPattern": "^(?:urn:)?(?:gtin|ean|upc|isbn)(?:[-_ ]?1[0-4]|[-_ ]?8)?[: ]+"
  },
  "price": {
   "prefixSigns": "$€£"
  },
  "product": {
   "fields": [
    "title",
    "description",
    "brand",
    "categoryPath",
    "gtin",
    "sku",
    "mpn",
    "images",
    "price",
    "regularPrice",
    "availability",
    "condition",
    "rating",
    "attributes",
    "variants",
    "reviews",
    "language"
   ]
  },
  "text": {
   "placeholders": [
    "null",
    "undefined",
    "none",
    "n/a",
    "na",
    "-",
    "--",
    "[object object]",
    "array",
    "nan",
    "unknown"
   ]
  },
  "words": {
   "clauseEndPatterns": [
    "[.!?:;|(–—]",
    "\\s-\\s"
   ]
  }
 },
 "markup": {
  "breadcrumbs": {
   "listKeys": [
    "breadcrumb",
    "breadcrumbs"
   ],
   "categorySeparators": [
    "&gt;",
    ">",
    "›",
    "»"
   ]
  },
  "elementValues": {
   "textProperties": [
    "name",
    "brand",
    "manufacturer",
    "category",
    "sku",
    "mpn",
    "color",
    "size",
    "material",
    "price",
    "priceCurrency",
    "description",
    "reviewBody"
   ]
  },
  "identifiers": {
   "gtinKeys": [
    "gtin13",
    "gtin",
    "gtin14",
    "gtin12",
    "gtin8",
    "ean",
    "isbn",
    "upc",
    "productID"
   ],
   "generalKeys": [
    "productID",
    "identifier",
    "additionalProperty"
   ],
   "weakSkuKeys": [
    "productID",
    "identifier"
   ],
   "codeKinds": {
    "sku": "sku",
    "articlenumber": "sku",
    "itemnumber": "sku",
    "mpn": "mpn",
    "manufacturerpartnumber": "mpn",
    "partnumber": "mpn",
    "gtin": "gtin",
    "gtin8": "gtin",
    "gtin12": "gtin",
    "gtin13": "gtin",
    "gtin14": "gtin",
    "ean": "gtin",
    "ean8": "gtin",
    "ean13": "gtin",
    "upc": "gtin",
    "upca": "gtin",
    "isbn": "gtin",
    "isbn13": "gtin",
    "barcode": "gtin"
   },
   "labelledCodePatterns": [
    "sku",
    "mpn",
    "gtin(?:8|12|13|14)?",
    "ean(?:8|13)?",
    "upc",
    "isbn"
   ],
   "labelPattern": "^\\s*(?:sku|mpn|ref|model|code|(?:item|product|art(?:\\.|ikel|icle)?)?[-.\\s]{0,2}(?:no|nr|number|nummer|code))\\.?\\s*[:#]\\s*"
  },
  "jsonRepair": {
   "literals": {
    "undefined": "null",
    "NaN": "null",
    "Infinity": "null",
    "True": "true",
    "False": "false",
    "None": "null",
    "!0": "true",
    "!1": "false"
   },
   "quotes": {
    "\"": "\"",
    "'": "'",
    "`": "`",
    "“": "“”",
    "”": "“”",
    "„": "“”"
   }
  },
  "mainProduct": {
   "productTypes": [
    "product",
    "productgroup",
    "productmodel",
    "individualproduct",
    "someproducts",
    "productcollection"
   ],
   "sellableTypes": [
    "book",
    "audiobook",
    "vehicle",
    "car",
    "motorcycle",
    "busorcoach",
    "motorizedbicycle",
    "movie",
    "musicalbum",
    "musicrelease",
    "game",
    "videogame",
    "drug",
    "dietarysupplement",
    "visualartwork",
    "creativework",
    "thing"
   ],
   "listTypes": [
    "itemlist",
    "offercatalog",
    "collectionpage",
    "searchresultspage"
   ],
   "subjectKeys": [
    "mainEntity",
    "mainEntityOfPage"
   ],
   "pageSubjectKeys": [
    "mainEntity",
    "mainEntityOfPage",
    "about"
   ],
   "variantIdKeys": [
    "@id",
    "sku",
    "url"
   ],
   "addressKeys": [
    "url",
    "@id",
    "mainEntityOfPage"
   ],
   "orphanTypes": {
    "offers": [
     "Offer",
     "AggregateOffer"
    ],
    "aggregateRating": [
     "AggregateRating"
    ]
   }
  },
  "microdata": {
   "urlAttributes": {
    "a": "href",
    "area": "href",
    "link": "href",
    "img": "src",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "source": "src",
    "track": "src",
    "video": "src",
    "object": "data"
   },
   "valueTags": [
    "data",
    "meter",
    "input"
   ]
  },
  "nodes": {
   "keyAliases": {
    "id": "@id",
    "type": "@type",
    "offer": "offers",
    "Offers": "offers",
    "offerDetails": "offers"
   },
   "keyPrefixes": [
    "schema:",
    "http://schema.org/",
    "https://schema.org/"
   ],
   "textKeys": [
    "@value",
    "name",
    "value",
    "@id",
    "url"
   ]
  },
  "offers": {
   "priceKeys": [
    "price",
    "lowPrice"
   ],
   "regularPriceTypes": [
    "listprice",
    "srp",
    "msrp",
    "strikethroughprice",
    "regularprice",
    "suggestedretailprice"
   ],
   "pieceUnits": [
    "C62",
    "H87",
    "EA",
    "NMP",
    "NAR",
    "PCE"
   ],
   "billingKeys": [
    "billingDuration",
    "billingIncrement"
   ]
  },
  "opengraph": {
   "productTypes": [
    "product",
    "og:product",
    "product.item",
    "product:item",
    "product.group",
    "ebay-objects:item"
   ],
   "meta": {
    "type": [
     "og:type"
    ],
    "title": [
     "og:title"
    ],
    "siteName": [
     "og:site_name"
    ],
    "description": [
     "og:description"
    ],
    "plainDescription": [
     "description",
     "twitter:description"
    ],
    "brand": [
     "product:brand",
     "og:brand"
    ],
    "category": [
     "product:category"
    ],
    "sku": [
     "product:retailer_item_id",
     "product:sku",
     "og:sku"
    ],
    "mpn": [
     "product:mfr_part_no",
     "product:mpn"
    ],
    "gtin": [
     "product:gtin",
     "product:gtin13",
     "product:gtin14",
     "product:ean",
     "product:upc",
     "product:isbn",
     "og:ean",
     "og:upc",
     "og:isbn",
     "book:isbn",
     "books:isbn"
    ],
    "images": [
     "og:image",
     "og:image:url",
     "og:image:secure_url"
    ],
    "plainImages": [
     "twitter:image",
     "twitter:image:src"
    ],
    "availability": [
     "product:availability",
     "og:availability"
    ],
    "condition": [
     "product:condition",
     "og:condition"
    ]
   },
   "pricePrefixes": [
    "product",
    "og"
   ],
   "priceKinds": [
    "price",
    "sale_price"
   ],
   "regularPriceKinds": [
    "original_price",
    "price:standard_amount",
    "price"
   ],
   "attributes": {
    "color": "color",
    "size": "size",
    "material": "material",
    "pattern": "pattern",
    "target_gender": "gender",
    "age_group": "ageGroup"
   },
   "siteNameSeparators": [
    " | ",
    " - ",
    " – ",
    " — ",
    " · ",
    ": "
   ],
   "twitterLabels": {
    "label": "twitter:label",
    "text": "twitter:data",
    "price": [
     "price",
     "preis",
     "prix",
     "precio",
     "prezzo",
     "preço",
     "prijs",
     "pris",
     "cena",
     "ár",
     "hinta",
     "цена",
     "ціна",
     "fiyat",
     "価格",
     "价格",
     "價格"
    ],
    "stock": [
     "availability",
     "stock",
     "instock",
     "verfügbarkeit",
     "disponibilité",
     "disponibilidad",
     "disponibilità",
     "disponibilidade",
     "beschikbaarheid",
     "наличие"
    ]
   }
  },
  "ratings": {
   "countKeys": [
    "ratingCount",
    "reviewCount"
   ]
  },
  "rdfa": {
   "prefixes": {
    "schema": "http://schema.org/",
    "gr": "http://purl.org/goodrelations/v1#",
    "v": "http://rdf.data-vocabulary.org/#"
   },
   "schemaOrg": "schema.org/",
   "goodRelations": "purl.org/goodrelations/v1#",
   "dataVocabulary": [
    "rdf.data-vocabulary.org",
    "data-vocabulary.org"
   ],
   "goodRelationsNames": {
    "hasPriceSpecification": "priceSpecification",
    "hasCurrencyValue": "price",
    "hasMinCurrencyValue": "minPrice",
    "hasCurrency": "priceCurrency",
    "hasEAN_UCC-13": "gtin13",
    "hasGTIN-14": "gtin14",
    "hasGTIN-8": "gtin8",
    "hasMPN": "mpn",
    "hasStockKeepingUnit": "sku",
    "hasManufacturer": "manufacturer",
    "hasBrand": "brand",
    "includes": "itemOffered",
    "hasInventoryLevel": "inventoryLevel",
    "condition": "itemCondition",
    "offers": "offers",
    "Offering": "Offer",
    "ProductOrServiceModel": "ProductModel",
    "Individual": "Product",
    "SomeItems": "Product",
    "ProductOrService": "Product"
   },
   "resourceAttributes": [
    "about",
    "resource",
    "href",
    "src"
   ],
   "targetAttributes": [
    "resource",
    "href",
    "src"
   ]
  },
  "schemaorg": {
   "brandKeys": [
    "brand",
    "manufacturer"
   ],
   "imageKeys": [
    "contentUrl",
    "url",
    "@id"
   ],
   "attributeKeys": [
    "color",
    "size",
    "material",
    "pattern",
    "ageGroup",
    "gender"
   ],
   "attributeAliases": {
    "colour": "color"
   }
  }
 },
 "state": {
  "analytics": {
   "viewEvents": [
    "viewitem",
    "detail",
    "productdetail",
    "productdetailview",
    "productview",
    "viewproduct",
    "eedetail",
    "eecproductdetail",
    "viewcontent",
    "productviewed",
    "productdetailviewed",
    "productdetailimpression"
   ],
   "utagFields": {
    "name": [
     "product_name"
    ],
    "sku": [
     "product_sku"
    ],
    "id": [
     "product_id"
    ],
    "brand": [
     "product_brand"
    ],
    "price": [
     "product_sale_price",
     "product_unit_price",
     "product_price"
    ],
    "currency": [
     "product_currency",
     "site_currency",
     "order_currency",
     "order_currency_code",
     "currency_code",
     "currency"
    ]
   },
   "utagProductKeys": [
    "product_name",
    "product_id",
    "product_sku"
   ],
   "utagPagePatterns": [
    "product",
    "pdp",
    "detail"
   ]
  },
  "productObject": {
   "nameKeys": [
    "title",
    "name",
    "productName",
    "product_name",
    "displayName",
    "item_name",
    "productTitle",
    "content_name"
   ],
   "brandKeys": [
    "brand",
    "vendor",
    "manufacturer",
    "brandName",
    "brand_name",
    "item_brand",
    "product_brand",
    "designer"
   ],
   "skuKeys": [
    "sku",
    "SKU",
    "productSku",
    "productSKU",
    "product_sku",
    "articleNumber",
    "article_number",
    "itemNumber",
    "productCode",
    "product_code"
   ],
   "weakSkuKeys": [
    "productId",
    "product_id",
    "productID",
    "item_id",
    "itemId",
    "id",
    "code"
   ],
   "gtinKeys": [
    "gtin",
    "gtin13",
    "gtin14",
    "gtin12",
    "gtin8",
    "ean",
    "EAN",
    "ean13",
    "barcode",
    "upc",
    "isbn"
   ],
   "mpnKeys": [
    "mpn",
    "manufacturerPartNumber",
    "manufacturer_part_number",
    "mfr_part_number"
   ],
   "stockKeys": [
    "availability",
    "available",
    "availableForSale",
    "inStock",
    "in_stock",
    "isInStock",
    "is_in_stock",
    "stockStatus",
    "stock_status",
    "is_salable",
    "isAvailable",
    "stock"
   ],
   "countedStockKeys": [
    "available",
    "inStock",
    "in_stock",
    "isInStock",
    "is_in_stock",
    "stock"
   ],
   "stockValueKeys": [
    "status",
    "inStock",
    "isInStock",
    "value"
   ],
   "categoryKeys": [
    "categoryPath",
    "category_path",
    "category",
    "productType",
    "product_type",
    "item_category"
   ],
   "imageKeys": [
    "images",
    "image",
    "media",
    "featured_image",
    "featuredImage",
    "imageUrl"
   ],
   "imageAddressKeys": [
    "src",
    "url",
    "originalSrc",
    "href"
   ],
   "ratingKeys": [
    "aggregateRating",
    "rating",
    "reviewSummary"
   ],
   "ratingParts": {
    "ratingValue": [
     "ratingValue",
     "average",
     "value",
     "score"
    ],
    "bestRating": [
     "bestRating",
     "max",
     "best",
     "scale"
    ],
    "ratingCount": [
     "ratingCount",
     "reviewCount",
     "count",
     "total"
    ]
   },
   "reviewParts": {
    "reviewBody": [
     "text",
     "body",
     "reviewBody",
     "content"
    ],
    "datePublished": [
     "date",
     "datePublished",
     "createdAt"
    ],
    "ratingValue": [
     "stars",
     "rating",
     "score"
    ]
   }
  },
  "platforms": {
   "currencyMarks": [
    "hopify",
    "wcSettings"
   ],
   "currencyPatterns": [
    "Shopify\\.currency\\s*=\\s*\\{\\s*\"active\"\\s*:\\s*\"([A-Z]{3})\"",
    "ShopifyAnalytics\\.meta\\.currency\\s*=\\s*[\"']([A-Z]{3})[\"']",
    "(?:currency%22%3A%7B%22code%22%3A%22|\"currency\":\\{\"code\":\")([A-Z]{3})(?:%22|\")"
   ],
   "variationsAttribute": "data-product_variations",
   "variationPrefixPattern": "^attribute_(?:pa_)?"
  },
  "price": {
   "priceKeys": [
    "salePrice",
    "sale_price",
    "currentPrice",
    "current_price",
    "finalPrice",
    "final_price",
    "price",
    "prices",
    "pricing",
    "priceAmount",
    "lowPrice",
    "minPrice",
    "priceRange",
    "price_range",
    "price_info",
    "display_price",
    "product_price",
    "productPrice"
   ],
   "regularPriceKeys": [
    "compare_at_price",
    "compareAtPrice",
    "regularPrice",
    "regular_price",
    "listPrice",
    "list_price",
    "originalPrice",
    "original_price",
    "wasPrice",
    "msrp",
    "display_regular_price",
    "productOldPrice"
   ],
   "amountKeys": [
    "amount",
    "value",
    "price",
    "current",
    "sale",
    "final",
    "now",
    "minVariantPrice",
    "min",
    "minimum_price",
    "basePrice"
   ],
   "minorKeys": [
    "centAmount",
    "amountInCents",
    "priceInCents",
    "price_in_cents",
    "priceCents",
    "price_cents"
   ],
   "currencyKeys": [
    "currency",
    "currencyCode",
    "currency_code",
    "priceCurrency",
    "currencyIso",
    "isoCode"
   ]
  },
  "reader": {
   "productKeys": [
    "variants",
    "offers"
   ],
   "handleKeys": [
    "handle",
    "slug",
    "urlKey",
    "url_key"
   ],
   "addressKeys": [
    "url",
    "canonicalUrl",
    "link"
   ],
   "crumbNameKeys": [
    "name",
    "label",
    "title",
    "text"
   ],
   "apolloRoot": "ROOT_QUERY"
  },
  "sources": {
   "triggers": [
    "rice",
    "RICE",
    "content_name",
    "centAmount"
   ],
   "flightMark": "__next_f",
   "nuxtMark": "__NUXT__",
   "nuxtDataId": "__NUXT_DATA__",
   "nuxtDataAttribute": "data-nuxt-data",
   "encodedBrackets": [
    "%7B",
    "%5B"
   ]
  }
 },
 "visible": {
  "addressCode": {
   "steps": [
    "dp",
    "product",
    "products",
    "prod",
    "prd",
    "pd",
    "p",
    "item",
    "itm",
    "ip",
    "sku",
    "artikel",
    "tovar",
    "goods"
   ],
   "parameters": [
    "sku",
    "pid",
    "id",
    "item",
    "itemid",
    "item_id",
    "productid",
    "product_id",
    "prodid",
    "prod_id",
    "goods_id",
    "goodsid",
    "artikel",
    "artnr",
    "code",
    "id_product",
    "products_id"
   ],
   "codePatterns": [
    "[A-Za-z]{0,4}[0-9]{5,20}[A-Za-z]{0,2}",
    "(?=[A-Z0-9]*[0-9])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{8,14}"
   ]
  },
  "brand": {
   "nameStems": [
    "rand",
    "anufacturer",
    "endor",
    "esigner",
    "arke",
    "arca",
    "ersteller",
    "abricant"
   ],
   "namePattern": "(?:^|[\\s_-])(?:product|item|pdp|pd)?[-_]*(?:brand|manufacturer|vendor|designer|marke|marca)(?:[-_]*(?:name|link|title|label|text))?(?:$|[\\s_-])",
   "stepStems": [
    "brand",
    "manufacturer",
    "vendor",
    "designer",
    "mark",
    "marca",
    "marque",
    "merk",
    "hersteller"
   ],
   "stepPatterns": [
    "brands?",
    "manufacturers?",
    "vendors?",
    "designers?",
    "marken?",
    "marcas?",
    "marques?",
    "merken?",
    "hersteller"
   ],
   "attributes": [
    "data-brand",
    "data-product-brand",
    "data-brand-name",
    "data-item-brand"
   ]
  },
  "breadcrumbTrail": {
   "nameAttributes": [
    "class",
    "id",
    "aria-label"
   ],
   "nameStem": "readcrumb"
  },
  "decorativeImages": {
   "ownerPatterns": [
    "site",
    "shop",
    "store",
    "brand",
    "company"
   ],
   "subjectPatterns": [
    "logo",
    "pixel",
    "spacer",
    "blank",
    "clear",
    "placeholder",
    "no[-_]?(?:image|img|photo|picture|pic)",
    "image[-_]?(?:not[-_]?found|missing|coming[-_]?soon|unavailable)",
    "1x1",
    "transparent",
    "loading",
    "loader",
    "spinner",
    "sprite",
    "favicon"
   ],
   "variantPatterns": [
    "[0-9]{1,4}(?:x[0-9]{1,4})?",
    "small",
    "medium",
    "large",
    "default",
    "white",
    "black",
    "dark",
    "light"
   ]
  },
  "elements": {
   "asideTags": [
    "nav",
    "footer",
    "aside",
    "header"
   ],
   "asidePatterns": [
    "related",
    "recommend",
    "similar",
    "upsell",
    "cross-?sell",
    "carousel",
    "also[-_]",
    "recently",
    "mini-?cart",
    "cart[-_]drawer",
    "compar(?:e[-_]|ison)",
    "wishlist",
    "sponsor",
    "footer",
    "newsletter",
    "mega-?menu",
    "(?<!p)review"
   ],
   "cardPatterns": [
    "(?:product|item|goods)s?[-_]{0,2}(?:card|tile|item|teaser|box|miniature|thumb|list|grid|block)"
   ],
   "entryTags": [
    "li",
    "article"
   ]
  },
  "imageUrl": {
   "attributes": [
    "data-zoom-image",
    "data-large_image",
    "srcset",
    "data-srcset",
    "data-src",
    "data-original",
    "data-lazy-src",
    "src"
   ],
   "drawingPattern": "\\.svg(?:$|\\?)"
  },
  "labels": {
   "separators": ":：#№"
  },
  "priceAndTitle": {
   "pricePatterns": [
    "price",
    "preis",
    "\\bprix\\b",
    "precio",
    "prezzo"
   ],
   "notPricePatterns": [
    "unit",
    "(?<![a-z])per[-_]",
    "instal",
    "shipping",
    "delivery",
    "sav(?:e|ing)",
    "discount(?!ed|[-_]*price)",
    "filter",
    "(?:price|ui)[-_]*(?:range|slider)",
    "range[-_]*slider",
    "coupon",
    "points"
   ],
   "notPriceTextPatterns": [
    "sav(?:e|ing)",
    "discount",
    "shipping",
    "delivery",
    "postage",
    "month",
    "week",
    "instal",
    "deposit",
    "versand",
    "monat",
    "livraison",
    "mois",
    "env[ií]o",
    "spedizione",
    "mese",
    "доставк",
    "месяц",
    "frete",
    "%"
   ],
   "notPriceWords": [
    "off",
    "mes"
   ],
   "galleryPatterns": [
    "gallery",
    "product[-_]{0,2}(?:image|img|media|photo|picture|slide)",
    "main[-_]?image"
   ],
   "descriptionPatterns": [
    "product-{1,2}description",
    "product__description",
    "(?:^|\\s)description(?:\\s|$)"
   ],
   "richTags": [
    "a",
    "img",
    "h1",
    "h2",
    "h3",
    "button"
   ]
  },
  "regularPrice": {
   "struckTags": [
    "del",
    "s",
    "strike"
   ],
   "oldPricePatterns": [
    "(?<![a-z])old(?![a-z])",
    "old[-_]*price",
    "(?:price|preis)[-_]*old",
    "was\\b",
    "compare",
    "cross(?!-?sell)",
    "strike",
    "through",
    "rrp",
    "msrp",
    "uvp",
    "before",
    "previous"
   ],
   "regularPricePatterns": [
    "regular",
    "list[-_]?price",
    "original"
   ],
   "priceStems": [
    "rice",
    "reis"
   ]
  },
  "stock": {
   "soldOut": [
    "SoldOut",
    "OutOfStock",
    "Discontinued"
   ],
   "nameStems": [
    "tock",
    "vailab",
    "oldout",
    "oldOut",
    "old-out",
    "old_out",
    "erfueg",
    "erfug",
    "ispon",
    "ieferbar"
   ]
  }
 }
};

export const feeds = {
 "about": "Public product feeds of shops, and robots.txt: addresses, key names and limits that scraper/feeds, scraper/crawl and extension/shelf read. contracts/vectors/feeds.json, robots.json and sitemaps.json hold the cases of both languages.",
 "limits": {
  "images": 30,
  "variants": 250,
  "categories": 12,
  "attributes": 40,
  "pages": 1000,
  "markupChars": 200000
 },
 "joinedAttributes": {
  "about": "What a product can have several of at once, as in Google's product data: navy/white/sand. Variants that differ in it still give it to the product, unless there are more values than `mostOfVariants`: then it is a choice.",
  "names": [
   "color",
   "material"
  ],
  "mostOfVariants": 3
 },
 "unshownTags": [
  "script",
  "style"
 ],
 "robots": {
  "token": "CarryoverBot",
  "maxBytes": 512000,
  "maxSitemaps": 50,
  "maxAgeHours": 24
 },
 "sitemap": {
  "path": "/sitemap.xml",
  "maxUrls": 50000
 },
 "links": {
  "about": "Addresses that are no pages of products: files, pages that belong to one visitor, and addresses that change something.",
  "filePattern": "\\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|mjs|json|xml|rss|atom|pdf|zip|gz|mp[34]|webm|woff2?|ttf|txt|csv)$",
  "privatePattern": "/(?:cart|basket|checkout|account|my-account|login|log-in|signin|sign-in|register|logout|wishlist|wp-admin|wp-login\\.php)(?:/|$)",
  "actionPattern": "(?:^|&)(?:add-to-cart|add_to_cart|add|action|logout|orderby|sort_by|sort)="
 },
 "shopify": {
  "path": "/products.json",
  "limit": 250,
  "defaultLimit": 30,
  "productPath": "/products/",
  "currencyPaths": [
   "/meta.json",
   "/cart.js",
   "/"
  ],
  "countKey": "published_products_count",
  "activeCurrencyPattern": "Shopify\\.currency\\s{0,9}=\\s{0,9}\\{\\s{0,9}\"active\"\\s{0,9}:\\s{0,9}\"([A-Z]{3})\"",
  "startPageChars": 2000000,
  "handlePattern": "[^/?#\\\\\\s]{1,300}",
  "categorySeparators": ">›»",
  "categoryChars": 2000,
  "noChoice": "Default Title"
 },
 "woocommerce": {
  "path": "/wp-json/wc/store/v1/products",
  "limit": 100,
  "totalHeader": "x-wp-total",
  "totalPagesHeader": "x-wp-totalpages",
  "maxMinorUnit": 4
 }
};

export const messages = {
 "about": "Every message that crosses a boundary inside the extension: who may send it, to whom, with which fields, and what comes back. extension/messaging/messages.js refuses anything else. A trailing ? marks an optional field. A kind is string, number, boolean, a type below or of another contract (an object), or a list of one of these ([]). Lists and objects are checked no deeper at run time; `npm run contracts` types them. `actId` (16 hexadecimal digits) marks an act: its sender offers it again until it is answered, and it is written once. Every message has a `type`; every answer is {ok: true, …reply} or {ok: false, error: {code, message}}.",
 "zones": {
  "content": "A content script: lives in a shop's page and is trusted least. Only a shop with consent is heard.",
  "ui": "The extension's own pages: popup, side panel, options.",
  "background": "Service worker (Chromium) or event page (Firefox); owns storage and network.",
  "towers": "The offscreen document (Chromium) or the event page itself (Firefox); parses pages and runs ONNX."
 },
 "messages": {
  "page.seen": {
   "from": [
    "content"
   ],
   "to": "background",
   "fields": {
    "html": "string",
    "url": "string",
    "kind": "string",
    "before?": "ShownProduct",
    "card?": "string",
    "isRemoved?": "boolean",
    "isSettling?": "boolean",
    "isAgain?": "boolean",
    "actId?": "string"
   },
   "reply": {
    "stored": "boolean",
    "reason?": "string",
    "product?": "ShownProduct"
   }
  },
  "page.stayed": {
   "from": [
    "content"
   ],
   "to": "background",
   "fields": {
    "itemId": "string",
    "actId?": "string"
   },
   "reply": {
    "stored": "boolean"
   }
  },
  "page.changed": {
   "from": [
    "content"
   ],
   "to": "background",
   "fields": {
    "url": "string"
   },
   "reply": {}
  },
  "page.extract": {
   "from": [
    "background"
   ],
   "to": "content",
   "fields": {},
   "reply": {
    "html": "string",
    "url": "string",
    "hidden": "number[]"
   }
  },
  "page.forget": {
   "from": [
    "background"
   ],
   "to": "content",
   "fields": {},
   "reply": {}
  },
  "page.image": {
   "from": [
    "background"
   ],
   "to": "content",
   "fields": {
    "url": "string",
    "mayRequest": "boolean"
   },
   "reply": {
    "image": "string"
   }
  },
  "page.read": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "html": "string",
    "url": "string",
    "hidden": "number[]",
    "card?": "string"
   },
   "reply": {
    "product": "Product",
    "confidence": "number",
    "listing": "ListedCard[]",
    "card?": "ListedCard"
   }
  },
  "state.changed": {
   "from": [
    "background",
    "ui"
   ],
   "to": "ui",
   "fields": {
    "isErased?": "boolean"
   },
   "reply": {}
  },
  "state.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number"
   },
   "reply": {
    "state": "State"
   }
  },
  "consent.ask": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "shop": "string",
    "tabId?": "number"
   },
   "reply": {}
  },
  "consent.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "shop": "string",
    "allowed": "boolean",
    "tabId?": "number",
    "actId?": "string"
   },
   "reply": {
    "state": "State"
   }
  },
  "pause.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "paused": "boolean",
    "actId?": "string"
   },
   "reply": {
    "state": "State"
   }
  },
  "profile.erase": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "state": "State"
   }
  },
  "profile.export": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "profile": "ProfileExport"
   }
  },
  "vault.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "vault": "VaultState"
   }
  },
  "vault.unlock": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "secret": "string"
   },
   "reply": {
    "vault": "VaultState"
   }
  },
  "vault.lock": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "vault": "VaultState"
   }
  },
  "vault.setPassphrase": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "passphrase": "string",
    "current?": "string"
   },
   "reply": {
    "code": "string",
    "vault": "VaultState"
   }
  },
  "vault.removePassphrase": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "current": "string"
   },
   "reply": {
    "vault": "VaultState"
   }
  },
  "vault.recover": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "way": "string"
   },
   "reply": {
    "vault": "VaultState"
   }
  },
  "settings.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "serverUrl?": "string",
    "serverIsMine?": "boolean",
    "mode?": "string",
    "compareImages?": "boolean",
    "showsBadge?": "boolean",
    "tellsScreens?": "boolean",
    "trustedKeys?": "string[]",
    "packListUrl?": "string",
    "actId?": "string"
   },
   "reply": {
    "state": "State"
   }
  },
  "pairing.make": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "serverUrl": "string",
    "serverIsMine": "boolean",
    "code": "string"
   },
   "reply": {
    "state": "State"
   }
  },
  "sync.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "sync": "SyncState"
   }
  },
  "sync.code": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "code": "string"
   }
  },
  "sync.start": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "code?": "string"
   },
   "reply": {
    "sync": "SyncState"
   }
  },
  "sync.now": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "sync": "SyncState"
   }
  },
  "sync.stop": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "deletes": "boolean"
   },
   "reply": {
    "sync": "SyncState"
   }
  },
  "sync.versions": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "versions": "SyncVersion[]"
   }
  },
  "sync.restore": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "version": "number"
   },
   "reply": {
    "sync": "SyncState"
   }
  },
  "recommend": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number",
    "choice?": "Choice",
    "isFaceted?": "boolean"
   },
   "reply": {
    "recommendations": "Recommendations"
   }
  },
  "shelf.read": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number"
   },
   "reply": {
    "state": "State"
   }
  },
  "shelf.stop": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number"
   },
   "reply": {
    "state": "State"
   }
  },
  "screen.tell": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "shop": "string",
    "screen": "Screen",
    "kind": "string",
    "items": "ShownItem[]"
   },
   "reply": {
    "isTold": "boolean"
   }
  },
  "item.dismiss": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "item": "Card",
    "actId?": "string"
   },
   "reply": {
    "stored": "boolean",
    "reason?": "string"
   }
  },
  "item.undismiss": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "item": "Card",
    "actId?": "string"
   },
   "reply": {}
  },
  "item.save": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "item": "Card",
    "actId?": "string"
   },
   "reply": {
    "isLearned": "boolean"
   }
  },
  "item.unsave": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "item": "Card",
    "actId?": "string"
   },
   "reply": {}
  },
  "items.pick": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "items": "Card[]",
    "actId?": "string"
   },
   "reply": {
    "numLearned": "number"
   }
  },
  "saved.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "items": "SavedItem[]"
   }
  },
  "taste.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "taste": "Taste",
    "saved": "SavedThing[]",
    "shops": "KnownShop[]",
    "shelves": "string[]"
   }
  },
  "taste.effect": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "ids": "string[]",
    "shop?": "string",
    "forgets?": "string"
   },
   "reply": {
    "effect": "Effect"
   }
  },
  "taste.remove": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "ids": "string[]",
    "saved?": "string[]",
    "forgets?": "string",
    "actId?": "string"
   },
   "reply": {
    "removal": "Removal"
   }
  },
  "taste.restore": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "removal": "Removal"
   },
   "reply": {
    "isRestored": "boolean",
    "isShopBack?": "boolean"
   }
  },
  "taste.showImages": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "ids": "string[]"
   },
   "reply": {}
  },
  "images.show": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "urls": "string[]",
    "since": "number"
   },
   "reply": {}
  },
  "import.pages": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "pages": "OpenPage[]"
   }
  },
  "import.readFile": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "text": "string",
    "kind": "string"
   },
   "reply": {
    "rows": "ImportRow[]",
    "saved": "ImportSaved[]",
    "shops": "string[]",
    "numLeftOut": "number",
    "room": "number"
   }
  },
  "import.readPage": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId": "number"
   },
   "reply": {
    "cards": "ListedCard[]",
    "room": "number"
   }
  },
  "import.add": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "rows": "ImportRow[]",
    "saved?": "ImportSaved[]",
    "isFile": "boolean"
   },
   "reply": {
    "report": "ImportReport"
   }
  },
  "filter.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "filter": "FilterState"
   }
  },
  "filter.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "shops?": "string[]",
    "categories?": "string[]",
    "ownWords?": "string[]",
    "actId?": "string"
   },
   "reply": {
    "filter": "FilterState"
   }
  },
  "ledger.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "entries": "LedgerEntry[]"
   }
  },
  "shelf.readAnswers": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "answers": "ShelfAnswer[]",
    "itemText": "ItemTextRule",
    "layout": "ShelfLayout"
   },
   "reply": {
    "items": "Card[]",
    "counts": "number[]",
    "vectors": "string"
   }
  },
  "towers.embedItems": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "texts": "string[]"
   },
   "reply": {
    "embeddings": "string[]"
   }
  },
  "towers.embedSeen": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "text": "string",
    "image": "string"
   },
   "reply": {
    "embedding": "number[]"
   }
  },
  "towers.embedUser": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "items": "number[][]",
    "kinds": "number[]",
    "agesDays": "number[]",
    "weights": "number[]"
   },
   "reply": {
    "embedding": "number[]"
   }
  }
 },
 "types": {
  "ListedCard": {
   "description": "A product card on a shop's page, read on this device.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shop",
    "itemId",
    "url",
    "title"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "itemId": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "image": {
     "type": "string"
    },
    "price": {
     "$ref": "product.schema.json#/$defs/price"
    },
    "regularPrice": {
     "$ref": "product.schema.json#/$defs/price"
    }
   }
  },
  "Card": {
   "description": "An item that the panel shows, from the page or from the server.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "itemId",
    "url",
    "title"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "itemId": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "brand": {
     "type": "string"
    },
    "categoryPath": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "attributes": {
     "$ref": "product.schema.json#/properties/attributes"
    },
    "image": {
     "type": "string"
    },
    "price": {
     "$ref": "product.schema.json#/$defs/price"
    },
    "regularPrice": {
     "$ref": "product.schema.json#/$defs/price"
    },
    "availability": {
     "type": "string"
    }
   }
  },
  "SavedItem": {
   "description": "An item that the shopper saved for later, as it was shown then. It is kept until they remove it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "id",
    "savedAt",
    "shop",
    "card"
   ],
   "properties": {
    "id": {
     "type": "string",
     "description": "Of the record."
    },
    "savedAt": {
     "type": "string",
     "description": "ISO 8601"
    },
    "shop": {
     "type": "string"
    },
    "card": {
     "$ref": "#/types/Card"
    }
   }
  },
  "Choice": {
   "description": "What the shopper chose of a list: filters, an order, and what they look for. It is applied on the device and kept nowhere.",
   "type": "object",
   "additionalProperties": false,
   "properties": {
    "sort": {
     "enum": [
      "fit",
      "price_up",
      "price_down"
     ]
    },
    "words": {
     "type": "string",
     "description": "Find by these words instead of by taste."
    },
    "like": {
     "type": "string",
     "description": "The id of an item: find what is like it instead of by taste."
    },
    "priceFrom": {
     "type": "number"
    },
    "priceTo": {
     "type": "number"
    },
    "inStock": {
     "type": "boolean"
    },
    "onSale": {
     "type": "boolean"
    },
    "brand": {
     "type": "string"
    },
    "category": {
     "type": "string"
    },
    "size": {
     "type": "string"
    },
    "color": {
     "type": "string"
    }
   }
  },
  "FacetValue": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "value",
    "count"
   ],
   "properties": {
    "value": {
     "type": "string"
    },
    "count": {
     "type": "number"
    }
   }
  },
  "Facets": {
   "description": "By what a shop's items can be filtered. A list is empty where it would offer no choice.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "numItems",
    "inStock",
    "onSale",
    "brand",
    "category",
    "size",
    "color"
   ],
   "properties": {
    "numItems": {
     "type": "number"
    },
    "price": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "lowest",
      "highest"
     ],
     "properties": {
      "lowest": {
       "type": "number"
      },
      "highest": {
       "type": "number"
      },
      "currency": {
       "type": "string"
      }
     }
    },
    "inStock": {
     "type": "boolean",
     "description": "Whether some are sold out and some are not."
    },
    "onSale": {
     "type": "boolean",
     "description": "Whether some cost less than regularly and some do not."
    },
    "brand": {
     "type": "array",
     "items": {
      "$ref": "#/types/FacetValue"
     }
    },
    "category": {
     "type": "array",
     "items": {
      "$ref": "#/types/FacetValue"
     }
    },
    "size": {
     "type": "array",
     "items": {
      "$ref": "#/types/FacetValue"
     }
    },
    "color": {
     "type": "array",
     "items": {
      "$ref": "#/types/FacetValue"
     }
    }
   }
  },
  "RankedCard": {
   "allOf": [
    {
     "$ref": "#/types/Card"
    },
    {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "score",
      "why"
     ],
     "properties": {
      "score": {
       "type": "number"
      },
      "why": {
       "type": "array",
       "items": {
        "type": "string"
       },
       "description": "Titles of at most two liked items."
      }
     }
    }
   ]
  },
  "Recommendations": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "items",
    "mode",
    "basis",
    "shop"
   ],
   "properties": {
    "items": {
     "type": "array",
     "items": {
      "$ref": "#/types/RankedCard"
     },
     "description": "Best first."
    },
    "mode": {
     "enum": [
      "shelf",
      "pack",
      "own",
      "page"
     ]
    },
    "basis": {
     "enum": [
      "taste",
      "first_screen",
      "page_order",
      "search"
     ]
    },
    "shop": {
     "type": "string"
    },
    "numFound": {
     "type": "number",
     "description": "How many items there are, of which these are the best."
    },
    "isOnlySimilar": {
     "type": "boolean",
     "description": "No item has any of the words that were looked for: these are the nearest in meaning."
    },
    "facets": {
     "$ref": "#/types/Facets"
    },
    "pack": {
     "$ref": "#/types/PackOrigin"
    },
    "screen": {
     "$ref": "#/types/Screen"
    },
    "problem": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "code",
      "message"
     ],
     "properties": {
      "code": {
       "type": "string"
      },
      "message": {
       "type": "string"
      }
     },
     "description": "Why a better way to rank than this one failed."
    }
   }
  },
  "Screen": {
   "description": "A list that the shopper's own server ranked, and that it is told of: only where the shopper wants that.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "id",
    "space"
   ],
   "properties": {
    "id": {
     "type": "string",
     "description": "32 hexadecimal digits at random, of this list alone."
    },
    "space": {
     "type": "string"
    },
    "arm": {
     "type": "string",
     "description": "Of the server's experiment, as it named it; absent: none."
    }
   }
  },
  "ShownItem": {
   "description": "An item of a list, and its place there, from 0.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "card",
    "position"
   ],
   "properties": {
    "card": {
     "$ref": "#/types/Card"
    },
    "position": {
     "type": "number"
    }
   }
  },
  "Settings": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "serverUrl",
    "serverIsMine",
    "mode",
    "paused",
    "consents",
    "serverBundleUrl"
   ],
   "properties": {
    "serverUrl": {
     "type": "string",
     "description": "Empty: no server, which is the default."
    },
    "serverIsMine": {
     "type": "boolean",
     "description": "The shopper vouches for a server that is not on this machine."
    },
    "pairedKey": {
     "type": "string",
     "description": "The fingerprint of the key that the server proved at its pairing; absent or empty: it is not paired, and asked nothing."
    },
    "mode": {
     "enum": [
      "auto",
      "page"
     ]
    },
    "compareImages": {
     "type": "boolean",
     "description": "The images of what is seen are read once more and compared, too; absent: they are not."
    },
    "showsBadge": {
     "type": "boolean",
     "description": "The icon says how many items of the shop in front fit; absent: it does not."
    },
    "tellsScreens": {
     "type": "boolean",
     "description": "The shopper's own server is told what is shown, opened and dismissed of its lists; absent: it is not."
    },
    "paused": {
     "type": "boolean"
    },
    "consents": {
     "type": "object",
     "additionalProperties": {
      "type": "string"
     },
     "description": "From shop to the time of consent."
    },
    "serverBundleUrl": {
     "type": "string",
     "description": "The bundle last downloaded from the server, so that ranking works while it is away; empty: the packaged one is used."
    },
    "trustedKeys": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Ed25519 public keys as base64, one of which must have signed a server's bundle, and each pack; absent or empty: signatures are not asked for."
    },
    "packListUrl": {
     "type": "string",
     "description": "The address of a list of packs (pack-list.schema.json); absent or empty: none."
    },
    "signedBy": {
     "type": "string",
     "description": "The id of the trusted key that signed the bundle last downloaded."
    },
    "filter": {
     "$ref": "#/types/FilterRules"
    }
   }
  },
  "FilterRules": {
   "description": "What the shopper changes for themselves in the filter of sensitive products. All three may be absent.",
   "type": "object",
   "additionalProperties": false,
   "properties": {
    "shops": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Shops whose products are kept whatever they are."
    },
    "categories": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Names of categories that are kept."
    },
    "ownWords": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Words that are never kept, in any shop."
    }
   }
  },
  "DroppedCount": {
   "description": "How many things the filter left out, or removed, for one reason.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "reason",
    "count"
   ],
   "properties": {
    "reason": {
     "type": "string",
     "description": "A category's name, own_words, private_path or personal_url."
    },
    "count": {
     "type": "number"
    }
   }
  },
  "FilterState": {
   "description": "What the filter left out, by count and reason, and what the shopper changes of it. No product and no shop is named.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "dropped",
    "removed",
    "categories",
    "rules",
    "shops"
   ],
   "properties": {
    "dropped": {
     "type": "array",
     "items": {
      "$ref": "#/types/DroppedCount"
     }
    },
    "removed": {
     "type": "array",
     "items": {
      "$ref": "#/types/DroppedCount"
     },
     "description": "What was kept before, and removed after an update of the rules."
    },
    "categories": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "All categories, by name."
    },
    "rules": {
     "$ref": "#/types/FilterRules"
    },
    "shops": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "The allowed shops, whose sensitive products may be allowed, too."
    }
   }
  },
  "TabDescription": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "tabId",
    "url",
    "shop",
    "isIncognito"
   ],
   "properties": {
    "tabId": {
     "type": "number"
    },
    "url": {
     "oneOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ],
     "description": "null where the browser does not let the extension see it."
    },
    "shop": {
     "oneOf": [
      {
       "type": "string"
      },
      {
       "type": "null"
      }
     ]
    },
    "isIncognito": {
     "type": "boolean"
    }
   }
  },
  "VaultState": {
   "description": "The encrypted store of the profile.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "isLocked",
    "hasPassphrase",
    "unreadable"
   ],
   "properties": {
    "isLocked": {
     "type": "boolean"
    },
    "hasPassphrase": {
     "type": "boolean"
    },
    "unreadable": {
     "type": "number",
     "description": "Records that were set aside."
    },
    "problem": {
     "type": "string",
     "description": "Code of what keeps the store from being used, such as store_empty."
    },
    "backupAt": {
     "type": "string",
     "description": "ISO 8601; there is a backup."
    },
    "isBackupForeign": {
     "type": "boolean",
     "description": "The backup is another profile's."
    }
   }
  },
  "State": {
   "description": "What the extension's own pages show.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "serverUrl",
    "serverIsMine",
    "mode",
    "paused",
    "consents",
    "numKnown",
    "numDismissed",
    "unreadable",
    "tab",
    "shelf",
    "packs"
   ],
   "properties": {
    "serverUrl": {
     "type": "string"
    },
    "serverIsMine": {
     "type": "boolean"
    },
    "pairedKey": {
     "type": "string"
    },
    "mode": {
     "enum": [
      "auto",
      "page"
     ]
    },
    "compareImages": {
     "type": "boolean"
    },
    "showsBadge": {
     "type": "boolean"
    },
    "tellsScreens": {
     "type": "boolean"
    },
    "paused": {
     "type": "boolean"
    },
    "trustedKeys": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "signedBy": {
     "type": "string"
    },
    "packListUrl": {
     "type": "string"
    },
    "consents": {
     "type": "array",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "shop",
       "since"
      ],
      "properties": {
       "shop": {
        "type": "string"
       },
       "since": {
        "type": "string"
       }
      }
     }
    },
    "numKnown": {
     "type": "number"
    },
    "numDismissed": {
     "type": "number"
    },
    "unreadable": {
     "type": "number",
     "description": "Records of the profile that could not be opened."
    },
    "packs": {
     "type": "array",
     "items": {
      "$ref": "#/types/PackOrigin"
     },
     "description": "The published catalogues on this device, by shop."
    },
    "shelf": {
     "oneOf": [
      {
       "$ref": "#/types/ShelfState"
      },
      {
       "type": "null"
      }
     ],
     "description": "null where the tab shows no shop, or one without consent."
    },
    "tab": {
     "oneOf": [
      {
       "allOf": [
        {
         "$ref": "#/types/TabDescription"
        },
        {
         "type": "object",
         "additionalProperties": false,
         "required": [
          "isConsented",
          "reading"
         ],
         "properties": {
          "isConsented": {
           "type": "boolean"
          },
          "reading": {
           "oneOf": [
            {
             "$ref": "#/types/PageReading"
            },
            {
             "type": "null"
            }
           ],
           "description": "null where the tab's page has not been read: no consent, a private window, or not yet."
          }
         }
        }
       ]
      },
      {
       "type": "null"
      }
     ]
    }
   }
  },
  "ShownProduct": {
   "description": "By what two products are told apart that one page shows one after the other.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "itemId",
    "title"
   ],
   "properties": {
    "itemId": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "sku": {
     "type": "string"
    },
    "image": {
     "type": "string"
    },
    "price": {
     "type": "string",
     "description": "Amount and currency, such as 19.90 EUR."
    }
   }
  },
  "PageReading": {
   "description": "What came of reading the page that a tab shows, so that the panel can say why something was not learned. It is in memory only.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "isLearned",
    "numChanges"
   ],
   "properties": {
    "verdict": {
     "$ref": "product.schema.json#/properties/verdict"
    },
    "confidence": {
     "type": "number",
     "description": "0 to 1: how sure it is that the page shows one product, or that it shows none."
    },
    "isLearned": {
     "type": "boolean",
     "description": "Whether the profile holds the product that the page shows."
    },
    "reason": {
     "type": "string",
     "description": "Why it does not: a verdict, unsure, incognito, paused, no_consent, private_path, personal_url, sensitive_NAME, unchanged or unclear."
    },
    "numChanges": {
     "type": "number",
     "description": "How often the page has shown other products since it was opened: another number means that page mode ranks anew."
    }
   }
  },
  "KeptProduct": {
   "description": "What the privacy filter lets into the profile.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shop",
    "itemId",
    "url"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "itemId": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "brand": {
     "type": "string"
    },
    "description": {
     "type": "string"
    },
    "categoryPath": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "attributes": {
     "$ref": "product.schema.json#/properties/attributes"
    },
    "images": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "price": {
     "$ref": "product.schema.json#/$defs/price"
    }
   }
  },
  "KeptInteraction": {
   "description": "One interaction in the encrypted profile.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "id",
    "kind",
    "time",
    "weight",
    "space",
    "embedding",
    "product"
   ],
   "properties": {
    "id": {
     "type": "string",
     "description": "Of the record."
    },
    "kind": {
     "$ref": "interaction.schema.json#/properties/kind"
    },
    "time": {
     "type": "string",
     "description": "ISO 8601"
    },
    "weight": {
     "type": "number",
     "description": "1 to 5: how often it happened on that day."
    },
    "space": {
     "type": "string",
     "description": "Of the embedding."
    },
    "embedding": {
     "type": "string",
     "description": "base64 of float32"
    },
    "product": {
     "$ref": "#/types/KeptProduct"
    }
   }
  },
  "KeptShopMeans": {
   "description": "The means of shops, as the shopper's own server gave them.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "serverUrl",
    "space",
    "fetchedAt",
    "shops"
   ],
   "properties": {
    "serverUrl": {
     "type": "string"
    },
    "space": {
     "type": "string"
    },
    "fetchedAt": {
     "type": "string",
     "description": "ISO 8601"
    },
    "shops": {
     "type": "array",
     "items": {
      "$ref": "openapi.yaml#/components/schemas/ShopMean"
     }
    }
   }
  },
  "KeptShelf": {
   "description": "A shop's own catalogue as it was read from its public feed: how far the reading is, and which encrypted parts hold it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "id",
    "shop",
    "origin",
    "space",
    "kind",
    "status",
    "round",
    "startedAt",
    "numItems",
    "parts",
    "next"
   ],
   "properties": {
    "id": {
     "type": "string",
     "description": "Of the record: random, so that it does not name the shop."
    },
    "shop": {
     "type": "string"
    },
    "origin": {
     "type": "string",
     "description": "Where the shop's pages are, such as https://www.shop.example."
    },
    "space": {
     "type": "string",
     "description": "Of the embeddings."
    },
    "kind": {
     "enum": [
      "unknown",
      "shopify",
      "woocommerce",
      "sitemap",
      "pack"
     ],
     "description": "pack: downloaded from somebody who publishes it, whose list is at `origin`."
    },
    "status": {
     "enum": [
      "reading",
      "read",
      "stopped",
      "failed"
     ]
    },
    "reason": {
     "$ref": "#/types/ShelfReason"
    },
    "round": {
     "type": "number",
     "description": "How often it has been read from the beginning."
    },
    "startedAt": {
     "type": "string",
     "description": "ISO 8601, of this round."
    },
    "readAt": {
     "type": "string",
     "description": "ISO 8601, of the end of the last round that came to its end."
    },
    "numItems": {
     "type": "number"
    },
    "total": {
     "type": "number",
     "description": "How many products the shop says it has."
    },
    "currency": {
     "type": "string",
     "description": "ISO 4217, of a feed whose prices name none."
    },
    "next": {
     "type": "string",
     "description": "The feed's next address, empty where none follows."
    },
    "parts": {
     "type": "array",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "id",
       "numItems",
       "round"
      ],
      "properties": {
       "id": {
        "type": "string"
       },
       "numItems": {
        "type": "number"
       },
       "round": {
        "type": "number",
        "description": "In which it was read last."
       },
       "url": {
        "type": "string",
        "description": "Of the feed's answer that it holds."
       },
       "etag": {
        "type": "string"
       },
       "next": {
        "type": "string",
        "description": "The address that follows the answer, empty where none does."
       },
       "isGuessed": {
        "type": "boolean",
        "description": "Its items are known by the words of their addresses alone."
       }
      }
     }
    },
    "addressesId": {
     "type": "string",
     "description": "The part with the addresses of a sitemap."
    },
    "momentsId": {
     "type": "string",
     "description": "The part with the shop's mean and covariance, of a shelf that was kept before `ready` was."
    },
    "ready": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "of",
      "rankingId",
      "cardsId"
     ],
     "description": "The whole catalogue once more, made ready to rank.",
     "properties": {
      "of": {
       "type": "string",
       "description": "SHA-256 of the parts and the metric that it was made of."
      },
      "rankingId": {
       "type": "string"
      },
      "cardsId": {
       "type": "string"
      }
     }
    },
    "mean": {
     "type": "string",
     "description": "base64 of float32: the shop's mean."
    },
    "pack": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "manifest",
      "created"
     ],
     "properties": {
      "manifest": {
       "type": "string",
       "description": "The name of its file."
      },
      "created": {
       "type": "string",
       "description": "As the manifest says."
      },
      "signedBy": {
       "type": "string",
       "description": "The id of the key that signed it; absent: it has no signature, or this browser cannot check one."
      },
      "isTrusted": {
       "type": "boolean",
       "description": "Whether that is a key that the shopper trusts; absent: it is not."
      }
     }
    }
   }
  },
  "PackOrigin": {
   "description": "Whose published catalogue of a shop it is.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shop",
    "host",
    "isTrusted"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "host": {
     "type": "string",
     "description": "Of the list that names it."
    },
    "signedBy": {
     "type": "string",
     "description": "The id of the key that signed it; absent: none that was checked."
    },
    "isTrusted": {
     "type": "boolean",
     "description": "Whether that is a key that the shopper trusts."
    }
   }
  },
  "KeptPackList": {
   "description": "The list of packs as it was fetched last.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "url",
    "fetchedAt",
    "entries",
    "refused"
   ],
   "properties": {
    "url": {
     "type": "string"
    },
    "fetchedAt": {
     "type": "string",
     "description": "ISO 8601"
    },
    "entries": {
     "type": "array",
     "items": {
      "$ref": "pack-list.schema.json#/items"
     }
    },
    "refused": {
     "description": "Packs of the list that were downloaded and not taken.",
     "type": "array",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "manifest",
       "code",
       "message"
      ],
      "properties": {
       "manifest": {
        "type": "string"
       },
       "code": {
        "type": "string"
       },
       "message": {
        "type": "string"
       }
      }
     }
    }
   }
  },
  "KeptReport": {
   "description": "A report of an interest cluster as it was drawn once. The true cluster is not kept.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "of",
    "reported",
    "at"
   ],
   "properties": {
    "of": {
     "type": "string",
     "description": "SHA-256 of the clusters."
    },
    "reported": {
     "type": "integer"
    },
    "at": {
     "type": "string",
     "description": "ISO 8601"
    }
   }
  },
  "KeptReports": {
   "description": "All reports of the last year, oldest first.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "reports"
   ],
   "properties": {
    "reports": {
     "type": "array",
     "items": {
      "$ref": "#/types/KeptReport"
     }
    }
   }
  },
  "ShelfReason": {
   "description": "Why the reading of a shop's catalogue ended before its end. robots: the shop asks programs not to read it. slow: it asks for longer pauses than a reading can make. no_feed: it publishes no list of its products. unreachable: it does not answer, or refuses. busy: it asked to come back later. storage: the device has no room. limit: there are more products than are kept.",
   "enum": [
    "robots",
    "slow",
    "no_feed",
    "unreachable",
    "busy",
    "storage",
    "limit"
   ]
  },
  "ShelfState": {
   "description": "How far the reading of the catalogue of a tab's shop is.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "status",
    "numItems"
   ],
   "properties": {
    "status": {
     "enum": [
      "none",
      "reading",
      "read",
      "stopped",
      "failed"
     ]
    },
    "numItems": {
     "type": "number"
    },
    "total": {
     "type": "number"
    },
    "reason": {
     "$ref": "#/types/ShelfReason"
    },
    "readAt": {
     "type": "string"
    }
   }
  },
  "ShelfAnswer": {
   "description": "One answer of a shop, to be read as a part of its catalogue.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "kind",
    "url",
    "body",
    "origin",
    "fetchedAt"
   ],
   "properties": {
    "kind": {
     "enum": [
      "shopify",
      "woocommerce",
      "page",
      "addresses"
     ],
     "description": "addresses: one a line, whose own words are read."
    },
    "url": {
     "type": "string"
    },
    "body": {
     "type": "string"
    },
    "origin": {
     "type": "string"
    },
    "currency": {
     "type": "string"
    },
    "fetchedAt": {
     "type": "string"
    }
   }
  },
  "ShelfLayout": {
   "description": "How the numbers of an embedding are kept in 8 bits: with one scale for each block; what is outside of the blocks is kept as float32.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "dim",
    "blocks"
   ],
   "properties": {
    "dim": {
     "type": "number"
    },
    "blocks": {
     "type": "array",
     "items": {
      "$ref": "bundle.schema.json#/properties/shopMetric/properties/blocks/items"
     }
    }
   }
  },
  "LedgerEntry": {
   "description": "One request that left the device.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "id",
    "time",
    "method",
    "url",
    "body"
   ],
   "properties": {
    "id": {
     "type": "string"
    },
    "time": {
     "type": "string"
    },
    "method": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "body": {
     "type": "string"
    },
    "sealed": {
     "$ref": "#/types/SealedRequest"
    },
    "purpose": {
     "$ref": "#/types/Purpose"
    },
    "isShortened": {
     "type": "boolean",
     "description": "The shopper removed an item that its address or its body told of, and with it that part."
    }
   }
  },
  "SyncState": {
   "description": "Whether this browser keeps a copy on the paired server for the shopper's other browsers.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "isOn"
   ],
   "properties": {
    "isOn": {
     "type": "boolean"
    },
    "syncedAt": {
     "type": "string",
     "description": "ISO 8601, of the last turn; absent: there was none."
    }
   }
  },
  "SyncVersion": {
   "description": "One of the copies that the server keeps.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "version",
    "bytes",
    "savedAt"
   ],
   "properties": {
    "version": {
     "type": "number"
    },
    "bytes": {
     "type": "number"
    },
    "savedAt": {
     "type": "string",
     "description": "ISO 8601"
    }
   }
  },
  "SealedRequest": {
   "description": "How a request through the channel left the device: a POST of so many bytes, which nobody but the server can read.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "url",
    "bytes",
    "sha256"
   ],
   "properties": {
    "url": {
     "type": "string"
    },
    "bytes": {
     "type": "number"
    },
    "sha256": {
     "type": "string",
     "description": "Of these bytes, in hexadecimal."
    }
   }
  },
  "SentRequest": {
   "description": "A request that is about to leave the device. Of a sealed one, method, url and body are what it says inside.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "method",
    "url",
    "body"
   ],
   "properties": {
    "method": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "body": {
     "type": "string"
    },
    "sealed": {
     "$ref": "#/types/SealedRequest"
    },
    "purpose": {
     "$ref": "#/types/Purpose"
    }
   }
  },
  "Purpose": {
   "description": "What a request is for. catalogue: a shop's public feed, sitemap or page, for its catalogue on this device. pack: the list or a file of published catalogues. shared: a shared server's public clusters, or candidates of one shop for a report drawn at random or the product on screen. compared: the image of what was seen, read by its page. shown: images that a page of the extension shows; the url is their host, and the body a JSON list of their addresses. Absent: a request to the shopper's own server, or one that an earlier version noted.",
   "enum": [
    "catalogue",
    "pack",
    "shared",
    "compared",
    "shown"
   ]
  },
  "TasteThing": {
   "description": "One item of the profile with all that happened with it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "ids",
    "times",
    "title",
    "time",
    "kinds",
    "share"
   ],
   "properties": {
    "ids": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Of its interactions' records, the last interaction first."
    },
    "times": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "ISO 8601, of each of these interactions."
    },
    "shop": {
     "type": "string",
     "description": "Absent, as the address is, for a thing of which a file told only the name."
    },
    "url": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "brand": {
     "type": "string"
    },
    "categoryPath": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "image": {
     "type": "string",
     "description": "The address of its image, which is not on this device."
    },
    "time": {
     "type": "string",
     "description": "ISO 8601, of the last interaction."
    },
    "kinds": {
     "type": "array",
     "items": {
      "$ref": "interaction.schema.json#/properties/kind"
     }
    },
    "share": {
     "type": "number",
     "description": "Of the taste, 0 to 1."
    }
   }
  },
  "SavedThing": {
   "description": "An item that the shopper saved for later, with what it counts for the taste.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "savedId",
    "ids",
    "shop",
    "url",
    "title",
    "time"
   ],
   "properties": {
    "savedId": {
     "type": "string",
     "description": "Of its SavedItem."
    },
    "ids": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Of the wish-list interactions with it."
    },
    "shop": {
     "type": "string"
    },
    "url": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "time": {
     "type": "string",
     "description": "ISO 8601, when it was saved."
    }
   }
  },
  "KnownShop": {
   "description": "A shop that the shopper allowed.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shop",
    "numItems"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "numItems": {
     "type": "number",
     "description": "Of its catalogue on this device; 0 where there is none."
    }
   }
  },
  "TasteCluster": {
   "description": "Items of the profile that are alike, with the words that mark their titles.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "words",
    "share",
    "things"
   ],
   "properties": {
    "words": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "brand": {
     "type": "string"
    },
    "category": {
     "type": "string"
    },
    "share": {
     "type": "number"
    },
    "things": {
     "type": "array",
     "items": {
      "$ref": "#/types/TasteThing"
     }
    }
   }
  },
  "Taste": {
   "description": "What the profile knows, for the page that shows it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "clusters",
    "alone",
    "dismissed"
   ],
   "properties": {
    "clusters": {
     "type": "array",
     "items": {
      "$ref": "#/types/TasteCluster"
     },
     "description": "The greatest share first."
    },
    "alone": {
     "type": "array",
     "items": {
      "$ref": "#/types/TasteThing"
     },
     "description": "Liked, and like nothing else."
    },
    "dismissed": {
     "type": "array",
     "items": {
      "$ref": "#/types/TasteThing"
     }
    }
   }
  },
  "Effect": {
   "description": "What a removal would change.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shares"
   ],
   "properties": {
    "shares": {
     "type": "array",
     "description": "Of the clusters, in the order of Taste.",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "before",
       "after"
      ],
      "properties": {
       "before": {
        "type": "number"
       },
       "after": {
        "type": "number"
       }
      }
     }
    },
    "products": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "shop",
      "before",
      "after"
     ],
     "description": "The first ten products of a shop whose catalogue is on this device.",
     "properties": {
      "shop": {
       "type": "string"
      },
      "before": {
       "type": "array",
       "items": {
        "$ref": "#/types/Card"
       }
      },
      "after": {
       "type": "array",
       "items": {
        "$ref": "#/types/Card"
       }
      }
     }
    }
   }
  },
  "OpenPage": {
   "description": "A page of a shop that is open in a tab, as far as the browser lets the extension see it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "tabId",
    "shop",
    "title",
    "isConsented"
   ],
   "properties": {
    "tabId": {
     "type": "number"
    },
    "shop": {
     "type": "string"
    },
    "title": {
     "type": "string"
    },
    "isConsented": {
     "type": "boolean"
    }
   }
  },
  "ImportRow": {
   "description": "One thing that a file or a page lists, not yet checked.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "kind",
    "title"
   ],
   "properties": {
    "kind": {
     "$ref": "interaction.schema.json#/properties/kind"
    },
    "title": {
     "type": "string",
     "description": "Empty where nothing tells it."
    },
    "url": {
     "type": "string"
    },
    "brand": {
     "type": "string"
    },
    "description": {
     "type": "string"
    },
    "categoryPath": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "attributes": {
     "$ref": "product.schema.json#/properties/attributes"
    },
    "images": {
     "type": "array",
     "items": {
      "type": "string"
     }
    },
    "price": {
     "$ref": "product.schema.json#/$defs/price"
    },
    "time": {
     "type": "string",
     "description": "ISO 8601; absent: now."
    },
    "weight": {
     "type": "number"
    },
    "space": {
     "type": "string"
    },
    "embedding": {
     "type": "string",
     "description": "base64 of float32"
    }
   }
  },
  "ImportSaved": {
   "description": "One thing that a copy lists as saved for later, not yet checked.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "card"
   ],
   "properties": {
    "savedAt": {
     "type": "string",
     "description": "ISO 8601; absent: now."
    },
    "card": {
     "$ref": "#/types/Card"
    }
   }
  },
  "ImportReport": {
   "description": "What became of the rows of an import.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "ids",
    "savedIds",
    "refused"
   ],
   "properties": {
    "ids": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Of the interactions that were added."
    },
    "savedIds": {
     "type": "array",
     "items": {
      "type": "string"
     },
     "description": "Of what was added to the things saved for later."
    },
    "refused": {
     "type": "array",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "reason",
       "count"
      ],
      "properties": {
       "reason": {
        "$ref": "#/types/ImportRefusal"
       },
       "count": {
        "type": "number"
       }
      }
     }
    }
   }
  },
  "ImportRefusal": {
   "description": "Why a row is not imported. paused: learning is paused. no_title: neither words nor an address that says some. invalid: an address, a date or another field that cannot be. too_old: before what the profile keeps. already_known: the profile has it. no_room: the profile is full. private: an address of an account or an order, or one that holds personal data. sensitive: of a category that is never kept. no_consent: the shop was not allowed. beyond: after the rows that are read.",
   "enum": [
    "paused",
    "no_title",
    "invalid",
    "too_old",
    "already_known",
    "no_room",
    "private",
    "sensitive",
    "no_consent",
    "beyond"
   ]
  },
  "Removal": {
   "description": "What the shopper removed from the profile, while it can be put back. It is in no storage.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "profileId",
    "interactions",
    "ledger"
   ],
   "properties": {
    "profileId": {
     "type": "string",
     "description": "Of the profile that it was removed from: after an erasure nothing comes back."
    },
    "interactions": {
     "type": "array",
     "items": {
      "$ref": "#/types/KeptInteraction"
     }
    },
    "ledger": {
     "type": "array",
     "items": {
      "$ref": "#/types/LedgerEntry"
     },
     "description": "Entries as they were before they were shortened."
    },
    "saved": {
     "type": "array",
     "items": {
      "$ref": "#/types/SavedItem"
     },
     "description": "Absent: nothing that was saved for later was removed."
    },
    "forgotten": {
     "$ref": "#/types/ForgottenShop"
    }
   }
  },
  "ForgottenShop": {
   "description": "A shop whose consent was withdrawn together with a removal, and the catalogues that went with it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "shop",
    "since",
    "shelves",
    "parts"
   ],
   "properties": {
    "shop": {
     "type": "string"
    },
    "since": {
     "type": "string",
     "description": "ISO 8601, of the consent."
    },
    "shelves": {
     "type": "array",
     "items": {
      "$ref": "#/types/KeptShelf"
     }
    },
    "parts": {
     "type": "array",
     "description": "Of the shelves, encrypted as they were on the disk.",
     "items": {
      "type": "object",
      "additionalProperties": false,
      "required": [
       "id",
       "envelope"
      ],
      "properties": {
       "id": {
        "type": "string"
       },
       "envelope": {
        "type": "string",
        "description": "base64"
       }
      }
     }
    }
   }
  },
  "ProfileExport": {
   "description": "Everything that the profile keeps, readable.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "format",
    "exportedAt",
    "settings",
    "interactions",
    "ledger"
   ],
   "properties": {
    "format": {
     "const": 1
    },
    "exportedAt": {
     "type": "string"
    },
    "settings": {
     "$ref": "#/types/Settings"
    },
    "interactions": {
     "type": "array",
     "items": {
      "$ref": "#/types/KeptInteraction"
     }
    },
    "ledger": {
     "type": "array",
     "items": {
      "$ref": "#/types/LedgerEntry"
     }
    },
    "shopMeans": {
     "$ref": "#/types/KeptShopMeans"
    },
    "saved": {
     "type": "array",
     "items": {
      "$ref": "#/types/SavedItem"
     }
    },
    "shelves": {
     "type": "array",
     "items": {
      "$ref": "#/types/KeptShelf"
     },
     "description": "Which shops' catalogues were read or downloaded. The catalogues themselves are public, and left out."
    },
    "packList": {
     "$ref": "#/types/KeptPackList"
    },
    "interestReports": {
     "$ref": "#/types/KeptReports"
    }
   }
  }
 }
};

export const productSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/product.schema.json",
 "title": "Product",
 "description": "One sellable item of one shop, in schema.org's words. Absent means unknown; null never appears on the wire.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "shop",
  "itemId",
  "url",
  "verdict",
  "provenance"
 ],
 "properties": {
  "shop": {
   "type": "string",
   "minLength": 1,
   "maxLength": 253,
   "description": "Registrable domain (Public Suffix List, default rule *). For IP addresses and single-label hosts: host, with :port where the URL names one."
  },
  "itemId": {
   "type": "string",
   "pattern": "^[0-9a-f]{16}$",
   "description": "First 16 hex digits of SHA-256 over the UTF-8 canonical URL."
  },
  "url": {
   "type": "string",
   "pattern": "^https?://",
   "maxLength": 2048,
   "description": "Canonical URL: see urls.json."
  },
  "title": {
   "type": "string",
   "minLength": 1,
   "maxLength": 500
  },
  "description": {
   "type": "string",
   "minLength": 1,
   "maxLength": 5000
  },
  "brand": {
   "type": "string",
   "minLength": 1,
   "maxLength": 200
  },
  "categoryPath": {
   "type": "array",
   "maxItems": 12,
   "items": {
    "type": "string",
    "minLength": 1,
    "maxLength": 200
   },
   "description": "Widest first; neither the home page nor the product itself."
  },
  "gtin": {
   "type": "string",
   "pattern": "^[0-9]{14}$",
   "description": "GTIN-14, check digit verified, restricted prefixes refused."
  },
  "sku": {
   "type": "string",
   "minLength": 1,
   "maxLength": 100
  },
  "mpn": {
   "type": "string",
   "minLength": 1,
   "maxLength": 100
  },
  "images": {
   "type": "array",
   "maxItems": 30,
   "items": {
    "type": "string",
    "pattern": "^https?://",
    "maxLength": 2048
   },
   "description": "Absolute, best first."
  },
  "price": {
   "$ref": "#/$defs/price"
  },
  "regularPrice": {
   "$ref": "#/$defs/price",
   "description": "Present only where it differs from price."
  },
  "availability": {
   "title": "Availability",
   "enum": [
    "InStock",
    "OutOfStock",
    "LimitedAvailability",
    "PreOrder",
    "BackOrder",
    "Discontinued",
    "InStoreOnly",
    "OnlineOnly",
    "SoldOut",
    "PreSale",
    "Reserved",
    "MadeToOrder"
   ],
   "description": "schema.org/ItemAvailability without its prefix."
  },
  "condition": {
   "title": "Condition",
   "enum": [
    "NewCondition",
    "UsedCondition",
    "RefurbishedCondition",
    "DamagedCondition"
   ]
  },
  "rating": {
   "title": "Rating",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "value",
    "best"
   ],
   "properties": {
    "value": {
     "type": "number",
     "minimum": 0
    },
    "best": {
     "type": "number",
     "exclusiveMinimum": 0
    },
    "count": {
     "type": "integer",
     "minimum": 0
    }
   }
  },
  "attributes": {
   "title": "Attributes",
   "type": "object",
   "maxProperties": 40,
   "propertyNames": {
    "pattern": "^[a-z][A-Za-z0-9]{0,39}$"
   },
   "additionalProperties": {
    "type": "string",
    "minLength": 1,
    "maxLength": 200
   },
   "description": "color, size, material, pattern, gender, ageGroup, …"
  },
  "variants": {
   "type": "array",
   "maxItems": 250,
   "items": {
    "title": "Variant",
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "sku": {
      "type": "string",
      "minLength": 1,
      "maxLength": 100
     },
     "gtin": {
      "type": "string",
      "pattern": "^[0-9]{14}$"
     },
     "url": {
      "type": "string",
      "pattern": "^https?://",
      "maxLength": 2048
     },
     "image": {
      "type": "string",
      "pattern": "^https?://",
      "maxLength": 2048
     },
     "price": {
      "$ref": "#/$defs/price"
     },
     "availability": {
      "$ref": "#/properties/availability"
     },
     "attributes": {
      "$ref": "#/properties/attributes"
     }
    }
   }
  },
  "reviews": {
   "type": "array",
   "maxItems": 50,
   "items": {
    "title": "Review",
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "rating": {
      "$ref": "#/properties/rating"
     },
     "date": {
      "type": "string",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
     },
     "text": {
      "type": "string",
      "minLength": 1,
      "maxLength": 5000
     }
    }
   },
   "description": "Never who wrote it."
  },
  "language": {
   "type": "string",
   "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
  },
  "fetchedAt": {
   "type": "string",
   "format": "date-time"
  },
  "provenance": {
   "title": "Provenance",
   "type": "object",
   "propertyNames": {
    "enum": [
     "title",
     "description",
     "brand",
     "categoryPath",
     "gtin",
     "sku",
     "mpn",
     "images",
     "price",
     "regularPrice",
     "availability",
     "condition",
     "rating",
     "attributes",
     "variants",
     "reviews",
     "language",
     "url"
    ]
   },
   "additionalProperties": {
    "title": "Syntax",
    "enum": [
     "json-ld",
     "microdata",
     "rdfa",
     "opengraph",
     "meta",
     "state",
     "dom",
     "feed",
     "rendered",
     "url"
    ]
   },
   "description": "Which syntax each field was read from."
  },
  "verdict": {
   "title": "Verdict",
   "enum": [
    "product",
    "listing",
    "blocked",
    "empty",
    "needs_js",
    "not_found"
   ]
  }
 },
 "if": {
  "properties": {
   "verdict": {
    "const": "product"
   }
  }
 },
 "then": {
  "required": [
   "title"
  ]
 },
 "$defs": {
  "price": {
   "title": "Price",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "amount"
   ],
   "description": "amount and currency come from one source on the page.",
   "properties": {
    "amount": {
     "type": "string",
     "pattern": "^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,4})?$",
     "description": "Decimal, as text."
    },
    "currency": {
     "type": "string",
     "pattern": "^[A-Z]{3}$",
     "description": "ISO 4217"
    },
    "amountText": {
     "type": "string",
     "minLength": 1,
     "maxLength": 100,
     "description": "As the page wrote it."
    }
   }
  }
 }
};

export const interactionSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/interaction.schema.json",
 "title": "Interaction",
 "description": "What one user did with one item. On a shopper's device it never leaves the encrypted profile.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "shop",
  "itemId",
  "kind",
  "time"
 ],
 "properties": {
  "user": {
   "type": "string",
   "minLength": 1,
   "maxLength": 200,
   "description": "Only in an operator's own data sets; never on a device."
  },
  "shop": {
   "$ref": "product.schema.json#/properties/shop"
  },
  "itemId": {
   "$ref": "product.schema.json#/properties/itemId"
  },
  "kind": {
   "title": "InteractionKind",
   "enum": [
    "view",
    "wishlist",
    "cart",
    "purchase",
    "rating",
    "dismiss"
   ],
   "description": "The position in this list is the integer that user towers receive."
  },
  "time": {
   "type": "string",
   "format": "date-time"
  },
  "weight": {
   "type": "number",
   "minimum": 0,
   "maximum": 5,
   "default": 1
  }
 }
};

export const profileExportSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/profile-export.schema.json",
 "title": "ImportedProfile",
 "description": "An exported profile, as far as an import reads it: the interactions, and what was saved for later. What else an export has (settings, ledger, what shops gave) tells a person what is kept, and is not imported: the browser must be asked for shops again, and a file must not name a server. Another format has another number.",
 "type": "object",
 "required": [
  "format",
  "interactions"
 ],
 "properties": {
  "format": {
   "const": 1
  },
  "exportedAt": {
   "type": "string",
   "maxLength": 40
  },
  "interactions": {
   "type": "array",
   "maxItems": 5000,
   "items": {
    "$ref": "#/$defs/importedInteraction"
   }
  },
  "saved": {
   "type": "array",
   "maxItems": 5000,
   "items": {
    "$ref": "#/$defs/importedSaved"
   }
  }
 },
 "$defs": {
  "importedInteraction": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "kind",
    "time",
    "product"
   ],
   "properties": {
    "id": {
     "type": "string",
     "maxLength": 64,
     "description": "Of the record that it was; it gets another."
    },
    "kind": {
     "enum": [
      "view",
      "wishlist",
      "cart",
      "purchase",
      "rating",
      "dismiss"
     ]
    },
    "time": {
     "type": "string",
     "format": "date-time"
    },
    "weight": {
     "type": "number",
     "minimum": 1,
     "maximum": 5,
     "default": 1
    },
    "space": {
     "type": "string",
     "maxLength": 64,
     "description": "Of the embedding."
    },
    "embedding": {
     "type": "string",
     "maxLength": 100000,
     "pattern": "^[A-Za-z0-9+/]*={0,2}$",
     "description": "base64 of float32; kept only where it agrees with the words of the product, else made anew."
    },
    "product": {
     "$ref": "#/$defs/importedProduct"
    }
   }
  },
  "importedProduct": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "url"
   ],
   "properties": {
    "shop": {
     "type": "string",
     "maxLength": 253,
     "description": "Told by the address; what stands here is not read."
    },
    "itemId": {
     "type": "string",
     "maxLength": 64,
     "description": "As the shop's."
    },
    "url": {
     "type": "string",
     "maxLength": 2048
    },
    "title": {
     "type": "string",
     "maxLength": 1000
    },
    "brand": {
     "type": "string",
     "maxLength": 1000
    },
    "description": {
     "type": "string",
     "maxLength": 1000
    },
    "categoryPath": {
     "type": "array",
     "maxItems": 20,
     "items": {
      "type": "string",
      "maxLength": 1000
     }
    },
    "attributes": {
     "type": "object",
     "maxProperties": 50,
     "additionalProperties": {
      "type": "string",
      "maxLength": 1000
     }
    },
    "images": {
     "type": "array",
     "maxItems": 10,
     "items": {
      "type": "string",
      "maxLength": 2048
     }
    },
    "price": {
     "$ref": "#/$defs/importedPrice"
    }
   }
  },
  "importedSaved": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "card"
   ],
   "properties": {
    "id": {
     "type": "string",
     "maxLength": 64,
     "description": "Of the record that it was; it gets another."
    },
    "savedAt": {
     "type": "string",
     "format": "date-time"
    },
    "shop": {
     "type": "string",
     "maxLength": 253,
     "description": "Told by the address; what stands here is not read."
    },
    "card": {
     "$ref": "#/$defs/importedCard"
    }
   }
  },
  "importedCard": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "url",
    "title"
   ],
   "properties": {
    "shop": {
     "type": "string",
     "maxLength": 253,
     "description": "As the address's."
    },
    "itemId": {
     "type": "string",
     "maxLength": 64,
     "description": "Told by the address."
    },
    "url": {
     "type": "string",
     "maxLength": 2048
    },
    "title": {
     "type": "string",
     "maxLength": 1000
    },
    "brand": {
     "type": "string",
     "maxLength": 1000
    },
    "categoryPath": {
     "type": "array",
     "maxItems": 20,
     "items": {
      "type": "string",
      "maxLength": 1000
     }
    },
    "attributes": {
     "type": "object",
     "maxProperties": 50,
     "additionalProperties": {
      "type": "string",
      "maxLength": 1000
     }
    },
    "image": {
     "type": "string",
     "maxLength": 2048
    },
    "price": {
     "$ref": "#/$defs/importedPrice"
    },
    "regularPrice": {
     "$ref": "#/$defs/importedPrice"
    },
    "availability": {
     "type": "string",
     "maxLength": 40
    }
   }
  },
  "importedPrice": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "amount"
   ],
   "properties": {
    "amount": {
     "type": "string",
     "maxLength": 40
    },
    "currency": {
     "type": "string",
     "pattern": "^[A-Z]{3}$"
    },
    "amountText": {
     "type": "string",
     "maxLength": 100
    }
   }
  }
 }
};

export const bundleSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/bundle.schema.json",
 "title": "BundleManifest",
 "description": "manifest.json of a bundle directory. The bundle's id is the SHA-256 of this file's bytes, as in the OCI image specification. A member with x-statement is a statement of who exported it: it decides nothing, and only a signature vouches for it.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "format",
  "name",
  "dim",
  "normalised",
  "space",
  "files",
  "towers",
  "text",
  "probes",
  "interactions",
  "origin",
  "parity",
  "speed",
  "metrics",
  "createdBy"
 ],
 "properties": {
  "format": {
   "const": 2
  },
  "name": {
   "x-statement": true,
   "type": "string",
   "pattern": "^[a-z0-9][a-z0-9._-]{0,79}$"
  },
  "dim": {
   "type": "integer",
   "minimum": 8,
   "maximum": 4096
  },
  "normalised": {
   "const": true,
   "description": "Every embedding has unit length."
  },
  "filler": {
   "type": "integer",
   "minimum": 0,
   "description": "The coordinate of an item embedding that holds the squared length a missing modality would have held. It is zero in user embeddings. Two items are compared without it, over the smaller of what is known of each."
  },
  "space": {
   "$ref": "#/$defs/sha256",
   "description": "SHA-256 of the canonical JSON (RFC 8785) of {dim, filler, text, image, files}: the manifest's members of these names, an absent one left out, where files maps the paths of the text encoder, image encoder, item tower and tokenizer or token table to their sha256. Two vectors may be compared only within one space. vectors/bundle-space.json holds the cases."
  },
  "createdBy": {
   "title": "BundleCreator",
   "x-statement": true,
   "type": "object",
   "additionalProperties": false,
   "required": [
    "version"
   ],
   "properties": {
    "version": {
     "type": "string"
    },
    "commit": {
     "type": "string"
    }
   }
  },
  "files": {
   "type": "object",
   "minProperties": 1,
   "propertyNames": {
    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$"
   },
   "additionalProperties": {
    "title": "BundleFile",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "sha256",
     "bytes"
    ],
    "properties": {
     "sha256": {
      "$ref": "#/$defs/sha256"
     },
     "bytes": {
      "type": "integer",
      "minimum": 1
     }
    }
   }
  },
  "towers": {
   "title": "BundleTowers",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "itemTower",
    "userTower"
   ],
   "properties": {
    "textEncoder": {
     "$ref": "#/$defs/tower"
    },
    "imageEncoder": {
     "$ref": "#/$defs/tower"
    },
    "itemTower": {
     "$ref": "#/$defs/tower"
    },
    "userTower": {
     "$ref": "#/$defs/tower"
    }
   }
  },
  "lite": {
   "title": "LiteBundle",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "downloadBytes"
   ],
   "description": "What a browser downloads. Texts become item embeddings of the same space by textToItem or textBlock, a history becomes a user's by userTower or pooling. With textBlock and pooling a browser opens no ONNX file.",
   "properties": {
    "textToItem": {
     "$ref": "#/$defs/tower",
     "description": "From token ids, or from the features of a token table."
    },
    "textBlock": {
     "title": "TextBlockRule",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "start",
      "share"
     ],
     "description": "The embedding of an item of which only the text is known, from the features of a token table: the features at unit length times sqrt(share) from the coordinate start on, sqrt(1 - share) at the filler, zeros elsewhere. Where no feature exceeds 1e-6, 1 at the filler. vectors/text-block.json holds the cases.",
     "properties": {
      "start": {
       "type": "integer",
       "minimum": 0
      },
      "share": {
       "type": "number",
       "exclusiveMinimum": 0,
       "maximum": 1,
       "description": "Of the squared length."
      }
     }
    },
    "userTower": {
     "$ref": "#/$defs/tower"
    },
    "pooling": {
     "title": "PoolingRule",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "kindWeights",
      "halfLifeDays",
      "halfLifeItems",
      "repeatExponent",
      "maxDismissShare"
     ],
     "description": "Numbers of the user tower that is a weighted sum of items. vectors/user-tower.json states the formula and holds the cases.",
     "properties": {
      "kindWeights": {
       "type": "array",
       "minItems": 6,
       "maxItems": 6,
       "items": {
        "type": "number",
        "minimum": -100,
        "maximum": 100
       },
       "description": "In the order of interactions.kinds. Above 0 is liked; below 0 is a share of all that was liked."
      },
      "halfLifeDays": {
       "type": "number",
       "exclusiveMinimum": 0,
       "maximum": 100000,
       "description": "An interaction this much older than the newest liked one counts half."
      },
      "halfLifeItems": {
       "type": "number",
       "exclusiveMinimum": 0,
       "maximum": 100000,
       "description": "An interaction with this many newer liked ones counts half."
      },
      "repeatExponent": {
       "type": "number",
       "minimum": 0,
       "maximum": 1,
       "description": "Of how often an interaction happened on its day."
      },
      "maxDismissShare": {
       "type": "number",
       "minimum": 0,
       "maximum": 1,
       "description": "Dismissals together weigh at most this share of what was liked."
      }
     }
    },
    "image": {
     "title": "LiteImage",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "toItem",
      "rule",
      "downloadBytes"
     ],
     "description": "How a browser makes an item of which text and image are known; it downloads and runs this only where the shopper asks for it. The item is that of toItem, with the coordinates of the text block (from textBlock.start on, text.table.dim of them) taken from the text's item, and at the filler the square root of what the others leave of a squared length of 1. vectors/text-block.json holds the cases.",
     "properties": {
      "toItem": {
       "$ref": "#/$defs/tower",
       "description": "From pixels to an item whose text block is empty."
      },
      "rule": {
       "$ref": "#/$defs/imageRule",
       "description": "How images are prepared for toItem."
      },
      "downloadBytes": {
       "type": "integer",
       "minimum": 1,
       "description": "Of the file of toItem, uncompressed; not part of lite.downloadBytes."
      }
     }
    },
    "downloadBytes": {
     "type": "integer",
     "minimum": 1,
     "description": "The towers' files, the tokenizer or token table, the shop metric and the probes, uncompressed, without image."
    }
   }
  },
  "text": {
   "title": "BundleText",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "itemText"
   ],
   "description": "How a text becomes features: by a tokenizer and towers.textEncoder, or by a token table alone.",
   "properties": {
    "prefix": {
     "type": "string",
     "minLength": 1,
     "maxLength": 200,
     "description": "What the text encoder expects before every text, such as \"query: \"; it stands before the item's text and outside its maxChars."
    },
    "tokenizer": {
     "title": "TokenizerRule",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "file",
      "type",
      "maxTokens"
     ],
     "properties": {
      "file": {
       "type": "string",
       "description": "A Hugging Face tokenizer.json"
      },
      "type": {
       "title": "TokenizerType",
       "enum": [
        "wordpiece",
        "bpe",
        "unigram"
       ],
       "description": "The file's model type; the browser reads wordpiece only."
      },
      "maxTokens": {
       "type": "integer",
       "minimum": 4,
       "maximum": 8192
      },
      "padTo": {
       "type": "integer",
       "minimum": 1,
       "description": "Present where the encoder needs one fixed length."
      }
     }
    },
    "table": {
     "title": "TokenTableRule",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "file",
      "dim"
     ],
     "description": "Static token vectors and hashed words, which give text features without a network. vectors/token-table.json holds the file's layout and the cases.",
     "properties": {
      "file": {
       "type": "string"
      },
      "dim": {
       "type": "integer",
       "minimum": 2,
       "maximum": 8192,
       "description": "The width of the features, as its file gives them."
      }
     }
    },
    "itemText": {
     "title": "ItemTextRule",
     "type": "object",
     "additionalProperties": false,
     "required": [
      "fields",
      "separator",
      "maxChars"
     ],
     "description": "An item's text: each field's value (a list joined by single spaces) with white space collapsed and trimmed, absent or empty ones skipped, joined by separator, cut to maxChars Unicode code points. vectors/item-text.json holds the cases.",
     "properties": {
      "fields": {
       "type": "array",
       "minItems": 1,
       "items": {
        "type": "string",
        "pattern": "^(title|brand|description|categoryPath|attributes\\.[a-z][A-Za-z0-9]*)$"
       }
      },
      "separator": {
       "type": "string"
      },
      "maxChars": {
       "type": "integer",
       "minimum": 16
      }
     }
    }
   }
  },
  "image": {
   "$ref": "#/$defs/imageRule"
  },
  "shopMetric": {
   "title": "ShopMetricRule",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "file",
    "lambda",
    "pseudoItems",
    "blocks"
   ],
   "description": "How the items of one shop are compared: by the shop's own mean and covariance, shrunk towards the bundle's own. Absent: items are compared as they are. The file holds the bundle's own mean and covariances: float32 little-endian, dim numbers, then length × length numbers a block, row by row. Both are of the unit directions of a block over the items that know it. vectors/shop-metric.json holds the cases.",
   "properties": {
    "file": {
     "type": "string"
    },
    "lambda": {
     "type": "number",
     "exclusiveMinimum": 0,
     "maximum": 1000,
     "description": "The ridge: M = (C / v + lambda I)^-1 for a block's covariance C with the largest eigenvalue v."
    },
    "pseudoItems": {
     "type": "integer",
     "minimum": 1,
     "maximum": 1000000,
     "description": "The weight of the bundle's own mean and covariance in a shop's, in items."
    },
    "covariancePseudoItems": {
     "type": "integer",
     "minimum": 1,
     "maximum": 1000000,
     "description": "The weight of the bundle's own covariance, where another than that of its mean."
    },
    "blocks": {
     "type": "array",
     "minItems": 1,
     "maxItems": 8,
     "description": "The coordinates of one modality each: disjoint, inside dim, without the filler. A block of zeros is a modality that the item lacks.",
     "items": {
      "title": "ShopMetricBlock",
      "type": "object",
      "additionalProperties": false,
      "required": [
       "start",
       "length"
      ],
      "properties": {
       "start": {
        "type": "integer",
        "minimum": 0
       },
       "length": {
        "type": "integer",
        "minimum": 1
       }
      }
     }
    }
   }
  },
  "probes": {
   "title": "ProbesRule",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "file"
   ],
   "description": "Inputs with the vectors that the towers gave where the bundle was exported, which whoever loads the bundle runs again. bundle-probes.schema.json describes the file.",
   "properties": {
    "file": {
     "type": "string"
    }
   }
  },
  "interactions": {
   "title": "BundleInteractions",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "kinds",
    "maxItems"
   ],
   "properties": {
    "kinds": {
     "const": [
      "view",
      "wishlist",
      "cart",
      "purchase",
      "rating",
      "dismiss"
     ]
    },
    "maxItems": {
     "type": "integer",
     "minimum": 1,
     "maximum": 10000,
     "description": "The user tower sees at most this many, most recent first."
    }
   }
  },
  "origin": {
   "x-statement": true,
   "type": "array",
   "items": {
    "title": "TowerOrigin",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "source",
     "licence"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "source": {
      "type": "string"
     },
     "licence": {
      "type": "string"
     },
     "note": {
      "type": "string"
     }
    }
   }
  },
  "parity": {
   "x-statement": true,
   "type": "array",
   "items": {
    "title": "TowerParity",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "against",
     "samples",
     "maxAbsDiff",
     "minCosine"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "against": {
      "type": "string"
     },
     "samples": {
      "type": "integer",
      "minimum": 1
     },
     "maxAbsDiff": {
      "type": "number",
      "minimum": 0
     },
     "minCosine": {
      "type": "number",
      "minimum": -1,
      "maximum": 1.001
     }
    }
   }
  },
  "speed": {
   "x-statement": true,
   "type": "array",
   "items": {
    "title": "TowerSpeed",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "provider",
     "batch",
     "p50Ms",
     "p95Ms",
     "repeats"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "provider": {
      "type": "string"
     },
     "batch": {
      "type": "integer",
      "minimum": 1
     },
     "p50Ms": {
      "type": "number",
      "minimum": 0
     },
     "p95Ms": {
      "type": "number",
      "minimum": 0
     },
     "repeats": {
      "type": "integer",
      "minimum": 1
     }
    }
   }
  },
  "loss": {
   "x-statement": true,
   "type": "array",
   "description": "What each tower loses that is not in float32, against float32, on a retrieval set of composed phrases and drawn images whose relevance is known by how they were made. Of lite.image.toItem the cosines are of the image's own coordinates.",
   "items": {
    "title": "TowerLoss",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "precision",
     "minCosine",
     "deltaNdcg10",
     "deltaRecall10",
     "bound",
     "accepted"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "precision": {
      "title": "ReducedPrecision",
      "enum": [
       "fp16",
       "int8-weights",
       "int8-dynamic",
       "int8-static"
      ]
     },
     "minCosine": {
      "type": "number",
      "minimum": -1,
      "maximum": 1.001
     },
     "medianCosine": {
      "type": "number",
      "minimum": -1,
      "maximum": 1.001
     },
     "deltaNdcg10": {
      "type": "number",
      "minimum": -1,
      "maximum": 1,
      "description": "NDCG@10 of this tower minus that of float32; below zero is a loss."
     },
     "deltaRecall10": {
      "type": "number",
      "minimum": -1,
      "maximum": 1
     },
     "bound": {
      "title": "LossBound",
      "type": "object",
      "additionalProperties": false,
      "required": [
       "minCosine",
       "deltaNdcg10",
       "deltaRecall10"
      ],
      "properties": {
       "minCosine": {
        "type": "number",
        "minimum": -1,
        "maximum": 1
       },
       "deltaNdcg10": {
        "type": "number",
        "minimum": -1,
        "maximum": 0
       },
       "deltaRecall10": {
        "type": "number",
        "minimum": -1,
        "maximum": 0
       }
      }
     },
     "accepted": {
      "type": "boolean",
      "description": "Whether the loss is beyond the bound and was accepted by --accept-loss; without it such a bundle is refused."
     }
    }
   }
  },
  "metrics": {
   "x-statement": true,
   "type": "object",
   "description": "Of the training run it came from; empty where nothing was trained."
  }
 },
 "$defs": {
  "imageRule": {
   "title": "ImageRule",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "size",
    "resize",
    "interpolation",
    "mean",
    "std"
   ],
   "description": "RGB as a browser shows it (EXIF orientation applied, transparent pixels on white, the first frame), resized by `mode`, centre `size` × `size`, value/255, minus mean, over std, NCHW float32.",
   "properties": {
    "size": {
     "type": "integer",
     "minimum": 16,
     "maximum": 2048
    },
    "resize": {
     "type": "integer",
     "minimum": 16,
     "maximum": 4096
    },
    "mode": {
     "title": "ImageMode",
     "enum": [
      "crop",
      "squash",
      "pad"
     ],
     "description": "crop (where absent): the shorter side to `resize`. squash: both sides to `resize`. pad: the longer side to `resize`, the rest in `fill`."
    },
    "fill": {
     "type": "array",
     "minItems": 3,
     "maxItems": 3,
     "items": {
      "type": "integer",
      "minimum": 0,
      "maximum": 255
     },
     "description": "Colour beside a padded image, black where absent."
    },
    "interpolation": {
     "enum": [
      "bicubic",
      "bilinear"
     ]
    },
    "mean": {
     "type": "array",
     "minItems": 3,
     "maxItems": 3,
     "items": {
      "type": "number",
      "minimum": -1,
      "maximum": 2
     }
    },
    "std": {
     "type": "array",
     "minItems": 3,
     "maxItems": 3,
     "items": {
      "type": "number",
      "minimum": 0.001,
      "maximum": 10
     }
    }
   }
  },
  "sha256": {
   "type": "string",
   "pattern": "^[0-9a-f]{64}$"
  },
  "tensor": {
   "title": "Tensor",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "name",
    "role",
    "dtype",
    "shape"
   ],
   "properties": {
    "name": {
     "type": "string"
    },
    "role": {
     "title": "TensorRole",
     "enum": [
      "inputIds",
      "attentionMask",
      "tokenTypeIds",
      "pixels",
      "text",
      "image",
      "modalityMask",
      "items",
      "kinds",
      "agesDays",
      "itemMask",
      "weights",
      "embedding"
     ]
    },
    "dtype": {
     "enum": [
      "float32",
      "float16",
      "int64",
      "int32"
     ]
    },
    "shape": {
     "type": "array",
     "items": {
      "oneOf": [
       {
        "type": "integer",
        "minimum": 1
       },
       {
        "type": "string"
       }
      ]
     },
     "description": "A string is a free dimension."
    }
   }
  },
  "tower": {
   "title": "BundleTower",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "file",
    "precision",
    "inputs",
    "outputs"
   ],
   "properties": {
    "file": {
     "type": "string"
    },
    "precision": {
     "enum": [
      "float32",
      "float16",
      "int8"
     ]
    },
    "inputs": {
     "type": "array",
     "minItems": 1,
     "items": {
      "$ref": "#/$defs/tensor"
     }
    },
    "outputs": {
     "type": "array",
     "minItems": 1,
     "items": {
      "$ref": "#/$defs/tensor"
     }
    }
   }
  }
 }
};

export const bundleProbesSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/bundle-probes.schema.json",
 "title": "BundleProbes",
 "description": "The probes of a bundle: inputs with the vectors that its towers gave where it was exported. Whoever loads the bundle runs them again. probe-bounds.json says how near the vectors must be; vectors/bundle-probes.json holds the cases.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "items",
  "users"
 ],
 "properties": {
  "items": {
   "type": "array",
   "minItems": 16,
   "maxItems": 64,
   "items": {
    "title": "ItemProbe",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "product",
     "embedding"
    ],
    "description": "An item from its raw fields, its image, or both, to its embedding.",
    "properties": {
     "product": {
      "title": "ProbeProduct",
      "type": "object",
      "additionalProperties": false,
      "description": "The fields of a product that an item's text may be made of; none of them where only the image is known.",
      "properties": {
       "title": {
        "type": "string",
        "minLength": 1,
        "maxLength": 1000
       },
       "brand": {
        "type": "string",
        "minLength": 1,
        "maxLength": 200
       },
       "description": {
        "type": "string",
        "minLength": 1,
        "maxLength": 5000
       },
       "categoryPath": {
        "type": "array",
        "maxItems": 12,
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 200
        }
       },
       "attributes": {
        "type": "object",
        "maxProperties": 40,
        "propertyNames": {
         "pattern": "^[a-z][A-Za-z0-9]{0,39}$"
        },
        "additionalProperties": {
         "type": "string",
         "minLength": 1,
         "maxLength": 200
        }
       }
      }
     },
     "image": {
      "type": "string",
      "minLength": 4,
      "maxLength": 65536,
      "pattern": "^[A-Za-z0-9+/]+={0,2}$",
      "description": "A PNG or JPEG file as base64. Only in bundles with an image encoder."
     },
     "embedding": {
      "type": "string",
      "minLength": 4,
      "maxLength": 16384,
      "pattern": "^[A-Za-z0-9+/]+={0,2}$",
      "description": "Base64 of little-endian int16: each of the dim numbers × 32767, rounded."
     }
    }
   }
  },
  "users": {
   "type": "array",
   "minItems": 4,
   "maxItems": 64,
   "items": {
    "title": "UserProbe",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "items",
     "kinds",
     "agesDays",
     "weights",
     "embedding"
    ],
    "description": "A history, most recent first, to the user's embedding. Its items are the stated embeddings of the item probes, by position.",
    "properties": {
     "items": {
      "type": "array",
      "minItems": 1,
      "maxItems": 1000,
      "items": {
       "type": "integer",
       "minimum": 0
      }
     },
     "kinds": {
      "type": "array",
      "minItems": 1,
      "maxItems": 1000,
      "items": {
       "enum": [
        "view",
        "wishlist",
        "cart",
        "purchase",
        "rating",
        "dismiss"
       ]
      }
     },
     "agesDays": {
      "type": "array",
      "minItems": 1,
      "maxItems": 1000,
      "items": {
       "type": "number",
       "minimum": 0
      }
     },
     "weights": {
      "type": "array",
      "minItems": 1,
      "maxItems": 1000,
      "items": {
       "type": "number",
       "minimum": 1
      }
     },
     "embedding": {
      "type": "string",
      "minLength": 4,
      "maxLength": 16384,
      "pattern": "^[A-Za-z0-9+/]+={0,2}$",
      "description": "Base64 of little-endian int16: each of the dim numbers × 32767, rounded."
     }
    }
   }
  }
 }
};

export const packSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/pack.schema.json",
 "title": "PackManifest",
 "description": "The manifest of a pack: the catalogue of one shop as static files, which a device downloads whole and ranks itself. The manifest is canonical JSON (RFC 8785), and the file is named by its SHA-256: HASH.json. Each other file is named HASH.bin and holds a zlib stream. contracts/vectors/packs.json holds a small pack, its delta, and what is refused.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "format",
  "shop",
  "space",
  "created",
  "numItems",
  "vectors",
  "parts",
  "probes"
 ],
 "properties": {
  "format": {
   "const": 1
  },
  "shop": {
   "type": "string",
   "minLength": 1,
   "maxLength": 253,
   "description": "As in a Product."
  },
  "space": {
   "type": "string",
   "pattern": "^[0-9a-f]{64}$",
   "description": "Of the bundle whose item vectors these are."
  },
  "created": {
   "type": "string",
   "pattern": "^2[0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$",
   "description": "The time of the catalogue's newest change of this shop. A device takes no pack that is older than the one that it has."
  },
  "numItems": {
   "type": "integer",
   "minimum": 1,
   "maximum": 100000
  },
  "vectors": {
   "title": "PackVectors",
   "description": "How the numbers of an item vector are kept. A file of vectors holds those blocks that have bits, one after the other. Of each first one byte an item, its code c; then, unless all codes are 0, the numbers q, coordinate by coordinate and in each item by item: a signed byte, or where bits is 4 half a byte, q + 8, the first in the lower half, the last byte filled with 0. The number is q * c / (255 * most), most being 127 or 7. Where bits is 0 the numbers are those of the vector that the device's own model makes of the item's text, as the fields of its card give it.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "dim",
    "blocks"
   ],
   "properties": {
    "dim": {
     "type": "integer",
     "minimum": 1,
     "maximum": 4096
    },
    "blocks": {
     "description": "They follow each other without a gap, from 0 to dim.",
     "type": "array",
     "minItems": 1,
     "maxItems": 64,
     "items": {
      "title": "PackBlock",
      "type": "object",
      "additionalProperties": false,
      "required": [
       "start",
       "length",
       "bits"
      ],
      "properties": {
       "start": {
        "type": "integer",
        "minimum": 0
       },
       "length": {
        "type": "integer",
        "minimum": 1
       },
       "bits": {
        "enum": [
         0,
         4,
         8
        ]
       }
      }
     }
    }
   }
  },
  "parts": {
   "type": "array",
   "minItems": 1,
   "maxItems": 128,
   "items": {
    "$ref": "#/$defs/part"
   },
   "description": "All items. The first part has at most 1,000, spread over the catalogue, so that a device can rank before the rest has come."
  },
  "probes": {
   "description": "Items of the first part, so that a device can prove that its own model makes the same vectors of the same texts, and that the rows belong to the cards.",
   "type": "array",
   "minItems": 1,
   "maxItems": 16,
   "items": {
    "title": "PackProbe",
    "type": "object",
    "additionalProperties": false,
    "required": [
     "row",
     "text",
     "textVector",
     "vector"
    ],
    "properties": {
     "row": {
      "type": "integer",
      "minimum": 0,
      "maximum": 999
     },
     "text": {
      "type": "string",
      "maxLength": 4096,
      "description": "What the text encoder read of the item."
     },
     "textVector": {
      "type": "string",
      "maxLength": 11000,
      "pattern": "^[A-Za-z0-9+/]*={0,2}$",
      "description": "base64 of dim little-endian int16, × 32767: the vector of an item with this text and without an image."
     },
     "vector": {
      "type": "string",
      "maxLength": 11000,
      "pattern": "^[A-Za-z0-9+/]*={0,2}$",
      "description": "The same of the item's own vector, before it was cut to fewer bits."
     }
    }
   }
  },
  "delta": {
   "title": "PackDelta",
   "description": "What a device that has the pack before needs to have this one.",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "previous",
    "removed",
    "parts"
   ],
   "properties": {
    "previous": {
     "type": "string",
     "pattern": "^[0-9a-f]{64}$",
     "description": "The SHA-256 of the manifest before."
    },
    "removed": {
     "type": "array",
     "maxItems": 100000,
     "items": {
      "type": "string",
      "pattern": "^[0-9a-f]{16}$"
     },
     "description": "Ids of items that are gone: the first 16 hexadecimal digits of the SHA-256 of the address."
    },
    "parts": {
     "type": "array",
     "maxItems": 128,
     "items": {
      "$ref": "#/$defs/part"
     },
     "description": "Items that were added or changed."
    }
   }
  }
 },
 "$defs": {
  "part": {
   "title": "PackPart",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "numItems",
    "cards",
    "vectors"
   ],
   "properties": {
    "numItems": {
     "type": "integer",
     "minimum": 1,
     "maximum": 4000
    },
    "cards": {
     "$ref": "#/$defs/file",
     "description": "Canonical JSON, as pack-cards.schema.json describes it."
    },
    "vectors": {
     "$ref": "#/$defs/file"
    }
   }
  },
  "file": {
   "title": "PackFile",
   "type": "object",
   "additionalProperties": false,
   "required": [
    "sha256",
    "bytes",
    "unpackedBytes"
   ],
   "properties": {
    "sha256": {
     "type": "string",
     "pattern": "^[0-9a-f]{64}$"
    },
    "bytes": {
     "type": "integer",
     "minimum": 1,
     "maximum": 33554432
    },
    "unpackedBytes": {
     "type": "integer",
     "minimum": 1,
     "maximum": 33554432
    }
   }
  }
 }
};

export const packListSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/pack-list.schema.json",
 "title": "PackList",
 "description": "The list of packs that somebody publishes: the newest pack of each shop. It is the one file whose name is no hash, and it is written last. Names are relative to its address.",
 "type": "array",
 "maxItems": 10000,
 "items": {
  "title": "PackListEntry",
  "type": "object",
  "additionalProperties": false,
  "required": [
   "shop",
   "manifest"
  ],
  "properties": {
   "shop": {
    "type": "string",
    "minLength": 1,
    "maxLength": 253
   },
   "manifest": {
    "type": "string",
    "pattern": "^[0-9a-f]{64}\\.json$"
   },
   "signature": {
    "type": "string",
    "pattern": "^[0-9a-f]{64}\\.sig$",
    "description": "The signature of the manifest, a file as manifest.sig of a bundle, named by its own SHA-256."
   }
  }
 }
};

export const packCardsSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/pack-cards.schema.json",
 "title": "PackCards",
 "description": "What a part of a pack says of its items: a list for each field, item by item, with an empty value where an item has none. All lists have one length. A field that no item has is left out.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "url",
  "title"
 ],
 "properties": {
  "url": {
   "type": "array",
   "items": {
    "type": "string",
    "pattern": "^https?://",
    "maxLength": 2048
   }
  },
  "title": {
   "type": "array",
   "items": {
    "type": "string",
    "minLength": 1,
    "maxLength": 500
   }
  },
  "brand": {
   "type": "array",
   "items": {
    "type": "string",
    "maxLength": 200
   }
  },
  "categoryPath": {
   "type": "array",
   "items": {
    "type": "array",
    "maxItems": 12,
    "items": {
     "type": "string",
     "minLength": 1,
     "maxLength": 200
    }
   }
  },
  "image": {
   "type": "array",
   "items": {
    "type": "string",
    "pattern": "^(https?://|$)",
    "maxLength": 2048
   }
  },
  "price": {
   "type": "array",
   "items": {
    "$ref": "#/$defs/price"
   }
  },
  "regularPrice": {
   "type": "array",
   "items": {
    "$ref": "#/$defs/price"
   }
  },
  "availability": {
   "type": "array",
   "items": {
    "type": "string",
    "pattern": "^[A-Za-z]{0,40}$"
   }
  },
  "attributes": {
   "type": "array",
   "items": {
    "type": "object",
    "maxProperties": 8,
    "propertyNames": {
     "pattern": "^[a-z][A-Za-z0-9]{0,39}$"
    },
    "additionalProperties": {
     "type": "string",
     "minLength": 1,
     "maxLength": 200
    }
   }
  }
 },
 "$defs": {
  "price": {
   "title": "PackPrice",
   "type": "object",
   "additionalProperties": false,
   "properties": {
    "amount": {
     "type": "string",
     "pattern": "^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,4})?$"
    },
    "currency": {
     "type": "string",
     "pattern": "^[A-Z]{3}$"
    }
   }
  }
 }
};

export const bundleRoles = {
 "about": "What each tower of a bundle takes, by role, and may take. It gives one output, the embedding. An item tower takes an image exactly where the bundle has an image encoder.",
 "towers.textEncoder": {
  "takes": [
   "inputIds",
   "attentionMask"
  ],
  "mayTake": [
   "tokenTypeIds"
  ]
 },
 "towers.imageEncoder": {
  "takes": [
   "pixels"
  ],
  "mayTake": []
 },
 "towers.itemTower": {
  "takes": [
   "text",
   "modalityMask"
  ],
  "mayTake": [
   "image"
  ]
 },
 "towers.userTower": {
  "takes": [
   "items",
   "kinds",
   "agesDays",
   "itemMask"
  ],
  "mayTake": [
   "weights"
  ]
 },
 "lite.textToItem": {
  "takes": [
   "inputIds",
   "attentionMask"
  ],
  "mayTake": [
   "tokenTypeIds"
  ]
 },
 "lite.textToItem of a token table": {
  "takes": [
   "text"
  ],
  "mayTake": []
 },
 "lite.image.toItem": {
  "takes": [
   "pixels"
  ],
  "mayTake": []
 },
 "lite.userTower": {
  "takes": [
   "items",
   "kinds",
   "agesDays",
   "itemMask"
  ],
  "mayTake": [
   "weights"
  ]
 }
};

export const onnxGraphs = {
 "about": "What an ONNX file of a bundle may hold. It is checked before a runtime opens the file, by kernel/onnx_graph.py and extension/core/onnx-graph.js; vectors/onnx-graphs.json holds the cases. Operators go by domain. None of them loops, branches, draws random numbers or holds a graph of its own.",
 "format": 2,
 "maxNodes": 20000,
 "elementTypes": {
  "1": "float32",
  "6": "int32",
  "7": "int64",
  "10": "float16"
 },
 "maxNumbersMade": 268435456,
 "shapeInputs": {
  "ConstantOfShape": 0,
  "Expand": 1,
  "Tile": 1,
  "Resize": 3
 },
 "quantised": [
  "ConvInteger",
  "DequantizeLinear",
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
  "GatherBlockQuantized",
  "MatMulInteger",
  "MatMulIntegerToFloat",
  "MatMulNBits",
  "QGemm",
  "QLinearAdd",
  "QLinearAveragePool",
  "QLinearConcat",
  "QLinearConv",
  "QLinearGlobalAveragePool",
  "QLinearLeakyRelu",
  "QLinearMatMul",
  "QLinearMul",
  "QLinearReduceMean",
  "QLinearSigmoid",
  "QLinearSoftmax",
  "QuantizeLinear"
 ],
 "operators": {
  "": [
   "Abs",
   "Add",
   "And",
   "ArgMax",
   "ArgMin",
   "Attention",
   "AveragePool",
   "BatchNormalization",
   "Cast",
   "CastLike",
   "Ceil",
   "Celu",
   "Clip",
   "Concat",
   "Constant",
   "ConstantOfShape",
   "Conv",
   "ConvInteger",
   "ConvTranspose",
   "Cos",
   "CumSum",
   "DequantizeLinear",
   "Div",
   "Dropout",
   "DynamicQuantizeLinear",
   "Einsum",
   "Elu",
   "Equal",
   "Erf",
   "Exp",
   "Expand",
   "EyeLike",
   "Flatten",
   "Floor",
   "GRU",
   "Gather",
   "GatherElements",
   "GatherND",
   "Gelu",
   "Gemm",
   "GlobalAveragePool",
   "GlobalMaxPool",
   "Greater",
   "GreaterOrEqual",
   "GroupNormalization",
   "HardSigmoid",
   "HardSwish",
   "Identity",
   "InstanceNormalization",
   "IsInf",
   "IsNaN",
   "LRN",
   "LSTM",
   "LayerNormalization",
   "LeakyRelu",
   "Less",
   "LessOrEqual",
   "Log",
   "LogSoftmax",
   "LpNormalization",
   "MatMul",
   "MatMulInteger",
   "Max",
   "MaxPool",
   "Mean",
   "Min",
   "Mish",
   "Mod",
   "Mul",
   "Neg",
   "Not",
   "OneHot",
   "Or",
   "PRelu",
   "Pad",
   "Pow",
   "QLinearConv",
   "QLinearMatMul",
   "QuantizeLinear",
   "RMSNormalization",
   "Range",
   "Reciprocal",
   "ReduceL1",
   "ReduceL2",
   "ReduceLogSum",
   "ReduceLogSumExp",
   "ReduceMax",
   "ReduceMean",
   "ReduceMin",
   "ReduceProd",
   "ReduceSum",
   "ReduceSumSquare",
   "Relu",
   "Reshape",
   "Resize",
   "RotaryEmbedding",
   "Round",
   "ScatterElements",
   "ScatterND",
   "Selu",
   "Shape",
   "Sigmoid",
   "Sign",
   "Sin",
   "Size",
   "Slice",
   "Softmax",
   "Softplus",
   "Softsign",
   "Split",
   "Sqrt",
   "Squeeze",
   "Sub",
   "Sum",
   "Swish",
   "Tanh",
   "Tile",
   "TopK",
   "Transpose",
   "Trilu",
   "Unsqueeze",
   "Where",
   "Xor"
  ],
  "com.microsoft": [
   "BiasGelu",
   "DynamicQuantizeMatMul",
   "FastGelu",
   "FusedMatMul",
   "GatherBlockQuantized",
   "Gelu",
   "GroupQueryAttention",
   "MatMulIntegerToFloat",
   "MatMulNBits",
   "MultiHeadAttention",
   "QGemm",
   "QLinearAdd",
   "QLinearAveragePool",
   "QLinearConcat",
   "QLinearGlobalAveragePool",
   "QLinearLeakyRelu",
   "QLinearMul",
   "QLinearReduceMean",
   "QLinearSigmoid",
   "QLinearSoftmax",
   "QuickGelu",
   "SkipLayerNormalization"
  ]
 }
};

export const probeBounds = {
 "about": "How near the embedding of a probe must be to the stated one, by the precision of the towers that it went through; the least demanding of several counts. No manifest can widen it. minCosine: of the two vectors. maxLengthDiff: between their lengths. A vector of length below zeroLength has no direction: then both must be such. Measured in docs/decisions/0011-bundles-prove-themselves.md.",
 "minCosine": {
  "float32": 0.9999,
  "float16": 0.999,
  "int8": 0.95
 },
 "maxLengthDiff": 0.001,
 "zeroLength": 0.001
};
