/** The device that the client runs on. */
export interface Environment {
  /** Whether the device has a network, as far as it knows. */
  isOnline(): boolean;
  /** Whether the page may be visible. */
  isVisible(): boolean;
  /** Calls `changed` whenever either changes. Returns the function that unsubscribes. */
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
