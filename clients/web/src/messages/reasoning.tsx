import { useState } from "react";
import { Icon } from "../icons";
import { Markdown } from "../markdown/markdown";
import { useRevealedText } from "../markdown/revealed-text";
import { STRINGS } from "../strings";
import { useWatchedSeconds } from "./watched-seconds";

/** The model's reasoning, collapsed until the user opens it. */
export function Reasoning({ text, growing }: { text: string; growing: boolean }) {
  const seconds = useWatchedSeconds(growing);
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
