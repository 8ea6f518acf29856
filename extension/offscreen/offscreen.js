// @ts-check
// Chromium's place for the towers. It closes itself when it is not needed, which gives the memory back.
import { createListener } from "../messaging/messages.js";
import { towersHandlers } from "./handlers.js";

const IDLE_MS = 5 * 60_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

const listener = createListener("towers", towersHandlers);

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  clearTimeout(idle);
  idle = setTimeout(() => window.close(), IDLE_MS);
  return listener(message, sender, respond);
});
