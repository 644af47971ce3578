export { createClient, newId, type Client, type ClientOptions, type SendOptions } from "./client.js";
export type { Environment } from "./environment.js";
export { NatterError, type ClientErrorCode } from "./error.js";
export type { BranchOptions, CallOptions, Conversations, OpeningOptions, PageOptions } from "./operations.js";
export type * from "./protocol.js";
export type { AddressPart, Resolvable, WebSocketConstructor, WebSocketLike } from "./socket.js";
export type { ConnectionState, Reason } from "./state.js";
export type { Timing } from "./timing.js";
export type { RequestOptions, Turn, TurnOptions } from "./turn.js";
