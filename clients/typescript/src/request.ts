import type { NatterError } from "./error.js";
import type { ServerFrame } from "./protocol.js";

/** A pending request. It is repeated on another connection when one was lost. */
export interface Request {
  /** Its `requestId`, which changes each time it is sent. */
  id?: string;
  /** Returns the frame to send, without its `requestId`. */
  ask(): object;
  /** Handles a frame that answers. */
  answer(frame: ServerFrame): void;
  /** Whether any frame has answered since it was last sent: the server has it then. */
  isAcknowledged?: boolean;
  /** Ends it without an answer. */
  fail(error: NatterError): void;
}
