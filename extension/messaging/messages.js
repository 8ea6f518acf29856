// @ts-check
import { messages as contract } from "../generated/contracts.js";
import { CarryoverError } from "../values/errors.js";
import { createOffers } from "./offers.js";

/**
 * Gate that every message passes. contracts/messages.json says who may send which message to whom.
 * @typedef {"content" | "ui" | "background" | "towers"} Zone
 * @typedef {import("../generated/contract-types.js").Messages} Messages
 * @typedef {keyof Messages} MessageType
 * @typedef {{type: string, [field: string]: unknown}} Message not yet checked
 * @typedef {{ok: true, [member: string]: unknown} | {ok: false, error: {code: string, message: string}}} Answer
 */
/** @template {MessageType} M @typedef {{type: M} & Messages[M]["fields"]} MessageOf a message by its name */
/** @template {MessageType} M @typedef {Messages[M]["reply"]} ReplyTo the reply to a message by its name */
/**
 * The handler of a message by its name.
 * @template {MessageType} M
 * @typedef {(fields: Messages[M]["fields"], sender: chrome.runtime.MessageSender) => Promise<ReplyTo<M>>} HandlerOf
 */
/**
 * The handlers of every message to a zone.
 * @template {Zone} Z
 * @typedef {{[M in MessageType as Messages[M]["to"] extends Z ? M : never]: HandlerOf<M>}} Handlers
 */

const specifications = /** @type {Record<string, {from: string[], to: string, fields: Record<string, string>}>} */ (
  contract.messages
);

/** Codes of what may go better at another time: the same act is offered again. Every other refusal is final. */
const PASSING = ["internal", "storage_full", "storage_damaged", "storage_lost", "store_changed"];

/** @param {unknown} error @returns {boolean} whether the same act may be kept at another time */
export const isPassing = (error) => !(error instanceof CarryoverError) || PASSING.includes(error.code);

const offer = createOffers({ browser: () => chrome });

/**
 * Return the answer for an error. A full device has the code `storage_full`; an unexpected error is logged and gets `internal`.
 * @param {unknown} error
 * @returns {Answer}
 */
export function refusal(error) {
  if (error instanceof CarryoverError) return { ok: false, error: { code: error.code, message: error.message } };
  if (error instanceof DOMException && error.name === "QuotaExceededError")
    return { ok: false, error: { code: "storage_full", message: "Expected room on this device, it is full." } };
  console.error(error);
  return {
    ok: false,
    error: {
      code: "internal",
      message: `Something unexpected happened: ${error instanceof Error ? error.message : error}`,
    },
  };
}

/**
 * Return the zone that a sender belongs to.
 * @param {chrome.runtime.MessageSender} sender
 * @param {string} extensionOrigin such as chrome-extension://ID
 * @param {string} extensionId
 * @returns {Zone | null} null for a stranger
 */
export function zoneOf(sender, extensionOrigin, extensionId) {
  if (sender.id !== extensionId) return null;
  const url = sender.url ?? "";
  if (
    !url ||
    url === `${extensionOrigin}/background.js` ||
    url.startsWith(`${extensionOrigin}/_generated_background_page`)
  ) {
    return sender.tab ? null : "background";
  }
  if (url.startsWith(`${extensionOrigin}/ui/`)) return "ui";
  if (url.startsWith(`${extensionOrigin}/offscreen/offscreen.html`)) return "towers";
  return sender.tab && /^https?:/.test(url) ? "content" : null;
}

/** @param {unknown} value */
function kindOf(value) {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

/** @param {string} kind of messages.json: a list is an array, a type of the contracts an object @returns {string} */
function runtimeKind(kind) {
  if (kind.endsWith("[]")) return "array";
  return ["string", "number", "boolean"].includes(kind) ? kind : "object";
}

/**
 * Refuse a message that contracts/messages.json does not allow.
 * @param {Message} message
 * @param {Zone | null} from
 * @param {Zone} to
 * @throws {CarryoverError} unknown_message, forbidden_sender or invalid_message
 */
export function assertAllowed(message, from, to) {
  const specification = Object.hasOwn(specifications, message.type) ? specifications[message.type] : undefined;
  if (!specification || specification.to !== to)
    throw new CarryoverError("unknown_message", `No message ${JSON.stringify(message.type)} is known here.`);
  if (from === null || !specification.from.includes(from)) {
    throw new CarryoverError(
      "forbidden_sender",
      `${message.type} may come from ${specification.from.join(", ")}, not from ${from ?? "a stranger"}.`,
    );
  }
  const known = new Map(
    Object.entries(specification.fields).map(([name, kind]) => [
      name.replace(/\?$/, ""),
      { kind: runtimeKind(kind), isOptional: name.endsWith("?") },
    ]),
  );
  for (const name of Object.keys(message)) {
    if (name !== "type" && !known.has(name))
      throw new CarryoverError("invalid_message", `${message.type}: unknown field ${JSON.stringify(name)}.`);
  }
  for (const [name, { kind, isOptional }] of known) {
    const isAbsent = !Object.hasOwn(message, name) || message[name] === undefined;
    if (isAbsent && isOptional) continue;
    if (isAbsent || kindOf(message[name]) !== kind) {
      throw new CarryoverError(
        "invalid_message",
        `${message.type}: ${name} must be a ${kind}, got ${isAbsent ? "nothing" : kindOf(message[name])}.`,
      );
    }
  }
}

/** @param {unknown} message @returns {message is Message} */
function isMessage(message) {
  return typeof message === "object" && message !== null && "type" in message && typeof message.type === "string";
}

/**
 * Return a listener for chrome.runtime.onMessage. It answers always: with the handler's reply, or with the one error shape.
 * @template {Zone} Z
 * @param {Z} to the zone this page is
 * @param {Handlers<Z>} handlers by message type
 * @returns {(message: unknown, sender: chrome.runtime.MessageSender, respond: (answer: Answer) => void) => boolean}
 */
export function createListener(to, handlers) {
  const origin = chrome.runtime.getURL("").replace(/\/$/, "");
  // assertAllowed has checked the fields, so that any handler may be called by name.
  const byType =
    /** @type {Record<string, (fields: object, sender: chrome.runtime.MessageSender) => Promise<object>>} */ (handlers);
  /** @param {unknown} message @param {chrome.runtime.MessageSender} sender @returns {Promise<Answer>} */
  async function answer(message, sender) {
    if (!isMessage(message)) throw new CarryoverError("invalid_message", "A message needs a type.");
    assertAllowed(message, zoneOf(sender, origin, chrome.runtime.id), to);
    const { type, ...fields } = message;
    return { ok: true, ...(await byType[type](fields, sender)) };
  }
  return (message, sender, respond) => {
    // Every page of the extension hears every message: this one leaves alone what is for another zone.
    const target =
      isMessage(message) && Object.hasOwn(specifications, message.type)
        ? specifications[message.type].to
        : "background";
    if (target !== to) return false;
    answer(message, sender)
      .then(respond)
      .catch((error) => respond(refusal(error)));
    return true;
  };
}

/**
 * Send a message and unwrap its answer. An act is offered until it is answered.
 * @template {MessageType} M
 * @param {MessageOf<M>} message
 * @returns {Promise<ReplyTo<M>>}
 * @throws {CarryoverError} the other side's refusal
 */
export async function send(message) {
  const isAct = "actId?" in specifications[message.type].fields;
  const answer = await (isAct ? offer(message) : chrome.runtime.sendMessage(message));
  return /** @type {ReplyTo<M>} */ (unwrap(answer));
}

/** @param {Answer | undefined} answer @returns {object} the reply @throws {CarryoverError} */
export function unwrap(answer) {
  if (!answer)
    throw new CarryoverError("no_answer", "The other part of Carryover did not answer. Reload the page and try again.");
  if (!answer.ok) throw new CarryoverError(answer.error.code, answer.error.message);
  return answer;
}
