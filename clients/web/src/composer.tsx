import { useEffect, useRef, useState, type KeyboardEvent } from "react";

type Props = { busy: boolean; onSend: (text: string) => void; onStop: () => void };

/** Where messages are written. Enter sends, Shift+Enter makes a new line; while a reply runs, the button stops it. */
export function Composer({ busy, onSend, onStop }: Props) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";

  useEffect(() => field.current?.focus(), []);

  const send = () => {
    if (busy || empty) return;
    onSend(text.trim());
    setText("");
  };

  const sendOnEnter = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        placeholder="Write a message"
        aria-label="Message"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={sendOnEnter}
      />
      {busy ? (
        <button type="button" className="round" aria-label="Stop the reply" title="Stop (Esc)" onClick={onStop}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect className="filled" x="4" y="4" width="8" height="8" rx="1.5" />
          </svg>
        </button>
      ) : (
        <button type="submit" className="round" aria-label="Send" title="Send (Enter)" disabled={empty}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 13V3.5M3.5 8 8 3.5 12.5 8" />
          </svg>
        </button>
      )}
    </form>
  );
}
