// @ts-check
import { productSchema } from "../generated/contracts.js";

/** The shop of things of which a file tells no address. No name can end in .invalid (RFC 2606), so nobody is ever asked. */
export const NO_SHOP = "imported.invalid";
/** How many rows of a file are read. */
export const MAX_ROWS = 5000;
/** A longer title is cut, as that of a page is. */
export const MAX_TITLE = productSchema.properties.title.maxLength;
