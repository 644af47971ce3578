import { StoredSet } from "../stored-set";

/** Conversations that were deleted as far as this browser knows. An answer that was given before does not bring them back to the list. */
export const DELETED = new StoredSet("deleted", 100);
