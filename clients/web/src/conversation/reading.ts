import type { Client, ConversationPage } from "@natter/client";
import type { ChatMessage } from "../messages/chat-message";
import { toChatMessages, joinPages } from "./history";

export type Page = Pick<ConversationPage, "conversation" | "nextCursor"> & { messages: ChatMessage[] };

/**
 * A page of a conversation's messages. Where its first is the user's and was cut, its beginning is read, too: what somebody wrote is
 * compared, edited and sent again as a whole.
 */
export async function readPage(
  { conversations }: Client,
  id: string,
  options: Parameters<Client["conversations"]["get"]>[1],
): Promise<Page> {
  const { conversation, ...last } = await conversations.get(id, options);
  let messages = toChatMessages(last.messages);
  let { isCut, nextCursor } = last;
  while (isCut && nextCursor && messages[0]?.role === "user") {
    const before = await conversations.get(id, { limit: 1, cursor: nextCursor });
    messages = joinPages(toChatMessages(before.messages), messages);
    ({ isCut, nextCursor } = before);
  }
  return { conversation, messages, nextCursor };
}
