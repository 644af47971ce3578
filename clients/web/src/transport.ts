import { WebSocketChatTransport } from "ai";
import type { ChatMessage } from "./chat";
import { userId } from "./user";

/** Where the socket is, on the host that serves this page. */
const SOCKET_PATH = "/local";

/** The AI SDK's own transport, speaking for `user`. It connects when first used and again when a connection was lost. */
export function createTransport(user: string) {
  return new WebSocketChatTransport<ChatMessage>({
    url: SOCKET_PATH,
    // Asked for each connection, since tokens live shortly.
    params: async () => ({ token: await fetchToken(user) }),
    // The history is the server's; only the new message has to travel.
    prepareSendMessagesRequest: ({ messages }) => ({ messages: messages.slice(-1) }),
  });
}

async function fetchToken(user: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`/token?${new URLSearchParams({ user: userId(user) })}`);
  } catch {
    throw new Error("The server cannot be reached. Is it running?");
  }
  if (!response.ok) throw new Error(`The server gave no token for “${user}” (status ${response.status}).`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
