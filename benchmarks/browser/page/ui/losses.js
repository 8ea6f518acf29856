// A page that benchmarks/browser/losses has beside the extension's own pages: it asks, acts, and damages the database.

const PLACES = ["identity", "index", "records", "parts"];

/** Rows of each place, as they were read before the damage. */
const before = {};

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const isKeyed = (place) => place === "identity" || place === "index";

const bytesOf = (value) => (value instanceof Uint8Array ? value : value?.envelope);

/** Where the store lies: in a bucket, where the browser has them. */
const factory = async () => {
  if (!navigator.storageBuckets) return indexedDB;
  // Kept, because Chromium answers nothing more once the bucket is collected as garbage.
  globalThis.bucket = await navigator.storageBuckets.open("carryover");
  return globalThis.bucket.indexedDB;
};

/** Changes the rows of a place, as a kind and a number say. */
async function change(transaction, kind, place, number) {
  const store = transaction.objectStore(place);
  const put = (value, key) => (isKeyed(place) ? store.put(value, key) : store.put(value));
  const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
  const at = (offset) => (number + offset) % Math.max(1, keys.length);
  const [first, second] = [values[at(0)], values[at(1)]];
  if (kind === "cleared") store.clear();
  else if (kind === "some deleted") for (let i = 0; i <= number % 5; i += 1) store.delete(keys[at(i)]);
  else if (kind === "a byte changed" && bytesOf(first)) {
    const bytes = bytesOf(first);
    bytes[number % bytes.length] ^= 1 + (number % 255);
    put(first, keys[at(0)]);
  } else if (kind === "two swapped" && keys.length > 1) {
    if (isKeyed(place)) {
      put(second, keys[at(0)]);
      put(first, keys[at(1)]);
    } else {
      put({ ...first, envelope: second.envelope });
      put({ ...second, envelope: first.envelope });
    }
  } else if (kind === "strange added") {
    put({ id: "a".repeat(300), kind: "ledger" }, `strange ${number}`);
    put({ id: number, envelope: "text" }, `stranger ${number}`);
  } else if (kind === "one put back") {
    const rows = before[place];
    if (rows.length) {
      const [key, value] = rows[number % rows.length];
      put(value, key);
    }
  } else if (kind === "all put back") {
    for (const [name, rows] of Object.entries(before)) {
      const one = transaction.objectStore(name);
      one.clear();
      for (const [key, value] of rows) isKeyed(name) ? one.put(value, key) : one.put(value);
    }
  }
}

/** Keeps the rows of all places for a damage that puts them back. */
async function read(transaction) {
  for (const name of PLACES) {
    const one = transaction.objectStore(name);
    const [keys, rows] = await Promise.all([asked(one.getAllKeys()), asked(one.getAll())]);
    before[name] = keys.map((key, i) => [key, rows[i]]);
  }
}

const losses = {
  /** The answer to a message. */
  ask: (message) => chrome.runtime.sendMessage(message),

  /** The answer to an act of the shopper, which is sent as the extension's own pages do: offered until answered. */
  async act(message) {
    const { send } = await import("../messaging/messages.js");
    return send(message).then(
      (reply) => ({ ok: true, ...reply }),
      ({ code }) => ({ ok: false, error: { code: code ?? "internal" } }),
    );
  },

  /** Deletes the database, or reads or changes it in one transaction. */
  async damage(kind, place, number) {
    const databases = await factory();
    if (kind === "deleted") return void (await asked(databases.deleteDatabase("carryover")));
    const database = await asked(databases.open("carryover"));
    const transaction = database.transaction(PLACES, "readwrite");
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    await (kind === "read" ? read(transaction) : change(transaction, kind, place, number));
    await done;
    database.close();
  },

  /** Shifts the clock of the background by milliseconds. Firefox alone lets a page of the extension reach it. */
  async shift(ms) {
    const background = await chrome.runtime.getBackgroundPage();
    background.realNow ??= background.Date.now.bind(background.Date);
    background.Date.now = () => background.realNow() + ms;
  },
};

/** Runs one of the above and returns its answer, or the error as text: drivers word a rejected promise poorly. */
globalThis.losses = async (name, ...given) => {
  try {
    return { value: (await losses[name](...given)) ?? null };
  } catch (error) {
    return { error: `${error}` };
  }
};
