import { createClient, type Client } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import type { ChatMessage } from "../messages/chat-message";
import { fetchToken, type Config } from "./config";

/** A client of one user, and the transport for `useChat`. All conversations share its one socket. */
export type Connection = { client: Client; transport: NatterChatTransport<ChatMessage> };

/** A connection that speaks for `user`. It is opened when first used, and again when it was lost. */
export function createConnection(config: Config, user: string): Connection {
  const client = createClient({
    url: config.socketUrl,
    token: (signal) => fetchToken(config, user, signal),
    // A little longer than the lease: a resume then takes an abandoned reply over.
    timing: { quietMs: 16_000 },
  });
  return { client, transport: new NatterChatTransport<ChatMessage>({ client }) };
}
