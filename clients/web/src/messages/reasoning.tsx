import { useEffect, useRef, useState } from "react";
import { Icon } from "../icons";
import { Markdown } from "../markdown/markdown";
import { useRevealedText } from "../markdown/revealed-text";
import { STRINGS } from "../strings";

/** The model's reasoning, collapsed until the user opens it. */
export function Reasoning({ text, growing }: { text: string; growing: boolean }) {
  const seconds = useSeconds(growing);
  const [open, setOpen] = useState(false);
  const shown = useRevealedText(text, growing);
  return (
    <details className="panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={growing ? "at-work" : undefined}>
        <Icon name="thought" />
        {growing ? STRINGS.message.thinking : seconds ? STRINGS.message.thoughtFor(seconds) : STRINGS.message.thoughts}
      </summary>
      {open && <Markdown text={shown} growing={growing || shown.length < text.length} />}
    </details>
  );
}

/** How long it was watched growing; nothing of what was there before. */
function useSeconds(growing: boolean): number | undefined {
  const begin = useRef<number>(undefined);
  const [seconds, setSeconds] = useState<number>();
  useEffect(() => {
    if (growing) begin.current ??= performance.now();
    else if (begin.current !== undefined) setSeconds(Math.max(1, Math.round((performance.now() - begin.current) / 1000)));
  }, [growing]);
  return seconds;
}
