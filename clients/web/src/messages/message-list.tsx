import { EndOfList } from "../conversations/end-of-list";
import type { Limits } from "../composer/size";
import type { ConversationActions } from "../conversation/actions";
import { Icon } from "../icons";
import { STRINGS } from "../strings";
import { hasContent, type ChatMessage } from "./chat-message";
import { useFollowedEnd } from "./followed-end";
import { Message } from "./message";
import type { Remark } from "./remark";
import { RemarkLine } from "./remark-line";

type Props = {
  messages: ChatMessage[];
  busy: boolean;
  /** What is said where the reply to the newest message should be, and is not. */
  missing: Remark | undefined;
  /** The message that is being edited. */
  edited: string | undefined;
  limits: Limits;
  older: boolean;
  loadingOlder: boolean;
  onOlder: () => void;
  actions: ConversationActions;
};

/** The messages on screen, the newest at the end. */
export function MessageList({ messages, busy, missing, edited, limits, older, loadingOlder, onOlder, actions }: Props) {
  const { view, content, atEnd, toEnd } = useFollowedEnd(messages);
  const last = messages.at(-1);
  const waiting = busy && !(last?.role === "assistant" && hasContent(last));

  return (
    <div className="view">
      {/* A log is read out as it grows: while a reply is being written it is busy, or each word would be read alone. */}
      <section
        className="messages"
        ref={view}
        role="log"
        aria-label={STRINGS.conversation.name}
        aria-busy={busy}
        aria-live="off"
        tabIndex={0}
      >
        <div className="content" ref={content}>
          {older && <EndOfList loading={loadingOlder} label={STRINGS.conversation.earlier} onReach={onOlder} />}
          {messages.map((message) => (
            <Message
              key={message.id}
              message={message}
              growing={busy && message === last && message.role === "assistant"}
              idle={!busy}
              last={message === last}
              editing={message.id === edited}
              limits={limits}
              actions={actions}
            />
          ))}
          {waiting && (
            <p className="waiting" aria-hidden="true">
              <i />
              <i />
              <i />
            </p>
          )}
          {missing && <RemarkLine remark={missing} idle={!busy} onAct={actions.tryAgain} />}
        </div>
      </section>
      {!atEnd && (
        <button type="button" className="jump" onClick={toEnd} aria-label={STRINGS.conversation.toEnd} title={STRINGS.conversation.toEnd}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}
