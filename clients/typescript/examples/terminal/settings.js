// The program's arguments and environment variables.
import { parseArgs } from "node:util";
import { NatterError } from "@natter/client";

export const USAGE = `Chats with a Natter server.

  make chat                                          with the server of "make dev"
  node examples/terminal/main.js --url wss://… --token …

  --url URL            the socket; NATTER_URL            (ws://127.0.0.1:8787/local)
  --token TOKEN        who you are; NATTER_TOKEN         (a development token of --user)
  --user NAME          a name for development; USER      (you)
  --conversation ID    goes on with this conversation
  --help

With text from a pipe, each line is a question, and only the replies are written to the standard output.
`;

/** The settings in `args` and `environment`. Throws what is wrong with the arguments, in a sentence. */
export function readSettings(args, environment) {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: "string", default: environment.NATTER_URL || `ws://127.0.0.1:${environment.PORT || 8787}/local` },
      token: { type: "string", default: environment.NATTER_TOKEN },
      user: { type: "string", default: environment.USER || "you" },
      conversation: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return { ...values, hasColor: !environment.NO_COLOR };
}

/** Gives a token: the one that was named, or one that the local stack gives out for development. */
export const tokenSource = ({ url, token, user }) =>
  token ??
  (async (signal) => {
    const address = new URL(`/token?${new URLSearchParams({ user: encodeURIComponent(user) })}`, url.replace(/^ws/, "http"));
    const response = await fetch(address, { signal }).catch((cause) => {
      throw new NatterError("unreachable", `${address.host} cannot be reached.`, { cause });
    });
    if (!response.ok) throw new Error(`${address.host} gives no token (status ${response.status}): name one with --token.`);
    return (await response.json()).token;
  });
