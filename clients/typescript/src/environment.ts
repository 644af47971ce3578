/** What the client knows of the device it runs on. */
export interface Environment {
  /** Whether the device has a network, as far as it knows. */
  isOnline(): boolean;
  /** Whether somebody may be looking. */
  isVisible(): boolean;
  /** Calls `changed` whenever one of both has changed; returns how to end that. */
  watch(changed: () => void): () => void;
}

/** A browser's page. Where there is none, as in Node, it is always online and visible. */
export const page: Environment = {
  isOnline: () => globalThis.navigator?.onLine !== false,
  isVisible: () => globalThis.document?.visibilityState !== "hidden",
  watch(changed) {
    // `visibilitychange` bubbles up from the document.
    const all = (method: "addEventListener" | "removeEventListener") =>
      ["online", "offline", "visibilitychange"].forEach((event) => globalThis[method]?.(event, changed));
    all("addEventListener");
    return () => all("removeEventListener");
  },
};
