import { useEffect, useState } from "react";
import type { Failure } from "./failure";

type Props = { failure: Failure; onTryAgain: () => void; onNew: () => void; onDismiss: () => void };

/** What went wrong, in plain words, and the one thing that helps. */
export function Problem({ failure, onTryAgain, onNew, onDismiss }: Props) {
  const seconds = useCountdown(failure);
  const way = WAYS[failure.code] ?? "again";
  return (
    <div className="problem" role="alert">
      <p>{failure.sentence}</p>
      {way === "again" && (
        <button type="button" className="quiet" disabled={seconds > 0} onClick={onTryAgain}>
          {seconds > 0 ? `Try again in ${seconds} s` : "Try again"}
        </button>
      )}
      {way === "new" && (
        <button type="button" className="quiet" onClick={onNew}>
          New conversation
        </button>
      )}
      {way === "reload" && (
        <button type="button" className="quiet" onClick={() => location.reload()}>
          Reload
        </button>
      )}
      {way === "change" && (
        <button type="button" className="quiet" onClick={onDismiss}>
          Understood
        </button>
      )}
    </div>
  );
}

/** What helps, by the code of the error; to try again, for all others. With `change` the message is back in the field. */
const WAYS: Record<string, "again" | "new" | "reload" | "change"> = {
  unauthorized: "reload",
  not_found: "new",
  context_too_long: "new",
  invalid_frame: "change",
  message_too_large: "change",
  conversation_busy: "change",
  rate_limited: "change",
  quota_exceeded: "change",
  content_filtered: "change",
  misconfigured: "change",
};

function useCountdown({ retryAfterMs }: Failure): number {
  const [left, setLeft] = useState(Math.ceil((retryAfterMs ?? 0) / 1000));
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return left;
}
