import type { Answer } from "@natter/client";
import { useMemo, useRef } from "react";
import type { Chosen } from "../composer/choices";
import { focusIfLost, focusSoon, WRITING } from "../focus";
import { findWaiting, type Call } from "../messages/calls";
import type { ChatMessage } from "../messages/chat-message";
import type { OpenConversation } from "./open-conversation";

/** What a message can ask of its conversation. */
export type ConversationActions = {
  /** Lets the user change a message of theirs, or no longer. */
  beginEdit(message: ChatMessage): void;
  cancelEdit(message: ChatMessage): void;
  /** Sends `message` with another text: a branch beside it. */
  edit(message: ChatMessage, text: string): void;
  /** Has a reply written again: a branch beside it. */
  regenerate(message: ChatMessage): void;
  /** Asks for the reply that the newest message did not get. */
  tryAgain(): void;
  /** Answers calls for which a reply waits. The tools of those in `alwaysAllow` need no more approval in this conversation. */
  answer(message: ChatMessage, answers: Answer[], alwaysAllow?: string[]): void;
  /** Reads all that a call has returned. */
  readOutput(message: ChatMessage, call: Call): Promise<string>;
  /** Shows the branch that goes through a message. */
  showBranch(messageId: string): void;
  /** Shows all that is stored of a reply that was stopped. */
  showRest(message: ChatMessage): void;
  rate(message: ChatMessage, rating: "up" | "down" | "none"): void;
};

/**
 * The actions of a conversation, which keep their identity, so that messages which do not change are not rendered again. What had the focus may
 * be gone with what an action replaces: then the focus goes to what took its place, or to where one writes next.
 */
export function useActions(
  conversation: OpenConversation,
  chosen: Chosen,
  setEdited: (id: string | undefined) => void,
): ConversationActions {
  const now = useRef({ chosen, setEdited });
  now.current = { chosen, setEdited };
  return useMemo(() => {
    const within = (messageId: string, selector: string) => `[data-message="${CSS.escape(messageId)}"] ${selector}`;
    return {
      beginEdit: (message) => now.current.setEdited(message.id),
      cancelEdit(message) {
        now.current.setEdited(undefined);
        focusSoon(within(message.id, "[data-edit]"));
      },
      edit(message, text) {
        now.current.setEdited(undefined);
        void conversation.edit(message, text, now.current.chosen);
        focusIfLost(WRITING());
      },
      regenerate(message) {
        void conversation.regenerate(message, now.current.chosen);
        focusIfLost(WRITING());
      },
      tryAgain() {
        void conversation.tryAgain(now.current.chosen);
        focusIfLost(WRITING());
      },
      answer(message, answers, alwaysAllow) {
        const isAnswered = (id: string) => answers.some(({ toolCallId }) => toolCallId === id);
        const next = findWaiting(message, conversation.busy).find(({ toolCallId }) => !isAnswered(toolCallId));
        void conversation.answer(message, answers, alwaysAllow);
        focusIfLost(next ? `[data-call="${CSS.escape(next.toolCallId)}"] :is(button, input)` : WRITING());
      },
      readOutput: (message, { toolCallId }) => conversation.readOutput(message, toolCallId),
      showBranch: (messageId) =>
        void conversation.load(messageId).then(() => focusIfLost(within(messageId, ".branches button:not(:disabled)"))),
      showRest: (message) => void conversation.load(message.id).then(() => focusIfLost(WRITING())),
      rate: (message, rating) => void conversation.rate(message, rating),
    };
  }, [conversation]);
}
