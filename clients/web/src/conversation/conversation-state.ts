import type { Answer } from "@natter/client";
import type { Failure } from "./failure";

/** What is known of an open conversation beside its messages. */
export type ConversationState = {
  /** `new` has nothing on the server yet; `gone` was deleted; `unknown` does not exist, and may never have. */
  phase: "new" | "loading" | "ready" | "gone" | "unknown" | "unloaded";
  /** Where earlier messages go on, when there are any. */
  olderCursor?: string;
  loadingOlder: boolean;
  /** A reply is asked for or followed, from before its message is on screen until its end is known. */
  running: boolean;
  /** The user stopped the newest reply. */
  stopped: boolean;
  /** The user's answers to a reply that is still being written: they are given when it waits. */
  kept: readonly Answer[];
  failure?: Failure;
  /** A message that the server did not take, on its way back to the field where it was written. */
  returned?: string;
  /** The message beside the one that is shown, of two that were sent at once from different tabs or devices. */
  elsewhere?: string;
};
