// @ts-check
// What a panel asks as soon as it is opened. The page loads this file before its other modules, so that the background starts and ranks
// while they are loaded. It imports no more than it needs for the same reason.
import { isFixed, onTabChange, tabField } from "../tab.js";

/** @typedef {import("../../messaging/messages.js").Answer} Answer not unwrapped: a refusal is an answer, too */

const tab = tabField();

/** @param {{type: "state.get"} | {type: "recommend", choice: {}}} message @returns {Promise<Answer>} */
function asked(message) {
  const answer = tab.then((field) => chrome.runtime.sendMessage({ ...message, ...field }));
  // Without this an error is reported as unhandled where the panel never takes the answer.
  answer.catch(() => undefined);
  return answer;
}

/** @type {{state: Promise<Answer> | null, list: Promise<Answer> | null} | null} */
let answers = { state: asked({ type: "state.get" }), list: asked({ type: "recommend", choice: {} }) };

/** Drop the answers: what they are made of changed before the panel could hear of it. */
function drop() {
  answers = null;
}
chrome.runtime.onMessage.addListener((/** @type {{type?: string}} */ { type }) => {
  if (type === "state.changed") drop();
});
if (!isFixed) onTabChange(drop);

/** Return the answers once; null from then on, and where something changed since they were asked for. */
export function takeFirstAnswers() {
  const taken = answers;
  answers = null;
  return taken;
}
