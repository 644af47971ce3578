import { memo, useState } from "react";
import type { ConversationActions } from "../conversation/actions";
import { Markdown } from "../markdown/markdown";
import { useRevealedText } from "../markdown/revealed_text";
import { hasContent, isTool, textOf, type ChatMessage } from "./chat_message";
import { EditField } from "./edit_field";
import { MessageActions } from "./message_actions";
import { Reasoning } from "./reasoning";
import { remarkOn } from "./remark";
import { Tool } from "./tool";

type Props = {
  message: ChatMessage;
  /** Whether it is being written right now. */
  growing: boolean;
  /** Whether what changes the conversation is possible: not while a reply is being written. */
  idle: boolean;
  last: boolean;
  actions: ConversationActions;
};

/** One message. Memoised: while a reply streams, those above it stay as they are. */
export const Message = memo(function Message({ message, growing, idle, last, actions }: Props) {
  const [editing, setEditing] = useState(false);
  const mine = message.role === "user";
  if (!hasContent(message) && !message.metadata?.error) return null;

  if (editing) {
    return (
      <EditField
        text={textOf(message)}
        onCancel={() => setEditing(false)}
        onSend={(text) => {
          setEditing(false);
          actions.edit(message, text);
        }}
      />
    );
  }

  const remark = growing ? undefined : remarkOn(message);
  return (
    <article className={last ? `${message.role} last` : message.role} aria-label={mine ? "You" : "Reply"} data-message={message.id}>
      <div className="content">
        {message.parts.map((part, index) => (
          <Part key={index} part={part} mine={mine} growing={growing && index === message.parts.length - 1} />
        ))}
        {remark && <p className="remark">{remark}</p>}
      </div>
      {!growing && <MessageActions message={message} idle={idle} actions={actions} onEdit={() => setEditing(true)} />}
    </article>
  );
});

type PartProps = { part: ChatMessage["parts"][number]; mine: boolean; growing: boolean };

function Part({ part, mine, growing }: PartProps) {
  if (part.type === "text") {
    // What a person typed is shown as typed.
    return mine ? <p className="typed" dir="auto">{part.text}</p> : <Reply text={part.text} growing={growing} />;
  }
  if (part.type === "reasoning") return part.text ? <Reasoning text={part.text} growing={growing} /> : null;
  return isTool(part) ? <Tool part={part} /> : null;
}

function Reply({ text, growing }: { text: string; growing: boolean }) {
  const shown = useRevealedText(text, growing);
  return <Markdown text={shown} growing={growing || shown.length < text.length} />;
}
