import { useChat, type Chat } from "@ai-sdk/react";
import { useEffect } from "react";
import { askAgain, type ChatMessage } from "./chat";
import { Composer } from "./composer";
import { putConversationInAddress } from "./conversation_address";
import { hasText } from "./message";
import { MessageList } from "./message_list";
import { Problem } from "./problem";

type Props = { chat: Chat<ChatMessage>; existed: boolean };

/** One conversation: its messages, what went wrong last, and the field to write in. */
export function Conversation({ chat, existed }: Props) {
  const { messages, sendMessage, stop, status, error } = useChat({
    chat,
    // A reply may still be running on the server after a reload.
    resume: existed,
    // Thirty paints a second are smooth; one for every word is work for nothing.
    throttle: 33,
  });
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

  return (
    <main>
      <MessageList messages={messages} existed={existed} waiting={waiting} />
      {error && <Problem error={error} onTryAgain={() => void askAgain(chat)} />}
      <Composer busy={busy} onSend={send} onStop={() => void stop()} />
    </main>
  );
}
