// @ts-check

/** Availabilities of what cannot be had now. */
export const SOLD_OUT = ["OutOfStock", "SoldOut", "Discontinued"];
