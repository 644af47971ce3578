import type { NatterError } from "./error.js";
import type { ServerFrame } from "./protocol.js";

/** What waits for an answer. It is asked again on another connection when one was lost. */
export interface Request {
  /** Its name on the wire, which changes each time it is asked. */
  id?: string;
  /** The frame that asks, without its `requestId`. */
  ask(): object;
  /** Takes a frame that answers. */
  answer(frame: ServerFrame): void;
  /** Whether something has answered since it was asked last: the server knows of it then. */
  isAcknowledged?: boolean;
  /** There will be no answer. */
  fail(error: NatterError): void;
}
