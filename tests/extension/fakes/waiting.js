// @ts-check

// Kept from before a test stops the clock or makes it faster.
const { setTimeout: waitFor, performance } = globalThis;
const now = performance.now.bind(performance);
/** What is awaited comes within moments, and on a machine with much else to do within this. */
const PATIENCE_MS = 120_000;

/**
 * Wait until a check passes, however long other programs keep this one from running.
 * @param {() => unknown} check throws, or rejects, until what is awaited is so
 */
export async function eventually(check) {
  const end = now() + PATIENCE_MS;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (now() > end) throw error;
    }
    await new Promise((resolve) => {
      waitFor(resolve, 10);
    });
  }
}
