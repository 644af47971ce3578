import { STRINGS } from "../strings";

type Props = {
  phase: "new" | "gone" | "unknown" | "loading";
  /** Whether something is in the field to write in. */
  hasDraft: boolean;
  onNew: () => void;
  /** Begins a message with these words. */
  onStart: (text: string) => void;
};

/** What a conversation without messages on screen says. */
export function Empty({ phase, hasDraft, onNew, onStart }: Props) {
  if (phase === "loading") {
    return (
      <div className="skeleton" role="status">
        <span className="unseen">{STRINGS.conversation.loading}</span>
        <i />
        <i />
        <i />
      </div>
    );
  }
  if (phase === "gone" || phase === "unknown") {
    const { heading, text } = STRINGS.conversation.absent[phase];
    return (
      <div className="empty">
        <h2>{heading}</h2>
        <p>
          {text} {hasDraft && STRINGS.conversation.draftIsKept}
        </p>
        <button type="button" className="quiet" onClick={onNew}>
          {STRINGS.newConversation}
        </button>
      </div>
    );
  }
  return (
    <div className="empty greeting">
      <h2>{STRINGS.greeting.heading}</h2>
      <p>{STRINGS.greeting.text}</p>
      {!hasDraft && (
        <div className="starters">
          {STRINGS.greeting.starters.map(({ name, text }) => (
            <button type="button" className="quiet" key={name} onClick={() => onStart(text)}>
              {name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
