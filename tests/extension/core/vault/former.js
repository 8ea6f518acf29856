// @ts-check
// A store of format 1, as an earlier version wrote it.
import { readFileSync } from "node:fs";
import { fromBase64, fromHex } from "../../../../extension/values/encoding.js";

export const former = JSON.parse(readFileSync(new URL("format-1.json", import.meta.url), "utf8"));

/** Write the store into a database as the earlier version made it. @param {string} name @returns {Promise<string>} the name */
export async function writeFormer(name) {
  const usages = /** @type {KeyUsage[]} */ (["encrypt", "decrypt"]);
  const dataKey = await crypto.subtle.importKey("raw", fromHex(former.key), "AES-GCM", false, usages);
  const request = indexedDB.open(name, 2);
  request.onupgradeneeded = () => {
    const { result } = request;
    result.createObjectStore("identity").put({ profileId: former.profileId, dataKey }, "profile");
    const stores = { records: former.records, parts: former.parts };
    for (const [place, stored] of Object.entries(stores)) {
      const store = result.createObjectStore(place, { keyPath: "id" });
      for (const { id, kind, envelope } of stored)
        store.put({ id, ...(kind && { kind }), envelope: fromBase64(envelope) });
    }
  };
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  request.result.close();
  return name;
}
