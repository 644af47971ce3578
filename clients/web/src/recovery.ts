import type { Chat } from "@ai-sdk/react";
import type { ChatStatus } from "ai";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ChatMessage } from "./chat";

/** What mends itself: a connection that was lost, and a reply whose writer was. Either way the server goes on, or has kept the reply. */
export type Trouble = "lost" | "interrupted";

/** How often it is tried without asking, until something has worked again. */
const MOST_TRIES: Record<Trouble, number> = { lost: 8, interrupted: 1 };
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** What the server says of a reply that a `resume` brings whole. The transport hands over this sentence, and no code. */
const INTERRUPTED = "The reply was interrupted. What had arrived is kept.";

/** Whether `error` is of the connection. The transport and `fetch` report that as a TypeError, and what the server says as an Error. */
export function isLost(error: Error): boolean {
  return error instanceof TypeError;
}

/** Mends by itself what can be. While it is at it, `recovering` says from what, and `giveUp` leaves the rest to the person. */
export function useRecovery(chat: Chat<ChatMessage>, status: ChatStatus, error: Error | undefined) {
  const tries = useRef<Record<Trouble, number>>({ lost: 0, interrupted: 0 });
  const [recovering, setRecovering] = useState<Trouble>();
  const [givenUp, setGivenUp] = useState<Error>();

  useEffect(() => {
    if (status === "ready") tries.current = { lost: 0, interrupted: 0 };
  }, [status]);

  // Before the page is painted, so that no error shows for a moment.
  useLayoutEffect(() => {
    const trouble = error && troubleOf(error);
    if (!trouble || error === givenUp || tries.current[trouble] >= MOST_TRIES[trouble]) return setRecovering(undefined);
    setRecovering(trouble);
    // Not all pages that lost a server together come back together.
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** tries.current[trouble], LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    tries.current[trouble] += 1;
    const timer = setTimeout(() => void catchUp(chat), pause);
    return () => clearTimeout(timer);
  }, [chat, error, givenUp]);

  return { recovering, giveUp: () => setGivenUp(error) };
}

function troubleOf(error: Error): Trouble | undefined {
  if (isLost(error)) return "lost";
  return error.message === INTERRUPTED ? "interrupted" : undefined;
}

/** Goes on where the conversation was left: with the reply, or with the message that nothing has been heard of since it was sent. */
export async function catchUp(chat: Chat<ChatMessage>) {
  const last = chat.lastMessage;
  // It keeps its id, so the server stores it once, and shows the reply that it already has or is writing.
  if (last?.role === "user") return chat.sendMessage({ parts: last.parts, messageId: last.id });
  return chat.resumeStream();
}
