// @ts-check

/** Error that the extension explains to a person: a stable code for programs, a message for people. */
export class CarryoverError extends Error {
  /**
   * @param {string} code lower_snake_case
   * @param {string} message what was expected, what came, what to do
   * @param {{cause?: unknown}} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An envelope could not be opened. One indistinct error: the reason would help an attacker and nobody else. */
export class EnvelopeError extends CarryoverError {
  constructor() {
    super("envelope_unreadable", "The envelope could not be opened.");
  }
}

/** A bundle is missing, altered or of another format; the message names the file. */
export class BundleError extends CarryoverError {}

/** The server could not be reached, or answered with a problem. */
export class ServerError extends CarryoverError {}

/** Text that is not a web address, or not one that the extension handles. */
export class UrlError extends CarryoverError {
  /** @param {string} message */
  constructor(message) {
    super("invalid_url", message);
  }
}

/** A published catalogue that is not taken; the message is one sentence that names the reason. */
export class PackError extends CarryoverError {}
