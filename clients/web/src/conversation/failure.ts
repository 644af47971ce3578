/** A failure as the page treats it. */
export type Failure = { code: string; sentence: string; retryAfterMs?: number };

/** What cannot have been stored: the message goes back to where it was written. */
const REFUSED = new Set([
  "invalid_frame",
  "unauthorized",
  "not_found",
  "conversation_busy",
  "message_too_large",
  "rate_limited",
  "quota_exceeded",
]);

/** Whether the server did not take the message at all. */
export function isRefused(failure: Failure): boolean {
  return REFUSED.has(failure.code);
}

/** `error` as the page treats it. What has no code is a connection's trouble. */
export function failureOf(error: unknown): Failure {
  const { code, message, retryAfterMs } = error as { code?: unknown; message?: string; retryAfterMs?: number };
  if (typeof code !== "string") return { code: "unreachable", sentence: SENTENCES.unreachable };
  const sentence = code in SENTENCES ? SENTENCES[code as keyof typeof SENTENCES] : message || "Something went wrong.";
  return { code, sentence, retryAfterMs };
}

// Where the page knows more of the person's situation than the server or the client does.
const SENTENCES = {
  unreachable: "The server cannot be reached. What it has received is kept.",
  timed_out: "The server did not answer in time. What it has received is kept.",
  unauthorized: "You are signed out, or may not do this. Sign in again and reload the page.",
  not_found: "This conversation does not exist any more. It may have been deleted elsewhere.",
};
