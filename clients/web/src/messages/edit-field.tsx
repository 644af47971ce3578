import { useEffect, useId, useRef, useState } from "react";
import { checkLength, type Limits } from "../composer/size";
import { isTouch } from "../focus";
import { STRINGS } from "../strings";

type Props = { text: string; limits: Limits; onSend: (text: string) => void; onCancel: () => void };

/** A message of the user, being changed. What was said before stays: the changed message begins a branch beside it. */
export function EditField({ text, limits, onSend, onCancel }: Props) {
  const [edited, setEdited] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  const noteId = useId();
  const wanted = edited.trim();
  const length = checkLength(edited, limits);

  useEffect(() => {
    const { current } = field;
    if (!current) return;
    current.setSelectionRange(text.length, text.length);
    // By itself the browser would bring the caret to the middle, and what stands above it under the header.
    current.focus({ preventScroll: true });
    current.scrollTop = current.scrollHeight;
    current.form?.scrollIntoView({ block: "nearest" });
  }, [text]);

  const send = () => {
    if (!wanted || length) return;
    if (wanted === text.trim()) onCancel();
    else onSend(wanted);
  };

  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        dir="auto"
        rows={2}
        value={edited}
        aria-label={STRINGS.message.editing}
        aria-describedby={length ? noteId : undefined}
        aria-invalid={length !== undefined}
        onChange={(event) => setEdited(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Escape") {
            event.stopPropagation();
            onCancel();
          }
          if (event.key !== "Enter" || event.shiftKey || isTouch()) return;
          event.preventDefault();
          send();
        }}
      />
      {length && (
        <p className="note" id={noteId} role="status">
          {length}
        </p>
      )}
      <div className="buttons">
        <button type="button" className="quiet" onClick={onCancel}>
          {STRINGS.cancel}
        </button>
        <button type="submit" className="filled" disabled={!wanted || length !== undefined}>
          {STRINGS.send}
        </button>
      </div>
    </form>
  );
}
