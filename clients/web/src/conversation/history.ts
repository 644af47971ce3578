import type { HistoryMessage } from "@natter/client";
import type { ChatMessage } from "../messages/chat_message";

/** Stored messages as `useChat` has them. */
export function asChatMessages(messages: HistoryMessage[]): ChatMessage[] {
  return messages.map((message) => ({ ...message, parts: message.parts.map((part) => ({ ...part, state: "done" as const })) }));
}

/** An earlier page before a later one. A message that was cut between them, since a page is bounded, is put together. */
export function joined(earlier: ChatMessage[], later: ChatMessage[]): ChatMessage[] {
  const beginning = earlier.at(-1);
  const ending = later[0];
  if (!beginning || beginning.id !== ending?.id) return [...earlier, ...later];
  const parts = [...beginning.parts];
  const [first, ...rest] = ending.parts;
  const last = parts.at(-1);
  if (first && last && (last.type === "text" || last.type === "reasoning") && first.type === last.type) {
    parts[parts.length - 1] = { ...last, text: last.text + first.text };
    parts.push(...rest);
  } else {
    parts.push(...ending.parts);
  }
  return [...earlier.slice(0, -1), { ...ending, parts }, ...later.slice(1)];
}

/**
 * What the page shows, brought up to what is stored. Messages keep the ids that they have on the page, so that nothing is drawn anew;
 * what the page did not know is added at the end.
 */
export function reconciled(shown: ChatMessage[], stored: ChatMessage[]): ChatMessage[] {
  const unknown = new Map(stored.map((message) => [message.id, message]));
  const known = shown.map((message) => {
    const twin = stored.find(({ id, metadata }) => id === message.id || id === message.metadata?.serverId || metadata?.clientId === message.id);
    if (!twin) return message;
    unknown.delete(twin.id);
    // A reply that was seen unfinished may have ended unseen.
    const { parts } = message.metadata?.status === "streaming" ? twin : message;
    return { ...message, parts, metadata: { ...twin.metadata, serverId: twin.id } };
  });
  return [...known, ...unknown.values()];
}
