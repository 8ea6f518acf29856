// @ts-check
import { readFileSync } from "node:fs";
import { JSDOM, VirtualConsole } from "jsdom";

// extract/ asks the page's own parser to resolve character references; Node has none.
globalThis.DOMParser = new JSDOM("").window.DOMParser;

const contracts = new URL("../../contracts/", import.meta.url);

/** @param {string} name @returns {any} a file of contracts/vectors/ */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, contracts), "utf8"));
}

/** @param {string} html @param {string} url @returns {Document} as a browser would hold it; scripts do not run */
export function documentOf(html, url) {
  return new JSDOM(html, { url, virtualConsole: new VirtualConsole() }).window.document;
}
