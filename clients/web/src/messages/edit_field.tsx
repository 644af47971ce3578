import { useEffect, useRef, useState } from "react";

type Props = { text: string; onSend: (text: string) => void; onCancel: () => void };

/** A message of the person, being changed. What was said before stays: the changed message begins a branch beside it. */
export function EditField({ text, onSend, onCancel }: Props) {
  const [edited, setEdited] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  const wanted = edited.trim();

  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);

  const send = () => {
    if (!wanted) return;
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
        aria-label="Edit your message"
        onChange={(event) => setEdited(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Escape") {
            event.stopPropagation();
            onCancel();
          }
          if (event.key !== "Enter" || event.shiftKey) return;
          event.preventDefault();
          send();
        }}
      />
      <div className="buttons">
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="filled" disabled={!wanted}>
          Send
        </button>
      </div>
    </form>
  );
}
