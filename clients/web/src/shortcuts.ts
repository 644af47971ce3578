import { useLayoutEffect, useRef } from "react";

type Shortcuts = { onNew: () => void; onSearch: () => void; onHelp: () => void };

/** The shortcuts that work everywhere on the page; `dialogs/help.tsx` lists them. */
export function useShortcuts(shortcuts: Shortcuts) {
  const now = useRef(shortcuts);
  now.current = shortcuts;

  // Before the page is painted: whoever sees it may press a key.
  useLayoutEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const { onNew, onSearch, onHelp } = now.current;
      // With caps lock letters are capitals, and on many keyboards "/" needs Shift.
      const key = event.key.toLowerCase();
      const wanted = key === "/" ? onHelp : event.shiftKey ? { o: onNew }[key] : { k: onSearch }[key];
      if (!wanted) return;
      event.preventDefault();
      wanted();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, []);
}
