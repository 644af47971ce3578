import { useEffect, useRef, useState } from "react";

/** Received text is shown after about this time, in milliseconds, so that bursts appear as a flow. */
const MAX_LAG_MS = 250;

/**
 * The part of a growing text that is shown. While it is `growing`, text appears at a steady pace between two arrivals; a text that does not
 * grow any more is shown whole at once, since one that was stopped must not go on, and so is one whose reader asked for less motion.
 */
export function useRevealedText(text: string, growing: boolean): string {
  const [length, setLength] = useState(growing ? 0 : text.length);
  const shown = useRef(length);
  const wanted = useRef(text);
  wanted.current = text;
  const behind = length < text.length;

  useEffect(() => {
    if (!behind) return;
    const show = (next: number) => {
      shown.current = next;
      setLength(next);
    };
    if (!growing || isStill() || document.hidden) return show(text.length);
    let before = performance.now();
    let frame = requestAnimationFrame(function reveal(now) {
      const missing = wanted.current.length - shown.current;
      const step = Math.ceil((missing * Math.min(now - before, MAX_LAG_MS)) / MAX_LAG_MS);
      before = now;
      show(findEndOfCharacter(wanted.current, shown.current + Math.max(step, 1)));
      frame = requestAnimationFrame(reveal);
    });
    return () => cancelAnimationFrame(frame);
    // A hidden page paints nothing: there, each arrival shows all.
  }, [behind, growing, document.hidden ? text : undefined]);

  return !growing || length >= text.length ? text : text.slice(0, length);
}

function isStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The first place at or behind `index` that is not inside a character or before a mark that belongs to it. */
function findEndOfCharacter(text: string, index: number): number {
  while (index < text.length && /^(?:[\uDC00-\uDFFF\p{M}]|\u200D)/u.test(text.slice(index, index + 2))) index += 1;
  return Math.min(index, text.length);
}
