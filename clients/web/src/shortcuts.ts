import { useEffect, useRef } from "react";

type Shortcuts = { onNew: () => void; onSearch: () => void; onHelp: () => void };

/** The shortcuts that work everywhere on the page; `dialogs/help.tsx` lists them. */
export function useShortcuts(shortcuts: Shortcuts) {
  const now = useRef(shortcuts);
  now.current = shortcuts;

  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const { onNew, onSearch, onHelp } = now.current;
      const wanted = event.shiftKey ? { o: onNew }[event.key.toLowerCase()] : { k: onSearch, "/": onHelp }[event.key];
      if (!wanted) return;
      event.preventDefault();
      wanted();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, []);
}
