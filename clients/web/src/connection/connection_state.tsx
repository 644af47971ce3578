import type { Client, ConnectionState } from "@natter/client";
import { useEffect, useState } from "react";

/** Shorter trouble is not worth a word. */
const UNNOTICED_MS = 700;

/** Whether there is a connection, as the client says. */
export function useConnectionState(client: Client): ConnectionState {
  const [state, setState] = useState(client.state);
  useEffect(() => {
    setState(client.state);
    return client.onState(setState);
  }, [client]);
  return state;
}

/** Says quietly that there is no connection, as long as there is none. */
export function ConnectionNote({ state }: { state: ConnectionState }) {
  const sentence = sentenceOn(state);
  const [shown, setShown] = useState<string>();

  useEffect(() => {
    if (!sentence) return setShown(undefined);
    const timer = setTimeout(() => setShown(sentence), UNNOTICED_MS);
    return () => clearTimeout(timer);
  }, [sentence]);

  return (
    <p className="connection" role="status">
      {shown && (
        <>
          <i aria-hidden="true" />
          {shown}
        </>
      )}
    </p>
  );
}

function sentenceOn({ status, reason }: ConnectionState): string | undefined {
  if (status === "offline") return "You are offline";
  if (status !== "reconnecting") return undefined;
  if (reason === "refused" || reason === "token") return "The server does not let you in; trying again …";
  return "Reconnecting …";
}
