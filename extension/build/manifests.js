// @ts-check
// The manifest of each browser. The one in extension/ serves both, and each browser warns of what only the other knows.

/** @typedef {Record<string, any>} Manifest of an extension */

/** Members and permissions that one browser alone knows. */
const CHROMIUM_ONLY = {
  members: ["minimum_chrome_version", "side_panel", "cross_origin_embedder_policy"],
  permissions: ["offscreen", "sidePanel"],
};
const FIREFOX_ONLY = { members: ["sidebar_action", "browser_specific_settings"], permissions: [] };

/** @param {Manifest} manifest @param {{members: string[], permissions: string[]}} foreign @returns {Manifest} */
function without(manifest, { members, permissions }) {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([name]) => !members.includes(name)));
  return {
    ...kept,
    permissions: manifest.permissions.filter((/** @type {string} */ name) => !permissions.includes(name)),
  };
}

/** @type {Record<string, (manifest: Manifest) => Manifest>} by browser */
const RULES = {
  chromium(manifest) {
    const { scripts, ...background } = manifest.background;
    return { ...without(manifest, FIREFOX_ONLY), background };
  },
  firefox(manifest) {
    const { service_worker: _, ...background } = manifest.background;
    return { ...without(manifest, CHROMIUM_ONLY), background };
  },
};

export const BROWSERS = Object.keys(RULES);

/** Return the manifest of one browser. @param {Manifest} manifest that serves all @param {string} browser one of BROWSERS @returns {Manifest} */
export const manifestFor = (manifest, browser) => RULES[browser](manifest);
