// @ts-check

/** The shop of things of which a file tells no address. No name can end in .invalid (RFC 2606), so nobody is ever asked. */
export const NO_SHOP = "imported.invalid";
/** How many rows of a file are read. */
export const MAX_ROWS = 5000;
