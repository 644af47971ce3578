import type { HistoryMessage } from "@natter/client";
import { findWaiting, findWish, isCall, joinCall, type Call } from "../messages/calls";
import { getText, type ChatMessage } from "../messages/chat-message";

/** Converts stored messages to messages of `useChat`. */
export function toChatMessages(messages: HistoryMessage[]): ChatMessage[] {
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part) => ("text" in part ? { ...part, state: "done" as const } : part)),
  }));
}

/** The server's id of a message. One that was sent from here has an id of this page until then. */
export const getServerId = (message: ChatMessage) => message.metadata?.serverId ?? message.id;

/** Joins an earlier page and a later one. A message that was split between them is merged. */
export function joinPages(earlier: ChatMessage[], later: ChatMessage[]): ChatMessage[] {
  const beginning = earlier.at(-1);
  const ending = later[0];
  if (!beginning || beginning.id !== ending?.id) return [...earlier, ...later];
  const parts = [...beginning.parts];
  ending.parts.forEach((part, index) => {
    const last = parts.at(-1);
    const known = isCall(part) ? findCall(parts, part) : undefined;
    if (known && isCall(part)) parts[parts.indexOf(known)] = joinCall(known, part);
    else if (!index && last && "text" in last && "text" in part && last.type === part.type) {
      parts[parts.length - 1] = { ...last, text: last.text + part.text };
    } else parts.push(part);
  });
  return [...earlier.slice(0, -1), { ...ending, parts }, ...later.slice(1)];
}

/**
 * Updates the shown messages with the stored ones. Messages keep their ids on the page, so that nothing is rendered again;
 * unknown messages are appended.
 */
export function reconcile(shown: ChatMessage[], stored: ChatMessage[]): ChatMessage[] {
  const unknown = new Map(stored.map((message) => [message.id, message]));
  const known = shown.map((message) => {
    const twin = stored.find(({ id, metadata }) => id === getServerId(message) || metadata?.clientId === message.id);
    if (!twin) return message;
    unknown.delete(twin.id);
    return updateMessage(message, twin);
  });
  return [...known, ...unknown.values()];
}

function updateMessage(message: ChatMessage, twin: ChatMessage): ChatMessage {
  const metadata = { ...twin.metadata, serverId: twin.id };
  if (message.metadata?.isCut) {
    // The server goes on for a moment after the user has stopped a reply. What is shown stays as it was then.
    const status = twin.metadata?.status === "streaming" ? "stopped" : twin.metadata?.status;
    const hasRest = getText(twin).length > getText(message).length;
    // What became of its calls is not known before.
    const parts = message.parts.map((part) => (isCall(part) && findCall(twin.parts, part)) || part);
    return { ...message, parts, metadata: { ...metadata, status, isCut: true, hasRest } };
  }
  // A reply that waits may have been answered elsewhere; one that waits there although it was answered here has not got the answers.
  if (findWaiting(message).length > 0) return { ...message, parts: withAnswers(twin, message), metadata };
  // A reply that was shown unfinished may have ended since.
  const isUnfinished = message.metadata?.status === "streaming" || findWaiting(twin).length > 0;
  return { ...message, parts: isUnfinished ? twin.parts : message.parts, metadata };
}

/** The stored parts, with the answers that are on their way. */
function withAnswers(stored: ChatMessage, shown: ChatMessage): ChatMessage["parts"] {
  return stored.parts.map((part) => {
    const answered = isCall(part) && findWish(part) && findCall(shown.parts, part);
    return answered && !findWish(answered) ? answered : part;
  });
}

function findCall(parts: ChatMessage["parts"], call: Call): Call | undefined {
  return parts.filter(isCall).find(({ toolCallId }) => toolCallId === call.toolCallId);
}

/**
 * Finds a new sibling of a shown message of the user, sent from another tab or device meanwhile. If that sibling is now shown instead,
 * returns the one that was shown before.
 */
export function findSentElsewhere(before: ChatMessage[], after: ChatMessage[]): string | undefined {
  for (const message of before.filter(({ role }) => role === "user")) {
    const former = getServerId(message);
    const now = after.find(({ id, metadata }) => id === message.id || metadata?.siblings?.includes(former));
    if (!now) continue;
    const current = getServerId(now);
    if (now.id !== message.id && current !== former) return former;
    const known = message.metadata?.siblings ?? [];
    const other = now.metadata?.siblings?.find((sibling) => sibling !== current && !known.includes(sibling));
    if (other) return other;
  }
  return undefined;
}
