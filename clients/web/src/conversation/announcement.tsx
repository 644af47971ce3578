import { useEffect, useRef, useState } from "react";
import { textOf, type ChatMessage } from "../messages/chat_message";
import { STRINGS } from "../strings";

const MOST_CHARACTERS = 300;

/** Tells a screen reader twice of a reply: when it begins, and how it begins when it is complete. Never of each word. */
export function Announcement({ busy, last }: { busy: boolean; last: ChatMessage | undefined }) {
  const [sentence, setSentence] = useState("");
  const before = useRef(busy);

  useEffect(() => {
    if (busy === before.current) return;
    before.current = busy;
    if (busy) return setSentence(STRINGS.conversation.replyBegins);
    const text = last?.role === "assistant" ? textOf(last) : "";
    setSentence(text ? STRINGS.conversation.reply(text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text) : "");
  }, [busy, last]);

  return (
    <p className="unseen" role="status">
      {sentence}
    </p>
  );
}
