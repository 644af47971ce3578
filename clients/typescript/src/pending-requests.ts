import type { NatterError } from "./error.js";
import type { ServerFrame } from "./protocol.js";
import type { Request } from "./request.js";

/** The requests that wait for an answer, each under the id with which it was last sent. */
export function createPendingRequests() {
  const requests = new Map<string, Request>();
  let idCount = 0;
  const newId = () => `${++idCount}`;
  const remove = (request: Request) => {
    if (request.id) requests.delete(request.id);
  };
  const all = () => [...requests.values()];
  return {
    newId,
    remove,
    all,
    count: () => requests.size,
    /** Adds a request under a new id. */
    add(request: Request) {
      remove(request);
      request.id = newId();
      requests.set(request.id, request);
    },
    /** Hands a frame to the request that it answers, if that is pending. */
    answer(frame: ServerFrame) {
      requests.get(frame.requestId)?.answer(frame);
    },
    /** Ends those `which` match, or all, without an answer. */
    fail(error: NatterError, which = (_: Request) => true) {
      for (const request of all().filter(which)) request.fail(error);
    },
  };
}
