import { memo } from "react";
import type { ChatMessage } from "./chat";
import { Markdown } from "./markdown";

/** One message. Memoised: while a reply streams, those above it stay as they are. */
export const Message = memo(function Message({ message }: { message: ChatMessage }) {
  if (!hasText(message)) return null;
  const ending = message.metadata?.ending;
  const remark = ending && REMARKS[ending];
  return (
    <article className={message.role} aria-label={message.role === "user" ? "You wrote" : "Reply"}>
      {message.parts.map((part, index) => (
        <Part key={index} part={part} role={message.role} />
      ))}
      {remark && <p className="remark">{remark}</p>}
    </article>
  );
});

/** Whether there is anything to show: a reply begins before its first word is there. */
export function hasText(message: ChatMessage): boolean {
  return message.parts.some((part) => "text" in part && part.text !== "");
}

const REMARKS: Partial<Record<string, string>> = {
  stopped: "Stopped.",
  length: "The reply reached the model’s length limit.",
  "content-filter": "The model’s content filter ended this reply.",
  interrupted: "This reply was interrupted.",
  early: "This reply ended before it was complete.",
};

function Part({ part, role }: { part: ChatMessage["parts"][number]; role: ChatMessage["role"] }) {
  switch (part.type) {
    case "text":
      // What a person typed is shown as typed.
      return role === "user" ? <p className="typed">{part.text}</p> : <Markdown text={part.text} />;
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <Markdown text={part.text} />
        </details>
      );
    default:
      return null;
  }
}
