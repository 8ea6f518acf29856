// What a script of a benchmark works with: the two arguments of every such script, and the bundle that the second one names.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { filesInFolder } from "../../extension/build/browser-files.js";
import { openBundle, readMetric } from "../../extension/core/bundle.js";
import { createTowers } from "../../extension/core/towers.js";
import { createTowersHandlers } from "../../extension/offscreen/handlers.js";

const [workFile, folder] = process.argv.slice(2);
globalThis.DOMParser = new JSDOM("").window.DOMParser;
const source = filesInFolder(folder);

/** What the program in Python asks for. */
export const work = JSON.parse(readFileSync(workFile, "utf8"));
export const bundle = await openBundle(source);
export const { manifest } = bundle;
export const metric = await readMetric(source, manifest);
export const towers = await createTowers({ bundle, wasmUrl: "" });
export const model = { manifest, metric, towers, bundleUrl: "recorded" };
/** The handlers of the towers' zone, in this process. */
export const handlers = createTowersHandlers({ load: async () => towers });
