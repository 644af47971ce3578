import type { Chat } from "@ai-sdk/react";
import type { ChatStatus } from "ai";
import { useEffect, useState } from "react";
import type { ChatMessage } from "./chat";
import type { Connection } from "./transport";

/** Before a page opens a connection again that was closed while nothing happened. */
const PAUSE_MS = 1000;

/**
 * Keeps an idle conversation level with the server: it follows a reply that was asked for elsewhere, and opens another connection when
 * there is none any more, as soon as somebody looks. `hasPast` says that there is something on the server to follow.
 */
export function useFollowing(chat: Chat<ChatMessage>, connection: Connection, status: ChatStatus, hasPast: boolean) {
  const [startedElsewhere, setStartedElsewhere] = useState(false);
  const [closed, setClosed] = useState(false);
  const [closesSoon, setClosesSoon] = useState(false);
  const visible = useVisibility();
  const busy = status === "submitted" || status === "streaming";

  useEffect(
    () =>
      connection.listen((news) => {
        if (news.kind === "turn-started" && news.conversation === chat.id) setStartedElsewhere(true);
        if (news.kind === "reconnect") setClosesSoon(true);
        if (news.kind === "closed") setClosed(true);
      }),
    [connection, chat],
  );

  useEffect(() => {
    if (busy || !startedElsewhere) return;
    setStartedElsewhere(false);
    void chat.resumeStream();
  }, [chat, busy, startedElsewhere]);

  useEffect(() => {
    if (busy || !closesSoon) return;
    setClosesSoon(false);
    connection.transport.close();
  }, [connection, busy, closesSoon]);

  useEffect(() => {
    // After an error it is not idle: that is a matter of recovery, or of the person.
    if (status !== "ready" || !closed || !visible || !hasPast) return;
    const timer = setTimeout(() => {
      setClosed(false);
      void chat.resumeStream();
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [chat, status, closed, visible, hasPast]);
}

function useVisibility(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}
