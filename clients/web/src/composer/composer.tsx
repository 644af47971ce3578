import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { isTouch } from "../focus";
import { Icon } from "../icons";
import { STRINGS } from "../strings";
import { readDropped, useDrop } from "./dropped-files";
import { checkLength, type Limits } from "./size";

type Props = {
  text: string;
  onText: (text: string) => void;
  busy: boolean;
  limits: Limits;
  onSend: (text: string) => void;
  onStop: () => void;
  onEditLast: () => void;
  /** What else can be chosen for the message. */
  children?: ReactNode;
};

/**
 * Where messages are written. Enter sends, and Shift+Enter makes a new line; on a keyboard of glass, which has no Shift to hold, Enter makes a
 * new line. While a reply runs, the button stops it.
 */
export function Composer({ text, onText, busy, limits, onSend, onStop, onEditLast, children }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [complaint, setComplaint] = useState<string>();
  const over = useDrop((files) => void take(files));
  const noteId = useId();
  const length = checkLength(text, limits);
  const note = length ?? complaint;
  const empty = text.trim() === "";

  // Where it would open a keyboard over the conversation, the field waits until it is touched.
  useEffect(() => {
    if (!isTouch()) field.current?.focus({ preventScroll: true });
  }, []);
  useGrowth(field, text);

  const send = () => {
    if (busy || empty || length) return;
    onSend(text);
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
    if (isTouch() && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };

  const take = async (files: File[]) => {
    const dropped = await readDropped(files, limits);
    setComplaint(dropped.complaint);
    // Somebody may have gone on writing while the files were read.
    const written = field.current?.value ?? text;
    if (dropped.text) onText(written ? `${written}\n\n${dropped.text}` : dropped.text);
    field.current?.focus();
  };

  const onPaste = (event: ClipboardEvent) => {
    const { files, types } = event.clipboardData;
    // Cells of a spreadsheet come as text and as a picture of it: the text is meant.
    if (files.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    void take([...files]);
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
        placeholder={STRINGS.composer.placeholder}
        aria-label={STRINGS.composer.name}
        aria-describedby={note ? noteId : undefined}
        aria-invalid={length !== undefined}
        enterKeyHint={isTouch() ? "enter" : "send"}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="below">
        <div className="choices">{children}</div>
        {/* Two buttons, by their keys: one that became the other in mid-click would send what is being written. */}
        {busy ? (
          <button
            key="stop"
            type="button"
            className="round"
            aria-label={STRINGS.composer.stop}
            title={STRINGS.composer.stopByKey}
            onClick={onStop}
          >
            <svg viewBox="0 0 16 16" aria-hidden="true" className="icon">
              <rect className="filled" x="4" y="4" width="8" height="8" rx="1.5" />
            </svg>
          </button>
        ) : (
          <button
            key="send"
            type="submit"
            className="round"
            aria-label={STRINGS.send}
            title={STRINGS.composer.send}
            disabled={empty || length !== undefined}
          >
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
