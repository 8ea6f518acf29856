// The try page: what is pressed, what is shown. The learning itself is in learner.js.
import { card, element, ledgerEntry, radios } from "./cards.js";
import { createLearner } from "./learner.js";

const NAMES = { harbor: "Harbour & Pine", linden: "Linden Dry Goods", meridian: "Meridian" };
const SHELF_SIZE = 18;
const SHOWN = 12;

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const settings = await (await fetch("settings.json")).json();
/** @type {Record<string, any[]>} */
const stock = {};
const likedUrls = new Set();
let learner = await createLearner(settings);
let shelfStart = 0;
let hasEntered = false;
// Presses are handled one after another, so that two never write the same profile at once.
let queue = Promise.resolve();

/** @param {string} text @param {boolean} [isWrong] */
function tell(text, isWrong = false) {
  $("status").textContent = text;
  $("status").className = isWrong ? "wrong" : "muted";
}

/** Run after all earlier actions; show a failure instead of losing it. @param {() => Promise<void>} work */
function inTurn(work) {
  queue = queue
    .then(work)
    .catch((error) => {
      console.error(error);
      tell(`${error.message} Press again to retry.`, true);
    })
    .then(showState);
  return queue;
}

const chosen = (/** @type {string} */ group) =>
  /** @type {HTMLInputElement} */ (document.querySelector(`input[name=${group}]:checked`)).value;

async function cardsOf(/** @type {string} */ shop) {
  if (!stock[shop]) {
    const response = await fetch(`cards/${shop}.json`);
    if (!response.ok) throw new Error(`There are no cards of ${NAMES[shop]}: ${response.status}.`);
    stock[shop] = await response.json();
  }
  return stock[shop];
}

function likeButton(/** @type {any} */ item, /** @type {string} */ shop) {
  const isLiked = likedUrls.has(item.url);
  const button = element(
    "button",
    { type: "button", class: "like", "aria-pressed": String(isLiked) },
    isLiked ? "♥ Liked" : "♡ Like",
  );
  button.setAttribute("aria-label", `Like ${item.title}`);
  button.addEventListener("click", () => {
    if (likedUrls.has(item.url)) return;
    likedUrls.add(item.url);
    button.setAttribute("aria-pressed", "true");
    button.textContent = "… Learning";
    inTurn(async () => {
      try {
        tell("Learning on this device. The first time, the model is loaded beside this page.");
        const { stored, reason } = await learner.like(shop, item.url);
        if (!stored) throw new Error(`This one could not be learned (${reason}).`);
        button.textContent = "♥ Liked";
        tell("Learned. Like more, or enter the shop.");
      } catch (error) {
        likedUrls.delete(item.url);
        button.setAttribute("aria-pressed", "false");
        button.textContent = "♡ Like";
        throw error;
      }
    });
  });
  return button;
}

async function showShelf() {
  const shop = chosen("from");
  const items = await cardsOf(shop);
  const part = Array.from(
    { length: Math.min(SHELF_SIZE, items.length) },
    (_, i) => items[(shelfStart + i) % items.length],
  );
  $("shelf").replaceChildren(...part.map((item) => card(item, { button: likeButton(item, shop) })));
}

async function enter() {
  const shop = chosen("to");
  tell("Reading what this shop sells…");
  const { mine, anybody } = await learner.enter(shop);
  $("mine").replaceChildren(
    ...mine.slice(0, SHOWN).map((item) => {
      const button = element(
        "button",
        { type: "button", class: "quiet", "aria-label": `Less like ${item.title}` },
        "Less like this",
      );
      button.addEventListener("click", () =>
        inTurn(async () => {
          await learner.less(item);
          await enter();
        }),
      );
      return card(item, { why: item.why, button });
    }),
  );
  $("anybody").replaceChildren(...anybody.slice(0, SHOWN).map((item) => card(item)));
  $("with").textContent = `${NAMES[shop]}, with your taste`;
  $("without").textContent = `${NAMES[shop]}, without it`;
  $("result").hidden = false;
  hasEntered = true;
  tell(`${NAMES[shop]} heard nothing of you. This is what fits, worked out on your device.`);
}

function showState() {
  const liked = learner.liked();
  $("count").textContent = liked === 0 ? "Nothing liked yet." : `${liked} liked.`;
  $("again").hidden = liked === 0;
  $("enter").disabled = liked === 0;
  $("enter").textContent = `Enter ${NAMES[chosen("to")]}`;
  const entries = learner.ledger();
  $("ledger-empty").hidden = entries.length > 0;
  $("ledger").replaceChildren(...entries.map(ledgerEntry));
}

function showTargets() {
  const from = chosen("from");
  const targets = Object.keys(settings.shops).filter((shop) => shop !== from);
  $("to").replaceChildren(
    ...radios(
      "to",
      targets.map((shop) => [shop, NAMES[shop]]),
      targets[0],
    ),
  );
  $("result").hidden = true;
  hasEntered = false;
}

const isLive = settings.extension !== undefined;
if (isLive) for (const folder of document.querySelectorAll(".folder")) folder.textContent = settings.extension;
// Only where the mall runs beside this page can its shops be visited.
$("visit").hidden = !isLive;
$("from").replaceChildren(
  ...radios(
    "from",
    Object.keys(settings.shops).map((shop) => [shop, NAMES[shop]]),
    "harbor",
  ),
);
$("doors").replaceChildren(
  ...Object.entries(settings.shops).map(([shop, url]) =>
    element("a", { href: url, target: "_blank", rel: "noopener" }, NAMES[shop]),
  ),
);
$("from").addEventListener("change", () => {
  shelfStart = 0;
  showTargets();
  inTurn(showShelf);
});
$("to").addEventListener("change", () =>
  inTurn(async () => {
    if (hasEntered) await enter();
  }),
);
$("others").addEventListener("click", () => {
  shelfStart += SHELF_SIZE;
  inTurn(showShelf);
});
$("enter").addEventListener("click", () => inTurn(enter));
$("again").addEventListener("click", () =>
  inTurn(async () => {
    learner = await createLearner(settings);
    likedUrls.clear();
    showTargets();
    await showShelf();
    tell("Forgotten. Like at least one thing.");
  }),
);
showTargets();
await inTurn(showShelf);
document.documentElement.dataset.ready = "true";
