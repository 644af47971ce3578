import { setTimeout as sleep } from "node:timers/promises";

/**
 * What `find` returns as soon as it is neither undefined nor false; after `seconds` an error that says what did not come: `what`, a text, or a
 * function where the text depends on what there was instead.
 */
export async function within(seconds, find, what) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${typeof what === "function" ? what() : what}`);
    await sleep(20);
  }
}
