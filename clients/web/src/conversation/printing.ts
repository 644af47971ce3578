import { useEffect } from "react";
import type { OpenConversation } from "./open-conversation";

/** Prints all of a conversation: what is not loaded of it is loaded first. The browser's menu cannot wait for that; there, the print says what it lacks. */
export function useWholePrint(conversation: OpenConversation) {
  useEffect(() => {
    const printAll = async (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key !== "p" || !conversation.state.olderCursor)
        return;
      event.preventDefault();
      await conversation.loadAllOlder();
      // By the second frame, what was loaded is on screen.
      requestAnimationFrame(() => requestAnimationFrame(() => print()));
    };
    addEventListener("keydown", printAll);
    return () => removeEventListener("keydown", printAll);
  }, [conversation]);
}
