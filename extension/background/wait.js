// @ts-check

/**
 * Wait, at most until the signal is aborted.
 * @param {number} ms @param {AbortSignal} signal @returns {Promise<void>}
 */
export function wait(ms, signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
