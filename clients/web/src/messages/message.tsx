import { memo } from "react";
import type { ConversationActions } from "../conversation/actions";
import { Markdown } from "../markdown/markdown";
import { useRevealedText } from "../markdown/revealed-text";
import type { Limits } from "../composer/size";
import { STRINGS } from "../strings";
import { findWish, isCall } from "./calls";
import { hasContent, getText, type ChatMessage } from "./chat-message";
import { EditField } from "./edit-field";
import { MessageActions } from "./message-actions";
import { Reasoning } from "./reasoning";
import { findRemark } from "./remark";
import { RemarkLine } from "./remark-line";
import { Sources } from "./sources";
import { Tool } from "./tool";
import { WaitingCall } from "./waiting-call";

type Props = {
  message: ChatMessage;
  /** Whether it is being written right now. */
  growing: boolean;
  /** Whether what changes the conversation is possible: not while a reply is being written. */
  idle: boolean;
  last: boolean;
  editing: boolean;
  limits: Limits;
  actions: ConversationActions;
};

/** One message. Memoised: while a reply streams, those above it stay as they are. */
export const Message = memo(function Message({ message, growing, idle, last, editing, limits, actions }: Props) {
  const mine = message.role === "user";
  const remark = growing || mine ? undefined : findRemark(message);
  if (!hasContent(message) && !remark) return null;

  if (editing) {
    return (
      <EditField
        text={getText(message)}
        limits={limits}
        onCancel={() => actions.cancelEdit(message)}
        onSend={(text) => actions.edit(message, text)}
      />
    );
  }

  return (
    <article
      className={last ? `${message.role} last` : message.role}
      aria-label={STRINGS.message.authors[message.role]}
      data-message={message.id}
    >
      <div className="content">
        {message.parts.map((_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is what stands at its place.
          <Part key={index} index={index} message={message} growing={growing} asks={last} actions={actions} />
        ))}
        <Sources message={message} />
        {remark && (
          <RemarkLine
            remark={remark}
            idle={idle}
            onAct={() => (remark.offer === "rest" ? actions.showRest(message) : actions.regenerate(message))}
          />
        )}
      </div>
      {!growing && <MessageActions message={message} idle={idle} actions={actions} />}
    </article>
  );
});

type PartProps = Pick<Props, "message" | "growing" | "actions"> & {
  index: number;
  /** Whether the user can answer its calls: they are those of the newest message. */
  asks: boolean;
};

function Part({ message, index, growing: isMessageGrowing, asks, actions }: PartProps) {
  const part = message.parts[index]!;
  const growing = isMessageGrowing && index === message.parts.length - 1;
  if (part.type === "text") {
    // The user's text is shown as typed.
    return message.role === "user" ? (
      <p className="typed" dir="auto">
        {part.text}
      </p>
    ) : (
      <Reply text={part.text} growing={growing} />
    );
  }
  if (part.type === "reasoning") return part.text ? <Reasoning text={part.text} growing={growing} /> : null;
  if (!isCall(part)) return null;
  const isAsked = asks && !message.metadata?.isCut && findWish(part, isMessageGrowing);
  if (isAsked) return <WaitingCall message={message} call={part} actions={actions} />;
  return <Tool call={part} growing={isMessageGrowing} onReadOutput={() => actions.readOutput(message, part)} />;
}

function Reply({ text, growing }: { text: string; growing: boolean }) {
  const shown = useRevealedText(text, growing);
  return <Markdown text={shown} growing={growing || shown.length < text.length} />;
}
