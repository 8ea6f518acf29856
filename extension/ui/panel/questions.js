// @ts-check
import { send, unwrap } from "../../messaging/messages.js";
import { isFixed, onTabChange, tabField } from "../tab.js";
import { takeFirstAnswers } from "./first-questions.js";

/**
 * @typedef {import("../../generated/contract-types.js").Choice} Choice
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {import("../../generated/contract-types.js").State} State
 */

/** What the panel asks the background about its tab. What was asked when the panel was opened is not asked again, unless something changed. */
export function createQuestions(first = takeFirstAnswers()) {
  /** @param {{type: "state.get"} | {type: "recommend", choice?: Choice, isFaceted?: boolean}} message @returns {Promise<object>} */
  const asked = async (message) => send({ ...message, ...(await tabField()) });

  /** @param {"state" | "list"} name @returns {Promise<object> | null} the first answer, once */
  function taken(name) {
    const answer = first?.[name];
    if (first) first = { ...first, [name]: null };
    return answer?.then(unwrap) ?? null;
  }

  /** Drop the first answers: the tab or the profile changed after the panel was opened. */
  function renew() {
    first = null;
  }
  if (!isFixed) onTabChange(renew);

  /** The question for the state that was asked last. @type {Promise<object> | undefined} */
  let newest;

  return {
    renew,

    /**
     * Return the state of this page's tab. Answers to other messages describe the tab in front, which may be another. A question that was
     * asked later may be answered sooner: its answer is the one to both.
     * @returns {Promise<State>}
     */
    async state() {
      // A list that was not used with the first state belongs to no later one.
      if (!first?.state) renew();
      let question = (newest = taken("state") ?? asked({ type: "state.get" }));
      let answer = await question;
      while (question !== newest) answer = await (question = newest);
      return /** @type {{state: State}} */ (answer).state;
    },

    /** @param {Choice} choice @returns {Promise<Recommendations>} */
    async list(choice) {
      const isPlain = Object.keys(choice).length === 0;
      const answer = await ((isPlain && taken("list")) || asked({ type: "recommend", choice }));
      return /** @type {{recommendations: Recommendations}} */ (answer).recommendations;
    },

    /** Return by what the list can be filtered. @returns {Promise<Recommendations["facets"]>} */
    async facets() {
      const answer = await asked({ type: "recommend", isFaceted: true });
      return /** @type {{recommendations: Recommendations}} */ (answer).recommendations.facets;
    },
  };
}
