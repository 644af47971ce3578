import { RememberedSet } from "../remembered-set";

/** Conversations that were deleted as far as this browser knows. An answer that was given before does not bring them back to the list. */
export const DELETED = new RememberedSet("deleted", 100);
