import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { isSelecting } from "../markdown/kept-selection";
import type { ChatMessage } from "./chat-message";

/** A reader who comes down to the end is there when no more than so many pixels are below. */
const NEAR_PX = 48;
/** Less is a matter of rounding. */
const MOVED_PX = 1;

/**
 * Keeps the end of a growing list in view for a reader who is there, and the place of one who is not. `view` scrolls, `content` grows in it;
 * `toEnd` goes to the end and follows it from then on.
 */
export function useFollowedEnd(messages: ChatMessage[]) {
  const view = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);

  useEffect(() => {
    const scrolled = view.current;
    const grown = content.current;
    if (!scrolled || !grown) return;
    const below = () => scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight;
    let before = scrolled.scrollTop;
    const noteScroll = () => {
      // The least movement upwards is the reader's wish to leave the end, and one downwards to its nearness the wish to come back: growth
      // alone does not move, and what shrinks leaves nothing below.
      if (scrolled.scrollTop < before && below() > MOVED_PX) following.current = false;
      else if (scrolled.scrollTop > before && below() < NEAR_PX) following.current = true;
      before = scrolled.scrollTop;
      setAtEnd(below() < NEAR_PX);
    };
    // A wheel that turns up says so before anything has moved.
    const noteWheel = ({ deltaY }: WheelEvent) => {
      if (deltaY < 0 && scrolled.scrollTop > 0) following.current = false;
    };
    const keep = new ResizeObserver(() => {
      // What is being selected must not move away below the pointer.
      if (following.current && !isSelecting(grown)) scrolled.scrollTop = scrolled.scrollHeight;
      before = scrolled.scrollTop;
      setAtEnd(below() < NEAR_PX);
    });
    scrolled.addEventListener("scroll", noteScroll, { passive: true });
    scrolled.addEventListener("wheel", noteWheel, { passive: true });
    keep.observe(grown);
    keep.observe(scrolled);
    return () => {
      scrolled.removeEventListener("scroll", noteScroll);
      scrolled.removeEventListener("wheel", noteWheel);
      keep.disconnect();
    };
  }, []);

  useKeptPlace(view, messages, following);

  const toEnd = () => {
    following.current = true;
    setAtEnd(true);
    view.current?.scrollTo({ top: view.current.scrollHeight });
    view.current?.focus({ preventScroll: true });
  };

  // A message of one's own is always followed.
  const last = messages.at(-1);
  const ownMessage = last?.role === "user" ? last.id : undefined;
  useLayoutEffect(() => {
    if (!ownMessage || !view.current) return;
    following.current = true;
    view.current.scrollTop = view.current.scrollHeight;
  }, [ownMessage]);

  return { view, content, atEnd, toEnd };
}

/** When earlier messages are put on top, what was being read stays where it is. Not all browsers see to that by themselves. */
function useKeptPlace(view: { current: HTMLElement | null }, messages: ChatMessage[], following: { current: boolean }) {
  const before = useRef<{ first: string | undefined; fromEnd: number }>({ first: undefined, fromEnd: 0 });
  const first = messages[0]?.id;
  useLayoutEffect(() => {
    const element = view.current;
    if (!element) return;
    if (before.current.first && first !== before.current.first && !following.current) {
      element.scrollTop = element.scrollHeight - before.current.fromEnd;
    }
    const note = () => (before.current = { first, fromEnd: element.scrollHeight - element.scrollTop });
    note();
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, [view, first, following]);
}
