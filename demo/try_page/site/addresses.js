// Where the files of this site lie. It may be in any folder of any host.

/** @param {string} path inside the site @returns {string} */
export const here = (path) => new URL(path, document.baseURI).href;

/** Return where this site has its copy of a shop's page or image. @param {string} url @param {string} [suffix] of a page @returns {string} */
export function copyOf(url, suffix = "") {
  const { hostname, pathname } = new URL(url);
  const name = suffix !== "" && pathname.endsWith("/") ? `${pathname}index` : pathname;
  return here(`shop/${hostname.split(".")[0]}${name}${suffix}`);
}
