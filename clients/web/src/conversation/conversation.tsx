import { useChat } from "@ai-sdk/react";
import { useEffect, useMemo, useRef, useState } from "react";
import { putIntoAddress, takeOutOfAddress } from "../address";
import { ChoicePicker, useChosen } from "../composer/choices";
import { Composer } from "../composer/composer";
import { keepForNew, useDraft } from "../composer/draft";
import { DEFAULT_LIMITS } from "../composer/size";
import type { ServerDescription } from "@natter/client";
import { useEscape } from "../escape";
import { ASKING, FIELD, focusIfLost, focusSoon, WRITING } from "../focus";
import { findWaiting, withAnswers } from "../messages/calls";
import { MessageList } from "../messages/message-list";
import type { Remark } from "../messages/remark";
import { useStore } from "../store";
import { STRINGS } from "../strings";
import { useActions } from "./actions";
import { Announcement } from "./announcement";
import { Elsewhere } from "./elsewhere";
import { Empty } from "./empty";
import { isRefused } from "./failure";
import type { OpenConversation } from "./open-conversation";
import { Problem } from "./problem";
import { useWholePrint } from "./printing";
import { WaitingNote } from "./waiting-note";

type Props = {
  conversation: OpenConversation;
  description: ServerDescription | undefined;
  /** A reply has started: the server has the message. */
  onBegun: () => void;
  /** A reply in a new conversation has ended, perhaps before it had started. */
  onEnded: () => void;
  onNew: () => void;
};

/** One conversation: its messages, what went wrong last, and the field to write in. */
export function Conversation({ conversation, description, onBegun, onEnded, onNew }: Props) {
  const { phase, olderCursor, loadingOlder, running, stopped, kept, failure, returned, elsewhere } = useStore(conversation);
  // Thirty states a second are enough: what lies between is made smooth where it is shown.
  const { messages: received, status } = useChat({ chat: conversation.chat, throttle: 33 });
  const messages = useMemo(() => withAnswers(received, kept), [received, kept]);
  const busy = status === "submitted" || status === "streaming";
  const absent = phase === "gone" || phase === "unknown";
  const [text, setText] = useDraft(conversation.id, phase !== "new" || messages.length > 0);
  const { chosen, choose } = useChosen(description);
  const [edited, setEdited] = useState<string>();
  const [sendsWhenLoaded, setSendsWhenLoaded] = useState(false);
  const limits = description?.limits ?? DEFAULT_LIMITS;
  const now = useRef({ onBegun, onEnded });
  now.current = { onBegun, onEnded };
  const isNew = useRef(phase === "new");
  const actions = useActions(conversation, chosen, setEdited);

  useWholePrint(conversation);
  const stop = () => {
    void conversation.stop();
    focusIfLost(WRITING());
  };
  useEscape(busy, stop);

  useEffect(() => {
    if (returned === undefined) return;
    setText(text ? `${returned}\n\n${text}` : returned);
    if (phase === "new") takeOutOfAddress();
    conversation.takeReturned();
  }, [conversation, phase, returned, text, setText]);

  useEffect(() => {
    if (status === "streaming") now.current.onBegun();
  }, [status]);

  useEffect(() => {
    if (isNew.current && !running && messages.length > 0) now.current.onEnded();
  }, [running, phase]);

  useEffect(() => {
    if (phase === "loading" || !sendsWhenLoaded) return;
    setSendsWhenLoaded(false);
    if (phase === "ready") send(text);
  }, [phase, sendsWhenLoaded, text]);

  // What was written in a conversation that is gone goes on in another.
  const startNew = () => {
    if (absent) {
      keepForNew(text);
      setText("");
    }
    onNew();
  };

  const send = (message: string) => {
    if (absent) return startNew();
    // What the message follows is not known before.
    if (phase === "loading") return setSendsWhenLoaded(true);
    setText("");
    putIntoAddress(conversation.id);
    void conversation.send(message.trim(), chosen);
    focusIfLost(WRITING());
  };

  const tryAgain = () => {
    // What was refused is in the field, perhaps changed.
    if (failure && isRefused(failure) && text.trim()) send(text);
    else void conversation.tryAgain(chosen);
    focusIfLost(WRITING());
  };

  const dismiss = () => {
    conversation.dismiss();
    focusIfLost(WRITING());
  };

  const showWaiting = () => {
    document.querySelector(".ask")?.scrollIntoView({ block: "center" });
    focusSoon(ASKING);
  };

  const lastAsked = messages.findLast(({ role }) => role === "user");
  const isMissing = !running && !busy && !failure && messages.at(-1)?.role === "user";

  return (
    <>
      {messages.length > 0 && !absent ? (
        <MessageList
          messages={messages}
          busy={busy}
          missing={isMissing ? missingRemark(stopped) : undefined}
          edited={busy ? undefined : edited}
          limits={limits}
          older={olderCursor !== undefined}
          loadingOlder={loadingOlder}
          onOlder={() => void conversation.loadOlder()}
          actions={actions}
        />
      ) : (
        <div className="view">
          {phase !== "unloaded" && (
            <Empty
              phase={absent || phase === "loading" ? phase : "new"}
              hasDraft={text.trim() !== ""}
              onNew={startNew}
              onStart={(words) => {
                setText(words);
                focusSoon(FIELD);
              }}
            />
          )}
        </div>
      )}
      <Announcement busy={busy} last={messages.at(-1)} />
      <div className="foot">
        {failure && (
          <Problem
            key={`${failure.sentence} ${failure.retryAt}`}
            failure={failure}
            onTryAgain={tryAgain}
            onNew={startNew}
            onDismiss={dismiss}
          />
        )}
        {!busy && !absent && findWaiting(messages.at(-1)).length > 0 && <WaitingNote onShow={showWaiting} />}
        {elsewhere && !failure && <Elsewhere onShow={() => actions.showBranch(elsewhere)} onDismiss={dismiss} />}
        <Composer
          text={text}
          onText={(next) => {
            setText(next);
            setSendsWhenLoaded(false);
          }}
          busy={busy}
          limits={limits}
          onSend={send}
          onStop={stop}
          onEditLast={() => !busy && lastAsked && setEdited(lastAsked.id)}
        >
          <ChoicePicker
            label={STRINGS.composer.model}
            choices={description?.models ?? []}
            chosen={chosen.model}
            onChoose={(id) => choose("model", id)}
          />
          <ChoicePicker
            label={STRINGS.composer.agent}
            choices={description?.agents ?? []}
            chosen={chosen.agent}
            onChoose={(id) => choose("agent", id)}
          />
        </Composer>
      </div>
    </>
  );
}

function missingRemark(stopped: boolean): Remark {
  // The server is asked how much of it there is.
  if (stopped) return { sentence: STRINGS.emptyRemarks.stopped };
  return { sentence: STRINGS.emptyRemarks.missing, offer: "again" };
}
