import { NatterError, type Client, type ConnectionState } from "@natter/client";
import { useEffect, useState } from "react";
import { STRINGS } from "../strings";

/** Shorter outages are not shown, … */
const SHOW_DELAY_MS = 700;
/** … and the first connection takes longer. */
const FIRST_SHOW_DELAY_MS = 2500;

/** Whether there is a connection, as the client says. */
export function useConnectionState(client: Client): ConnectionState {
  const [state, setState] = useState(client.state);
  useEffect(() => {
    setState(client.state);
    return client.onState(setState);
  }, [client]);
  return state;
}

/** Shows a note while there is no connection. */
export function ConnectionNote({ state }: { state: ConnectionState }) {
  const sentence = describeState(state);
  const [shown, setShown] = useState<string>();

  useEffect(() => {
    if (!sentence) return setShown(undefined);
    const timer = setTimeout(() => setShown(sentence), state.status === "connecting" ? FIRST_SHOW_DELAY_MS : SHOW_DELAY_MS);
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

function describeState({ status, reason, cause }: ConnectionState): string | undefined {
  const { connection } = STRINGS;
  if (status === "offline" || status === "connecting") return connection[status];
  if (status !== "reconnecting") return undefined;
  if (reason === "token" && cause instanceof NatterError && cause.code === "unauthorized") return connection.unauthorized;
  // A browser does not say why a socket was not opened: the server may be away, the network, or the token refused.
  if (reason === "refused" || reason === "token") return connection.unreachable;
  return connection.reconnecting;
}
