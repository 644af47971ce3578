import { useEffect, useRef, useState } from "react";

/** How long received text is delayed, in milliseconds, so that bursts appear as a steady flow. */
const MAX_LAG_MS = 250;

/**
 * The part of a text that is shown. While it is `growing`, text appears at a steady pace between two deltas. A text that no longer
 * grows is shown whole at once, since a stopped one must not go on, and so is one whose reader prefers reduced motion.
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
    // A hidden page renders no frames: there, each delta is shown at once.
  }, [behind, growing, document.hidden ? text : undefined]);

  return !growing || length >= text.length ? text : text.slice(0, length);
}

function isStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The first index from `index` on that is not inside a character, nor before a combining mark. */
function findEndOfCharacter(text: string, index: number): number {
  while (index < text.length && /^(?:[\uDC00-\uDFFF\p{M}]|\u200D)/u.test(text.slice(index, index + 2))) index += 1;
  return Math.min(index, text.length);
}
