import { NatterError } from "@natter/client";
import { STRINGS } from "../strings";
import { getIdToken, type SignIn } from "./sign-in";

/** Where this page finds its server: `config.json` beside it, which a deployment writes. */
export type Config = {
  /** The WebSocket API, absolute or relative to the page's host. */
  socketUrl: string;
  /** Returns `{"token": "…"}` for the user, identified by a cookie or, with `chooseUser`, by `?user=`. */
  tokenUrl?: string;
  /** Where the user signs in, in place of `tokenUrl`. */
  signIn?: SignIn;
  /** Whether the user may choose any name: for the local stack only. */
  chooseUser?: boolean;
};

/** Reads it. */
export async function readConfig(): Promise<Config> {
  const response = await fetch("./config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(STRINGS.config.unreadable(response.status));
  return (await response.json()) as Config;
}

/** A fresh token for `user`: tokens live shortly, so one is asked for at each connect. Fails with `unauthorized` where the server refuses it. */
export async function fetchToken(config: Config, user: string, signal: AbortSignal): Promise<string> {
  if (config.signIn) return getIdToken(config.signIn, signal);
  if (!config.tokenUrl) throw new Error(STRINGS.config.withoutToken);
  const url = new URL(config.tokenUrl, location.href);
  if (config.chooseUser) url.searchParams.set("user", user);
  const response = await fetch(url, { credentials: "include", cache: "no-store", signal });
  if (response.status === 401 || response.status === 403) throw new NatterError("unauthorized", STRINGS.connection.refused);
  if (!response.ok) throw new Error(STRINGS.connection.noToken(response.status));
  const { token } = (await response.json()) as { token: string };
  return token;
}
