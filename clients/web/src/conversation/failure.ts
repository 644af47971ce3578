import { STRINGS } from "../strings";

/** A failure as the page treats it. */
export type Failure = {
  code: string;
  sentence: string;
  /** When to retry, in milliseconds since 1970. */
  retryAt?: number;
};

/** Errors after which the message cannot have been stored: it goes back to the message field. */
const REFUSED = new Set([
  "invalid_frame",
  "unauthorized",
  "not_found",
  "conversation_busy",
  "message_too_large",
  "rate_limited",
  "quota_exceeded",
]);

/** Whether the server rejected the message. */
export function isRefused(failure: Failure): boolean {
  return REFUSED.has(failure.code);
}

/** Converts `error`. One without a code is a connection failure. */
export function toFailure(error: unknown): Failure {
  const { code, message, retryAfterMs } = error as { code?: unknown; message?: string; retryAfterMs?: number };
  if (typeof code !== "string") return { code: "unreachable", sentence: STRINGS.failures.unreachable };
  // Where the page knows more of the user's situation than the server or the client does.
  const known = Object.hasOwn(STRINGS.failures, code) ? STRINGS.failures[code as keyof typeof STRINGS.failures] : undefined;
  return {
    code,
    sentence: known ?? (message || STRINGS.somethingWentWrong),
    ...(retryAfterMs && { retryAt: Date.now() + retryAfterMs }),
  };
}
