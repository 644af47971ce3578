import { useChat } from "@ai-sdk/react";
import { useEffect, useMemo, useRef } from "react";
import { putIntoAddress, takeOutOfAddress } from "../address";
import { ChoicePicker, useChosen } from "../composer/choices";
import { Composer } from "../composer/composer";
import { keepForNew, useDraft } from "../composer/draft";
import { USUAL_LIMITS } from "../composer/size";
import type { ServerDescription } from "@natter/client";
import { MessageList } from "../messages/message_list";
import { useStore } from "../store";
import type { ConversationActions } from "./actions";
import { Announcement } from "./announcement";
import { Empty } from "./empty";
import type { OpenConversation } from "./open_conversation";
import { Problem } from "./problem";
import { useWholePrint } from "./printing";

type Props = {
  conversation: OpenConversation;
  description: ServerDescription | undefined;
  /** A reply has begun: the server has the message. */
  onBegun: () => void;
  onNew: () => void;
};

/** One conversation: its messages, what went wrong last, and the field to write in. */
export function Conversation({ conversation, description, onBegun, onNew }: Props) {
  const { phase, olderCursor, loadingOlder, failure, returned } = useStore(conversation);
  // Thirty states a second are enough: what lies between is made smooth where it is shown.
  const { messages, status } = useChat({ chat: conversation.chat, throttle: 33 });
  const busy = status === "submitted" || status === "streaming";
  const [text, setText] = useDraft(conversation.id, phase !== "new" || messages.length > 0);
  const { chosen, choose } = useChosen(description);
  const field = useRef<HTMLTextAreaElement>(null);
  const now = useRef({ onBegun });
  now.current = { onBegun };
  const actions = useActions(conversation, chosen);

  useStopOnEscape(busy, conversation);
  useWholePrint(conversation);

  useEffect(() => {
    if (returned === undefined) return;
    setText(text ? `${returned}\n\n${text}` : returned);
    if (phase === "new") takeOutOfAddress();
    conversation.takeReturned();
  }, [conversation, phase, returned, text, setText]);

  useEffect(() => {
    if (status === "streaming") now.current.onBegun();
  }, [status]);

  // What was written in a conversation that is gone goes on in another.
  const startNew = () => {
    if (phase === "gone") {
      keepForNew(text);
      setText("");
    }
    onNew();
  };

  const send = (message: string) => {
    if (phase === "gone") return startNew();
    setText("");
    putIntoAddress(conversation.id);
    void conversation.send(message, chosen);
  };

  return (
    <>
      {messages.length > 0 && phase !== "gone" ? (
        <MessageList
          messages={messages}
          busy={busy}
          older={olderCursor !== undefined}
          loadingOlder={loadingOlder}
          onOlder={() => void conversation.loadOlder()}
          actions={actions}
        />
      ) : (
        <div className="view">{phase !== "unloaded" && <Empty phase={phase === "gone" || phase === "loading" ? phase : "new"} onNew={startNew} />}</div>
      )}
      <Announcement busy={busy} last={messages.at(-1)} />
      <div className="foot">
        {failure && (
          <Problem
            key={failure.sentence}
            failure={failure}
            onTryAgain={() => void conversation.tryAgain(chosen)}
            onNew={startNew}
            onDismiss={() => {
              conversation.dismiss();
              field.current?.focus();
            }}
          />
        )}
        <Composer
          text={text}
          onText={setText}
          busy={busy}
          limits={description?.limits ?? USUAL_LIMITS}
          field={field}
          onSend={send}
          onStop={() => void conversation.chat.stop()}
          onEditLast={editLast}
        >
          <ChoicePicker label="Model" choices={description?.models ?? []} chosen={chosen.model} onChoose={(id) => choose("model", id)} />
          <ChoicePicker label="Agent" choices={description?.agents ?? []} chosen={chosen.agent} onChoose={(id) => choose("agent", id)} />
        </Composer>
      </div>
    </>
  );
}

function editLast() {
  [...document.querySelectorAll<HTMLElement>("article.user [aria-label=Edit]")].at(-1)?.click();
}

// They keep their identity, so that messages which do not change are not rendered again.
function useActions(conversation: OpenConversation, chosen: ReturnType<typeof useChosen>["chosen"]): ConversationActions {
  const now = useRef(chosen);
  now.current = chosen;
  return useMemo(
    () => ({
      edit: (message, text) => void conversation.edit(message, text, now.current),
      regenerate: (message) => void conversation.regenerate(message, now.current),
      showBranch: (messageId) => void conversation.load(messageId),
      rate: (message, rating) => void conversation.rate(message, rating),
    }),
    [conversation],
  );
}

function useStopOnEscape(busy: boolean, conversation: OpenConversation) {
  useEffect(() => {
    if (!busy) return;
    const stop = (event: KeyboardEvent) => event.key === "Escape" && !event.isComposing && void conversation.chat.stop();
    addEventListener("keydown", stop);
    return () => removeEventListener("keydown", stop);
  }, [busy, conversation]);
}
