// @ts-check
// Offscreen document (Chromium): runs the towers. It closes itself when it is idle, which gives the memory back.
import { createListener } from "../messaging/messages.js";
import { createTowersHandlers } from "./handlers.js";

const IDLE_MS = 5 * 60_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

const listener = createListener("towers", createTowersHandlers());

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  clearTimeout(idle);
  idle = setTimeout(() => window.close(), IDLE_MS);
  return listener(message, sender, respond);
});
