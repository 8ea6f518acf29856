// @ts-check
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";

/** Save everything that the profile keeps as a file that people and imports can read. */
export async function saveExport() {
  const { profile } = await send({ type: "profile.export" });
  const url = URL.createObjectURL(new Blob([JSON.stringify(profile, null, 2)], { type: "application/json" }));
  element("a", { href: url, download: `carryover-${profile.exportedAt.slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
