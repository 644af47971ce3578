// What this browser keeps for the person. A browser may refuse to keep anything (private windows, a full disk): then the page does without.

/** What was kept under `key`. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`natter.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps `value` under `key`; nothing, when it is empty. */
export function remember(key: string, value: string) {
  try {
    if (value) localStorage.setItem(`natter.${key}`, value);
    else localStorage.removeItem(`natter.${key}`);
  } catch {
    // It is in memory as long as the page is open.
  }
}
