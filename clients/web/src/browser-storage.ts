// The page's storage in this browser. A browser may refuse to store anything (private windows, a full disk): then the page does without.

/** The scope of a value: all tabs, or this one, through a reload. */
type Where = "all tabs" | "this tab";

/** Returns the value that is stored under `key`. */
export function recall(key: string, where: Where = "all tabs"): string | undefined {
  try {
    return storage(where).getItem(`natter.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores `value` under `key`; removes it when it is empty. */
export function remember(key: string, value: string, where: Where = "all tabs") {
  try {
    if (value) storage(where).setItem(`natter.${key}`, value);
    else storage(where).removeItem(`natter.${key}`);
  } catch {
    // It is in memory as long as the page is open.
  }
}

/** Clears everything, in this tab and in all: the next user of this browser may be another. */
export function forgetAll() {
  for (const where of ["all tabs", "this tab"] as const) {
    try {
      for (const key of Object.keys(storage(where))) if (key.startsWith("natter.")) storage(where).removeItem(key);
    } catch {
      // Nothing was kept either.
    }
  }
}

const storage = (where: Where) => (where === "this tab" ? sessionStorage : localStorage);
