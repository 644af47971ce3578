import { useEffect, useRef, useState } from "react";
import { describeWish, findWaiting } from "../messages/calls";
import { getText, type ChatMessage } from "../messages/chat-message";
import { findRemark } from "../messages/remark";
import { STRINGS } from "../strings";

const MAX_CHARACTERS = 300;

/**
 * Tells a screen reader twice of a reply: when it begins, and when it is complete how it begins, what it asks, or why it has no text. Never of
 * each word.
 */
export function Announcement({ busy, last }: { busy: boolean; last: ChatMessage | undefined }) {
  const [sentence, setSentence] = useState("");
  const before = useRef(busy);
  const hasEnded = useRef(false);
  const text = last?.role === "assistant" ? getText(last) : "";
  const [call] = findWaiting(last, busy);
  const wish = call && STRINGS.asks.announcement(describeWish(call));
  const remark = last?.role === "assistant" && !busy && !text ? findRemark(last)?.sentence : undefined;

  useEffect(() => {
    if (busy === before.current) return;
    before.current = busy;
    hasEnded.current = !busy;
    if (busy) return setSentence(STRINGS.conversation.replyBegins);
    const beginning = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
    if (!wish) setSentence(text && STRINGS.conversation.reply(beginning));
  }, [busy, text]);

  useEffect(() => {
    if (wish) setSentence(wish);
  }, [wish]);

  // Why there is none is known a moment later.
  useEffect(() => {
    if (hasEnded.current && remark) setSentence(remark);
  }, [busy, remark]);

  return (
    <p className="unseen" role="status">
      {sentence}
    </p>
  );
}
