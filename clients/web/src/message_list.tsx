import { Fragment, useEffect, useLayoutEffect, useRef } from "react";
import type { ChatMessage } from "./chat";
import { Message } from "./message";

type Props = { messages: ChatMessage[]; existed: boolean; waiting: boolean };

export function MessageList({ messages, existed, waiting }: Props) {
  const list = useFollowedEnd(messages);

  return (
    <section className="messages" ref={list} aria-live="polite" aria-busy={waiting}>
      {existed && messages.length > 0 && <p className="earlier">Earlier messages are kept, but not shown here yet.</p>}
      {messages.length === 0 && <Empty existed={existed} />}
      {messages.map((message, index) => (
        <Fragment key={message.id}>
          {message.role === "assistant" && messages[index - 1]?.role === "assistant" && (
            <p className="earlier">Asked elsewhere.</p>
          )}
          <Message message={message} />
        </Fragment>
      ))}
      {waiting && (
        <p className="waiting" aria-label="Waiting for the reply">
          <i />
          <i />
          <i />
        </p>
      )}
    </section>
  );
}

function Empty({ existed }: { existed: boolean }) {
  if (existed) {
    return (
      <div className="empty">
        <h2>This conversation goes on</h2>
        <p>Its earlier messages are kept and the assistant knows them, but this page does not show them yet.</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>What is on your mind?</h2>
      <p>Write a message below. The reply appears as it is written, and you can stop it at any time.</p>
    </div>
  );
}

/** Keeps the end of a growing list in view, unless the reader has scrolled up. */
function useFollowedEnd(messages: ChatMessage[]) {
  const list = useRef<HTMLElement>(null);
  const following = useRef(true);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const noteScroll = () => {
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
    };
    element.addEventListener("scroll", noteScroll, { passive: true });
    return () => element.removeEventListener("scroll", noteScroll);
  }, []);

  // A message of one's own is always followed.
  const last = messages.at(-1);
  const ownMessage = last?.role === "user" ? last.id : undefined;
  useLayoutEffect(() => {
    if (ownMessage) following.current = true;
  }, [ownMessage]);

  useLayoutEffect(() => {
    const element = list.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  });

  return list;
}
