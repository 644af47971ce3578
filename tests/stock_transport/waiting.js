import { setTimeout as sleep } from "node:timers/promises";

/** What `find` returns as soon as it is neither undefined nor false; an error naming `what()` after `seconds`. */
export async function within(seconds, find, what) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what()}`);
    await sleep(20);
  }
}
