import { useEffect, useState } from "react";
import { STRINGS } from "../strings";
import type { Failure } from "./failure";

type Props = { failure: Failure; onTryAgain: () => void; onNew: () => void; onDismiss: () => void };

/** What went wrong, in plain words, and the one thing that helps. */
export function Problem({ failure, onTryAgain, onNew, onDismiss }: Props) {
  const seconds = useCountdown(failure.retryAt);
  const ways: Record<Way, { name: string; act: () => void }> = {
    again: { name: seconds > 0 ? STRINGS.tryAgainIn(seconds) : STRINGS.tryAgain, act: onTryAgain },
    new: { name: STRINGS.newConversation, act: onNew },
    reload: { name: STRINGS.reload, act: () => location.reload() },
    change: { name: STRINGS.understood, act: onDismiss },
  };
  const way = chooseWay(failure);
  return (
    <div className="problem" role="alert">
      <p>{failure.sentence}</p>
      <button type="button" className="quiet" disabled={way === "again" && seconds > 0} onClick={ways[way].act}>
        {ways[way].name}
      </button>
    </div>
  );
}

type Way = "again" | "new" | "reload" | "change";

/** What helps, by the code of the error; to try again, for all others. With `change` the message is back in the field. */
const WAYS: Record<string, Way> = {
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

// What will go another time needs no change but patience.
function chooseWay({ code, retryAt }: Failure): Way {
  const way = WAYS[code] ?? "again";
  return way === "change" && retryAt ? "again" : way;
}

/** The seconds until `time`, counted down. */
function useCountdown(time: number | undefined): number {
  const secondsLeft = () => Math.max(0, Math.ceil(((time ?? 0) - Date.now()) / 1000));
  const [left, setLeft] = useState(secondsLeft);
  useEffect(() => {
    setLeft(secondsLeft());
    const timer = setInterval(() => setLeft(secondsLeft()), 1000);
    return () => clearInterval(timer);
  }, [time]);
  return left;
}
