import type { ErrorCode } from "./protocol.js";

/** Errors of the client. */
export type ClientErrorCode =
  /** No connection could be opened, several times in a row. `cause` is why, where that is known. */
  | "unreachable"
  /** An operation was not answered in time. */
  | "timed_out"
  /** The client was closed while this was waiting. */
  | "closed"
  /** Another attempt replaces the reply, and a reader that cannot start again has to resume it. */
  | "rewritten";

/** Additional fields of an error. */
export type ErrorExtras = {
  retryAfterMs?: number | undefined;
  details?: Record<string, unknown> | undefined;
  cause?: unknown;
};

/** A failure, with a sentence for the user and a stable `code` for the program. */
export class NatterError extends Error {
  override readonly name = "NatterError";
  /** When to retry, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  /** What a program needs to act on the error, such as a limit. */
  readonly details: Record<string, unknown> | undefined;

  constructor(
    readonly code: ErrorCode | ClientErrorCode,
    sentence: string,
    { retryAfterMs, details, cause }: ErrorExtras = {},
  ) {
    super(sentence, { cause });
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}
