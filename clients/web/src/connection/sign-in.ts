// Sign-in at the login page of a Cognito user pool: OAuth 2.0's authorization code flow for a page, which can keep no secret. Tokens are kept
// for this tab alone; another one is signed in without a question while the login page still knows the user.
import { forgetAll, remember, recall } from "../browser-storage";
import { STRINGS } from "../strings";
import { createChallenge, createRandomText } from "./pkce";

/** The login page, and this page's client id in the pool. */
export type SignIn = { loginUrl: string; clientId: string };

type Tokens = { idToken: string; refreshToken: string; expiresAt: number };
type Attempt = { state: string; verifier: string; hash: string };

const TOKENS = "tokens";
const ATTEMPT = "sign-in";
/** A token that expires sooner is refreshed before connecting. */
const MIN_LIFETIME_MS = 60_000;

/** Signs the user in before the page is shown: ends an attempt that the login page has answered, or begins one and leaves the page. */
export async function ensureSignedIn(signIn: SignIn): Promise<void> {
  const answer = new URLSearchParams(location.search);
  if (answer.has("state")) await finishAttempt(signIn, answer);
  else if (!readTokens()) await beginAttempt(signIn);
}

/** An ID token of the signed-in user. Leaves the page for the login page when there is none to be had without. */
export async function getIdToken(signIn: SignIn, signal: AbortSignal): Promise<string> {
  const tokens = readTokens();
  if (tokens && tokens.expiresAt - Date.now() > MIN_LIFETIME_MS) return tokens.idToken;
  return (tokens && (await refresh(signIn, tokens, signal))) ?? beginAttempt(signIn);
}

/** Forgets the user here, drafts included, and at the login page, which comes back here. */
export function signOut(signIn: SignIn): void {
  forgetAll();
  location.assign(buildUrl(signIn, "/logout", { logout_uri: getPageUrl() }));
}

async function beginAttempt(signIn: SignIn): Promise<never> {
  const attempt: Attempt = { state: createRandomText(), verifier: createRandomText(), hash: location.hash };
  remember(ATTEMPT, JSON.stringify(attempt), "this tab");
  location.assign(
    buildUrl(signIn, "/oauth2/authorize", {
      response_type: "code",
      redirect_uri: getPageUrl(),
      scope: "openid email",
      state: attempt.state,
      code_challenge: await createChallenge(attempt.verifier),
      code_challenge_method: "S256",
    }),
  );
  // The page is being left: nothing that waits for a token should go on.
  return new Promise(() => {});
}

async function finishAttempt(signIn: SignIn, answer: URLSearchParams): Promise<void> {
  const attempt = readAttempt();
  remember(ATTEMPT, "", "this tab");
  // The code is good once: a reload must not send it again.
  history.replaceState(null, "", getPageUrl() + (attempt?.hash ?? ""));
  const code = answer.get("code");
  // A forged response would sign the user in as somebody else.
  if (!attempt || attempt.state !== answer.get("state") || !code) throw new Error(STRINGS.signIn.failed);
  const { verifier } = attempt;
  const tokens = await fetchTokens(signIn, { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: getPageUrl() });
  if (!tokens) throw new Error(STRINGS.signIn.failed);
}

/** Another ID token; nothing, when the user has to sign in again. */
async function refresh(signIn: SignIn, { refreshToken }: Tokens, signal: AbortSignal): Promise<string | undefined> {
  const tokens = await fetchTokens(signIn, { grant_type: "refresh_token", refresh_token: refreshToken }, refreshToken, signal);
  return tokens?.idToken;
}

async function fetchTokens(
  signIn: SignIn,
  request: Record<string, string>,
  refreshToken = "",
  signal?: AbortSignal,
): Promise<Tokens | undefined> {
  const body = new URLSearchParams({ ...request, client_id: signIn.clientId });
  const response = await fetch(`${signIn.loginUrl}/oauth2/token`, { method: "POST", body, cache: "no-store", signal });
  if (response.status === 400) {
    remember(TOKENS, "", "this tab");
    return undefined;
  }
  if (!response.ok) throw new Error(STRINGS.signIn.noToken(response.status));
  const answer = (await response.json()) as { id_token: string; refresh_token?: string; expires_in: number };
  const tokens: Tokens = {
    idToken: answer.id_token,
    // One that stays good is not sent again.
    refreshToken: answer.refresh_token ?? refreshToken,
    expiresAt: Date.now() + answer.expires_in * 1000,
  };
  remember(TOKENS, JSON.stringify(tokens), "this tab");
  return tokens;
}

function buildUrl(signIn: SignIn, path: string, parameters: Record<string, string>): string {
  return `${signIn.loginUrl}${path}?${new URLSearchParams({ client_id: signIn.clientId, ...parameters })}`;
}

/** The page without what stands behind it: one of the addresses to which the login page comes back. */
const getPageUrl = () => new URL("./", location.href).href;

const readTokens = () => readJson<Tokens>(TOKENS);
const readAttempt = () => readJson<Attempt>(ATTEMPT);

function readJson<T>(key: string): T | undefined {
  const kept = recall(key, "this tab");
  return kept ? (JSON.parse(kept) as T) : undefined;
}
