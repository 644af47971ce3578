import { useEffect, useId, useLayoutEffect, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { Icon } from "../icons";
import { readDropped, useDrop } from "./dropped_files";
import { tooLong, type Limits } from "./size";

type Props = {
  text: string;
  onText: (text: string) => void;
  busy: boolean;
  limits: Limits;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend: (text: string) => void;
  onStop: () => void;
  onEditLast: () => void;
  /** What else can be chosen for the message. */
  children?: ReactNode;
};

/** Where messages are written. Enter sends, Shift+Enter makes a new line; while a reply runs, the button stops it. */
export function Composer({ text, onText, busy, limits, field, onSend, onStop, onEditLast, children }: Props) {
  const [complaint, setComplaint] = useState<string>();
  const over = useDrop((files) => void take(files));
  const noteId = useId();
  const length = tooLong(text, limits);
  const note = length ?? complaint;
  const empty = text.trim() === "";

  useEffect(() => field.current?.focus({ preventScroll: true }), [field]);
  useGrowth(field, text);

  const send = () => {
    if (busy || empty || length) return;
    onSend(text.trim());
    setComplaint(undefined);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter and the arrows belong to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowUp" && text === "") {
      event.preventDefault();
      onEditLast();
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  };

  const take = async (files: File[]) => {
    const dropped = await readDropped(files);
    setComplaint(dropped.complaint);
    if (dropped.text) onText(text ? `${text}\n\n${dropped.text}` : dropped.text);
    field.current?.focus();
  };

  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    void take([...event.clipboardData.files]);
  };

  return (
    <form
      className={over ? "composer over" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {note && (
        <p className="note" id={noteId} role="status">
          {note}
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        placeholder="Write a message"
        aria-label="Message"
        aria-describedby={note ? noteId : undefined}
        aria-invalid={length !== undefined}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="below">
        <div className="choices">{children}</div>
        {/* Two buttons, by their keys: one that became the other in mid-click would send what is being written. */}
        {busy ? (
          <button key="stop" type="button" className="round" aria-label="Stop the reply" title="Stop (Esc)" onClick={onStop}>
            <svg viewBox="0 0 16 16" aria-hidden="true" className="icon">
              <rect className="filled" x="4" y="4" width="8" height="8" rx="1.5" />
            </svg>
          </button>
        ) : (
          <button key="send" type="submit" className="round" aria-label="Send" title="Send (Enter)" disabled={empty || length !== undefined}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

/** Lets the field grow with its text, up to the height that the style sheet allows. Where the browser can, the style sheet does it alone. */
function useGrowth(field: RefObject<HTMLTextAreaElement | null>, text: string) {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}
