// A content script cannot be a module; it can import one. The promise lets scripting.executeScript wait for it.
import(chrome.runtime.getURL("content/content.js")).then(() => true);
