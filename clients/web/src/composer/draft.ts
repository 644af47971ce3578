import { useEffect, useRef, useState } from "react";
import { remember, recall } from "../browser-storage";

/** The key of a new conversation's draft, since its id changes with every visit. */
const NEW_DRAFT = "draft.new";

/** What is being written in a conversation; it survives a reload. */
export function useDraft(conversationId: string, begun: boolean) {
  const key = begun ? draftKey(conversationId) : NEW_DRAFT;
  const keptUnder = useRef(key);
  const [text, setText] = useState(() => recall(key) ?? "");

  useEffect(() => {
    if (keptUnder.current === key) return;
    remember(keptUnder.current, "");
    keptUnder.current = key;
    remember(key, text);
  }, [key, text]);

  // At once: the page may be left with the next key that is pressed.
  const change = (next: string) => {
    remember(key, next);
    setText(next);
  };
  return [text, change] as const;
}

/** Lets the next new conversation begin with `text`. */
export function keepForNew(text: string) {
  remember(NEW_DRAFT, [recall(NEW_DRAFT), text].filter(Boolean).join("\n\n"));
}

/** Forgets the draft of a conversation that is gone. */
export function forgetDraft(conversationId: string) {
  remember(draftKey(conversationId), "");
}

/** Keeps a message that was sent until the server is known to have it. Another tab that opens the conversation meanwhile must not take it for lost. */
export function keepUnsent(conversationId: string, text: string) {
  remember(unsentKey(conversationId), text, "this tab");
}

/** That message, which is kept no longer. */
export function takeUnsent(conversationId: string): string | undefined {
  const text = recall(unsentKey(conversationId), "this tab");
  remember(unsentKey(conversationId), "", "this tab");
  return text;
}

const unsentKey = (conversationId: string) => `unsent.${conversationId}`;
const draftKey = (conversationId: string) => `draft.${conversationId}`;
