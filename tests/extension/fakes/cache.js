// @ts-check

/** The browser's Cache, as far as core/bundle.js uses it. */
export class MemoryCache {
  /** @type {Map<string, Response>} */
  #responses = new Map();

  /** @param {any} request @returns {Promise<any>} */
  async match(request) {
    return this.#responses.get(String(request))?.clone();
  }

  /** @param {any} request @param {Response} response */
  async put(request, response) {
    this.#responses.set(String(request), response);
  }

  /** @returns {Promise<any[]>} */
  async keys() {
    return [...this.#responses.keys()].map((url) => ({ url }));
  }

  /** @param {any} request @returns {Promise<boolean>} */
  async delete(request) {
    return this.#responses.delete(request.url ?? String(request));
  }
}
