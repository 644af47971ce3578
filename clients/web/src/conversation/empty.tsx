type Props = { phase: "new" | "gone" | "loading"; onNew: () => void };

/** What a conversation without messages on screen says. */
export function Empty({ phase, onNew }: Props) {
  if (phase === "loading") {
    return (
      <div className="skeleton" role="status">
        <span className="unseen">Loading the conversation …</span>
        <i />
        <i />
        <i />
      </div>
    );
  }
  if (phase === "gone") {
    return (
      <div className="empty">
        <h2>This conversation is gone</h2>
        <p>It was deleted, here or on another device. What you were writing is still in the field below.</p>
        <button type="button" className="quiet" onClick={onNew}>
          New conversation
        </button>
      </div>
    );
  }
  return (
    <div className="empty greeting">
      <h2>What is on your mind?</h2>
      <p>Write a message below. The reply appears as it is written, and you can stop it at any time.</p>
    </div>
  );
}
