// @ts-check
// Service worker (Chromium) or event page (Firefox). All listeners are added here, at the top level, so that a wake-up
// never misses an event. Nothing here is remembered that storage does not hold.
import { restoreContentScripts } from "./background/consent.js";
import { handlers } from "./background/handlers.js";
import { createListener } from "./messages.js";

chrome.runtime.onMessage.addListener(createListener("background", handlers));
chrome.runtime.onInstalled.addListener(() => restoreContentScripts());
chrome.runtime.onStartup.addListener(() => restoreContentScripts());
