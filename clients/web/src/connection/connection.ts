import { createClient, type Client } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import type { ChatMessage } from "../messages/chat-message";
import { fetchToken, type Config } from "./config";

/** A client that speaks for one person, and what lets `useChat` speak through it. All conversations share its one socket. */
export type Connection = { client: Client; transport: NatterChatTransport<ChatMessage> };

/** A connection that speaks for `user`. It is opened when first used, and again when it was lost. */
export function createConnection(config: Config, user: string): Connection {
  const client = createClient({
    url: config.socketUrl,
    token: (signal) => fetchToken(config, user, signal),
    // A little longer than a function may be silent before another takes its reply over: then one does, as soon as it is asked for.
    timing: { quietMs: 16_000 },
  });
  return { client, transport: new NatterChatTransport<ChatMessage>({ client }) };
}
