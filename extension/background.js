// @ts-check
// Service worker (Chromium) or event page (Firefox). All listeners are added here, at the top level, so that a wake-up
// never misses an event. Nothing here is remembered that storage does not hold.
import { onGranted, onRevoked, restoreContentScripts } from "./background/consent.js";
import { announceChange, handlers } from "./background/handlers.js";
import { createListener } from "./messaging/messages.js";

chrome.runtime.onMessage.addListener(createListener("background", handlers));
chrome.permissions.onAdded.addListener(({ origins = [] }) => {
  onGranted(origins).then(announceChange).catch(console.error);
});
chrome.permissions.onRemoved.addListener(() => {
  onRevoked().then(announceChange).catch(console.error);
});
chrome.runtime.onInstalled.addListener(() => restoreContentScripts());
chrome.runtime.onStartup.addListener(() => restoreContentScripts());
