"""Every state of the side panel, and an import: drawn by the real pages from known answers, without a shop.

    python -m tests.e2e.panel_states --out DIR

writes a screenshot of each state: light, dark, 400 px wide, in Arabic, and in forced colours.
"""

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.e2e.chromium import EXECUTABLE, PATIENCE_MS, ROOT
from tests.e2e.static_host import served

Json = dict[str, Any]
SHOP = "linden.example"
WIDTH, HEIGHT = 330, 700
TAB: Json = {
    "tabId": 7,
    "url": f"https://{SHOP}/all",
    "shop": SHOP,
    "isIncognito": False,
    "isConsented": True,
    "reading": None,
}
STATE: Json = {
    "serverUrl": "",
    "serverIsMine": False,
    "mode": "auto",
    "paused": False,
    "consents": [],
    "numKnown": 12,
    "numDismissed": 0,
    "unreadable": 0,
    "packs": [],
    "shelf": {"status": "read", "numItems": 1240},
    "tab": TAB,
}
GOODS = [
    ("Cable-knit cardigan in navy wool with horn buttons", "Harbour & Co", "79.00", "99.00", "navy cardigan"),
    ("Striped cotton sweater", "", "49.50", "", "navy cardigan"),
    ("Linen shirt, washed blue", "Kelp", "59.00", "", "linen dress"),
    ("Canvas tote with rope handles", "", "24.00", "", "rope basket"),
    ("Enamel mug, sea green", "Kelp", "12.90", "", ""),
    ("Merino scarf", "", "39.00", "45.00", "navy cardigan"),
    ("Oak serving board", "", "34.00", "", ""),
    ("Rain jacket with hood", "Nord", "129.00", "", "yellow raincoat"),
    ("Wool socks, two pairs", "", "18.00", "", ""),
    ("Sailcloth cushion", "", "29.00", "", "rope basket"),
    ("Ceramic bowl", "", "22.00", "", ""),
    ("Beeswax candle", "", "9.50", "", ""),
]
COLOURS = ["#34495e", "#c9b8a0", "#7d9fb5", "#e8dfce", "#6fa39a", "#8b5e66", "#a9825a", "#dfb23c"]


def cards(num: int = 12) -> list[Json]:
    """Return ranked cards."""
    found: list[Json] = []
    for i, (title, brand, amount, regular, like) in enumerate(GOODS[:num]):
        card: Json = {
            "itemId": f"{i:016x}",
            "url": f"https://{SHOP}/p/{i}",
            "title": title,
            "image": f"https://{SHOP}/i/{i}.svg",
            "price": {"amount": amount, "currency": "EUR"},
            "score": 1 - i / 20,
            "why": [like] if like else [],
        }
        if brand:
            card["brand"] = brand
        if regular:
            card["regularPrice"] = {"amount": regular, "currency": "EUR"}
        if i == 4:
            card["availability"] = "OutOfStock"
        found.append(card)
    return found


FACETS: Json = {
    "numItems": 1240,
    "price": {"lowest": 9.5, "highest": 129, "currency": "EUR"},
    "inStock": True,
    "onSale": True,
    "brand": [{"value": "Kelp", "count": 210}, {"value": "Nord", "count": 32}],
    "category": [{"value": "Knitwear", "count": 80}, {"value": "Kitchen", "count": 70}],
    "size": [],
    "color": [{"value": "navy", "count": 12}, {"value": "sand", "count": 9}],
}


def answered(items: list[Json], **more: Any) -> Json:
    """Return an answer of the background with recommendations."""
    full = {"items": items, "mode": "shelf", "basis": "taste", "shop": SHOP, "numFound": len(items), "facets": FACETS}
    return {"recommendations": {**full, **more}}


def saved(num: int) -> list[Json]:
    """Return saved items, the last of another shop."""
    items = [{key: card[key] for key in card if key not in ("score", "why")} for card in cards(num)]
    shops = [SHOP] * (num - 1) + ["harbor.example"]
    return [
        {"id": str(i), "savedAt": "2026-03-01T12:00:00Z", "shop": shop, "card": card}
        for i, (shop, card) in enumerate(zip(shops, items, strict=True))
    ]


def _state(**changes: Any) -> Json:
    tab = changes.pop("tab", {})
    return {**STATE, **changes, "tab": None if tab is None else {**TAB, **tab}}


def _with(state: Json, answer: Json | None = None, **more: Any) -> Json:
    return {"state": state, "answer": answer or answered(cards()), "saved": [], "do": [], **more}


LONG = "Hand-knitted cardigan in undyed highland wool, with horn buttons and two deep pockets"


def _foreign() -> list[Json]:
    """Return cards with prices in dollars and long names, of which one would turn what follows it around."""
    dollars = [{**card, "price": {"amount": "205.99", "currency": "USD"}, "why": [LONG]} for card in cards(6)]
    turned = {**dollars[0], "title": "Oak \u202ebowl", "why": ["Sea \u202emug"]}
    arabic = {**dollars[2], "brand": "Kelp", "title": "قميص من الكتان الأزرق XL", "why": ["قميص Kelp"]}
    endless = {
        **dollars[3],
        "title": "Donaudampfschifffahrtsgesellschaftskapitänsmütze",
        "regularPrice": dollars[3]["price"],
    }
    dear = {**dollars[4], "price": {"amount": "12345678901234567890.99", "currency": "USD"}, "image": ""}
    return [turned, dollars[1], arabic, endless, dear, {**dollars[5], "price": {"amount": "19.90"}}]


# Of a file that is read: more rows than there is room for, the first with an endless name.
IMPORTED: Json = {
    "taste.get": {
        "taste": {"clusters": [], "alone": [], "dismissed": []},
        "saved": [],
        "shops": [],
        "shelves": [],
    },
    "import.pages": {"pages": []},
    "import.readFile": {
        "rows": [{"kind": "wishlist", "title": title} for title in ("sea" * 1_000_000, LONG * 4, *["Mug"] * 998)],
        "saved": [],
        "shops": [],
        "numLeftOut": 0,
        "room": 997,
    },
}
PAGE = {"mode": "page"}
PACK: Json = {"shop": SHOP, "host": "packs.example", "signedBy": "21fe31dfa154a261", "isTrusted": False}
# What the background says in each state, and what the shopper does in it: clicks, or what `_do` knows by name.
STATES: dict[str, Json] = {
    "fits": _with(STATE, saved=saved(3)),
    "loading": _with(STATE, isSilent=True),
    "no_consent": _with(_state(shelf=None, tab={"isConsented": False}), answered(cards(), **PAGE)),
    "postponed": _with(
        _state(shelf=None, tab={"isConsented": False}), answered(cards(), **PAGE), do=["[data-action=later]"]
    ),
    "page": _with(_state(shelf={"status": "none", "numItems": 0}), answered(cards(), **PAGE)),
    "reading": _with(
        _state(shelf={"status": "reading", "numItems": 750, "total": 2000}), answered(cards(), numFound=750)
    ),
    "shop_unknown": _with(
        _state(shelf={"status": "failed", "numItems": 0, "reason": "no_feed"}), answered(cards(), **PAGE)
    ),
    "storage_full": _with(
        _state(shelf={"status": "failed", "numItems": 500, "reason": "storage"}),
        error={"item.save": {"code": "storage_full", "message": "full"}},
        do=[".save >> nth=0"],
    ),
    "paused": _with(_state(paused=True)),
    "offline": _with(STATE, isOffline=True),
    "no_tab": _with(_state(tab=None)),
    "not_a_shop": _with(_state(shelf=None, tab={"url": None, "shop": None})),
    "no_products": _with(
        _state(shelf={"status": "none", "numItems": 0}),
        answered([], **PAGE, facets={**FACETS, "numItems": 0}),
    ),
    "nothing_fits": _with(STATE, answered([])),
    "nothing_found": _with(STATE, answered([], basis="search"), do=[("fill", "#words", "velvet")]),
    "found": _with(STATE, answered(cards(5), basis="search"), do=[("fill", "#words", "blue")]),
    "only_similar": _with(
        STATE, answered(cards(5), basis="search", isOnlySimilar=True), do=[("fill", "#words", "xyzzyqq")]
    ),
    "alike": _with(STATE, answered(cards(8), basis="search"), do=[("hover", ".card >> nth=1"), ".alike >> nth=1"]),
    "filters": _with(STATE, do=["#filter-button"]),
    "picks": _with(
        _state(numKnown=0, shelf={"status": "read", "numItems": 1240}),
        answered(cards(), basis="first_screen"),
        do=[".pick >> nth=0", ".pick >> nth=3"],
    ),
    "what_leaves": _with(STATE, do=["[data-action=leaves]"]),
    "published": _with(
        _state(shelf={"status": "none", "numItems": 0}),
        answered(cards(), mode="pack", pack=PACK),
        do=["[data-action=leaves]"],
    ),
    "not_learned": _with(
        _state(tab={"reading": {"verdict": "listing", "isLearned": False, "reason": "listing", "numChanges": 0}}),
        do=["[data-action=leaves]"],
    ),
    "undo": _with(STATE, do=[".dismiss >> nth=0"]),
    "menu": _with(STATE, do=["#menu-button"]),
    "erase": _with(STATE, do=["#menu-button", "#erase"]),
    "saved": _with(STATE, saved=saved(5), do=["#tab-saved"]),
    "nothing_saved": _with(STATE, do=["#tab-saved"]),
    "error": _with(STATE, error={"recommend": {"code": "bundle_altered", "message": "tokens.bin: 3 bytes differ"}}),
    "server_away": _with(
        STATE, answered(cards(), **PAGE, problem={"code": "server_unreachable", "message": "refused"})
    ),
    "foreign": _with(STATE, answered(_foreign())),
    "import": _with(STATE, page="knows", answers=IMPORTED, do=[("file", "#file", "title")]),
    "locked": _with(STATE, error={"recommend": {"code": "locked", "message": "x"}}),
    "private_page": _with(STATE, error={"recommend": {"code": "private_page", "message": "x"}}),
    "dismissed_paused": _with(
        STATE, answers={"item.dismiss": {"stored": False, "reason": "paused"}}, do=[".dismiss >> nth=0"]
    ),
    "no_answer": _with(STATE, error={"state.get": {"code": "internal", "message": "x"}}),
}

CHROME = """
({ texts, locale, given }) => {
  const getMessage = (key, values = []) => {
    const { message = "", placeholders = {} } = texts[key] ?? {};
    const valueOf = (_, name) => values[placeholders[name].content.slice(1) - 1] ?? "";
    return message.replace(/\\$(\\w+)\\$/g, valueOf);
  };
  const answers = {
    "state.get": () => ({ state: given.state }),
    "pause.set": () => ({ state: { ...given.state, paused: false } }),
    "recommend": () => given.answer,
    "saved.get": () => ({ items: given.saved }),
    "item.dismiss": () => ({ stored: true }),
    "item.save": () => ({ isLearned: true }),
  };
  const sendMessage = async ({ type }) => {
    if (given.isSilent && type === "recommend") return new Promise(() => {});
    if (given.error?.[type]) return { ok: false, error: given.error[type] };
    return { ok: true, ...(given.answers?.[type] ?? answers[type]?.() ?? {}) };
  };
  const event = { addListener: () => {} };
  globalThis.chrome = {
    i18n: { getUILanguage: () => locale, getMessage },
    runtime: { id: "carryover", getURL: (path) => new URL(path, location.origin).href, sendMessage, onMessage: event },
    storage: { session: { get: async () => ({}), set: async () => {}, remove: async () => {} } },
    windows: { getCurrent: async () => ({ id: 1 }) },
    tabs: { query: async () => [{ id: 7 }], onActivated: event, onUpdated: event },
    permissions: { request: async () => true },
    offscreen: {}, // as Chromium, which loads images by their elements
  };
  if (given.isOffline) Object.defineProperty(navigator, "onLine", { get: () => false });
}
"""


def _draw(route: Route) -> None:
    number = int(unquote(route.request.url).rpartition("/")[2].removesuffix(".svg"))
    colour = COLOURS[number % len(COLOURS)]
    shape = f'<circle cx="60" cy="{50 + 3 * number}" r="34" fill="{colour}"/>'
    ground = '<rect width="120" height="120" fill="#f4f2ee"/>'
    body = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">{ground}{shape}</svg>'
    route.fulfill(body=body, content_type="image/svg+xml")


def opened(
    browser: Browser, address: str, name: str, *, locale: str = "en-GB", scheme: str = "light", width: int = WIDTH
) -> Page:
    """Return the panel in a state, once it has settled. Closing its context closes it."""
    given = STATES[name]
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        forced_colors="active" if scheme == "forced" else "none",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.route(f"https://{SHOP}/**", _draw)
    language = locale.partition("-")[0]
    texts = json.loads((ROOT / "extension" / "_locales" / language / "messages.json").read_text("utf-8"))
    page.add_init_script(f"({CHROME})({json.dumps({'texts': texts, 'locale': locale, 'given': given})})")
    name = given.get("page", "panel")
    page.goto(f"{address}/ui/{name}.html")
    page.wait_for_selector("#message:not([hidden]), .card, #known:not(:empty)", state="attached")
    for step in [None, *given["do"]]:
        if step is not None:
            _do(page, step)
            page.wait_for_timeout(50)
        if not given.get("isSilent"):
            page.wait_for_function("document.querySelector('[aria-busy], .skeleton') === null")
    page.wait_for_load_state("networkidle")
    return page


def _do(page: Page, step: str | tuple[str, ...]) -> None:
    if isinstance(step, str):
        page.locator(step).click()
    elif step[0] == "fill":
        page.locator(step[1]).fill(step[2])
        page.locator(step[1]).press("Enter")
    elif step[0] == "file":
        page.locator(step[1]).set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": step[2].encode()})
        page.locator(".review").wait_for()
    else:
        page.locator(step[1]).hover()


LOOKS: dict[str, Json] = {
    "light": {},
    "dark": {"scheme": "dark"},
    "wide": {"width": 400},
    "sidebar": {"width": 252},  # as Firefox opens it
    "arabic": {"locale": "ar"},
    "forced": {"scheme": "forced"},
}


def main() -> int:
    """Write the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--states", nargs="*", default=list(STATES), metavar="NAME")
    parser.add_argument("--looks", nargs="*", default=list(LOOKS), metavar="NAME")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver, served(ROOT / "extension") as host:
        browser = driver.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox", "--disable-gpu"])
        for name in arguments.states:
            for look in arguments.looks:
                page = opened(browser, f"http://{host}", name, **LOOKS[look])
                page.screenshot(path=arguments.out / f"{name}-{look}.png")
                page.context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
