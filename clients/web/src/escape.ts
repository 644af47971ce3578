import { useEffect, useRef } from "react";

/**
 * Has Esc `act` while it is `active`, and nothing that comes behind: what has an Esc of its own comes first, then what listens on the document,
 * then what does on the window.
 */
export function useEscape(active: boolean, act: () => void, on: GlobalEventHandlers = window) {
  const now = useRef(act);
  now.current = act;
  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent) => {
      // While an input method composes a character, the key belongs to it.
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      now.current();
    };
    on.addEventListener("keydown", press);
    return () => on.removeEventListener("keydown", press);
  }, [active, on]);
}
