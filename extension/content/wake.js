// @ts-check
// Content script at the beginning of a page of an allowed shop: wakes the background while the page loads, so that it is awake when there is something
// to tell. It says nothing of the page. A message that waits for a worker's start goes with its page.
chrome.runtime.sendMessage({ type: "page.opened" }).catch(() => {
  // Nobody answers where the extension is being updated or stopped. What the page tells is offered again by itself.
});
