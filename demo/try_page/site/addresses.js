// Where the files of this site lie. It may be in any folder of any host.

/** @param {string} path inside the site @returns {string} */
export const here = (path) => new URL(path, document.baseURI).href;

/** Return where this site has its copy of a shop's image. @param {string} url @returns {string} */
export function copyOf(url) {
  const { hostname, pathname } = new URL(url);
  return here(`shop/${hostname.split(".")[0]}${pathname}`);
}
