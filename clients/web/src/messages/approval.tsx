import { useEffect, useId, useRef, useState } from "react";
import { focusIfLost, isTouch } from "../focus";
import { STRINGS } from "../strings";
import { Arguments } from "./arguments";
import { Ask } from "./ask";
import type { Call } from "./calls";

type Props = { call: Call; onAllow: (isForever: boolean) => void; onDecline: (reason: string) => void };

/** Asks whether a call may be executed. What it would do is in sight. */
export function Approval({ call, onAllow, onDecline }: Props) {
  const [declining, setDeclining] = useState(false);
  const id = useId();
  const back = () => {
    setDeclining(false);
    focusIfLost(`#${CSS.escape(id)}`);
  };
  return (
    <Ask call={call} icon="tool">
      <Arguments input={call.input} />
      {declining ? (
        <Declining onDecline={onDecline} onBack={back} />
      ) : (
        <div className="buttons">
          <button type="button" className="filled" onClick={() => onAllow(false)}>
            {STRINGS.asks.yes}
          </button>
          <button type="button" className="quiet" id={id} onClick={() => setDeclining(true)}>
            {STRINGS.asks.no}
          </button>
          <button type="button" className="quiet" onClick={() => onAllow(true)}>
            {STRINGS.asks.always}
          </button>
        </div>
      )}
    </Ask>
  );
}

/** Asks why not, since the model makes use of that. */
function Declining({ onDecline, onBack }: { onDecline: (reason: string) => void; onBack: () => void }) {
  const [reason, setReason] = useState("");
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!isTouch()) field.current?.focus();
  }, []);

  return (
    <form
      className="reason"
      onSubmit={(event) => {
        event.preventDefault();
        onDecline(reason.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
        event.stopPropagation();
        onBack();
      }}
    >
      <input
        ref={field}
        dir="auto"
        value={reason}
        maxLength={1000}
        aria-label={STRINGS.asks.reason}
        placeholder={STRINGS.asks.reason}
        autoComplete="off"
        onChange={(event) => setReason(event.target.value)}
      />
      <button type="submit" className="quiet">
        {STRINGS.asks.no}
      </button>
      <button type="button" className="quiet" onClick={onBack}>
        {STRINGS.cancel}
      </button>
    </form>
  );
}
