import { useChat, type Chat } from "@ai-sdk/react";
import { useEffect } from "react";
import { askAgain, type ChatMessage } from "./chat";
import { Composer } from "./composer";
import { putConversationInAddress } from "./conversation_address";
import { useFollowing } from "./following";
import { hasText } from "./message";
import { MessageList } from "./message_list";
import { Problem } from "./problem";
import { catchUp, isLost, useRecovery } from "./recovery";
import type { Connection } from "./transport";

type Props = { chat: Chat<ChatMessage>; connection: Connection; existed: boolean };

/** One conversation: its messages, what went wrong last, and the field to write in. */
export function Conversation({ chat, connection, existed }: Props) {
  const { messages, sendMessage, stop, status, error } = useChat({
    chat,
    // A reply may still be running on the server after a reload.
    resume: existed,
    // Thirty paints a second are smooth; one for every word is work for nothing.
    throttle: 33,
  });
  const { recovering, giveUp } = useRecovery(chat, status, error);
  useFollowing(chat, connection, status, existed || messages.length > 0);
  const busy = status === "submitted" || status === "streaming";
  const last = messages.at(-1);
  const waiting = busy && !(last?.role === "assistant" && hasText(last));

  useEffect(() => {
    if (!busy) return;
    const stopOnEscape = (event: KeyboardEvent) => event.key === "Escape" && void stop();
    addEventListener("keydown", stopOnEscape);
    return () => removeEventListener("keydown", stopOnEscape);
  }, [busy, stop]);

  const send = (text: string) => {
    putConversationInAddress(chat.id);
    void sendMessage({ text });
  };

  const tryAgain = (error: Error) => (isLost(error) ? catchUp(chat) : askAgain(chat));

  return (
    <main>
      <MessageList messages={messages} existed={existed} waiting={waiting} />
      {recovering && (
        <p className="recovering" role="status">
          {recovering === "lost" ? "Connecting again …" : "Going on with the reply …"}
        </p>
      )}
      {error && !recovering && <Problem error={error} onTryAgain={() => void tryAgain(error)} />}
      <Composer busy={busy || recovering !== undefined} onSend={send} onStop={recovering ? giveUp : () => void stop()} />
    </main>
  );
}
