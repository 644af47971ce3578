/** Turns with tools: their steps, the calls of each, and what they waited for, as their frames say it in the AI SDK's chunks. */

import { parsed } from "./words.js";

/** The chunk that begins each kind of part has the id by which the part is known. */
const PART_STARTS = ["text-start", "reasoning-start", "tool-input-start", "tool-input-available"];

/** In which field of a call each of its chunks is kept. */
const CALL_FIELDS = {
  "tool-input-start": "begun",
  "tool-input-available": "called",
  "tool-approval-request": "asked",
  "tool-approval-response": "answered",
  "tool-output-available": "ended",
  "tool-output-error": "ended",
  "tool-output-denied": "ended",
};

/**
 * The turns with steps that these frames belong to. A turn goes on in another stream after a wait, and a stream that resumes it repeats
 * what there was: so its streams are known by the message's id, a step by the id of its first part, and of each chunk the first counts.
 */
export function turnsOf(journal, frames) {
  const streams = new Map();
  const turns = new Map();
  for (const frame of journal.entries) {
    const { key, chunk } = read(frame);
    if (chunk?.type === "start") streams.set(key, { turn: turnWith(turns, chunk.messageId) });
    else if (chunk && streams.has(key)) take(streams.get(key), frame, chunk);
  }
  const found = frames.map((frame) => streams.get(read(frame).key)?.turn).filter((turn) => turn?.steps.length);
  return [...new Set(found)];
}

/** The frames between which a call was executed: one that needs approval is so once it has it. */
export function executionOf({ called, asked, answered, ended }) {
  const from = asked ? answered : called;
  return ended?.chunk.type === "tool-output-denied" ? [] : [from?.frame, ended?.frame];
}

function turnWith(turns, id) {
  if (!turns.has(id)) turns.set(id, { steps: [], parts: new Map(), calls: new Map() });
  return turns.get(id);
}

function take(stream, frame, chunk) {
  const { turn } = stream;
  const id = chunk.toolCallId ?? chunk.approvalId ?? chunk.id;
  if (chunk.type === "start-step") stream.started = frame;
  if (PART_STARTS.includes(chunk.type) && stream.started) {
    stream.step = turn.parts.get(id) ?? addStep(turn, id, stream.started);
    stream.started = undefined;
  }
  if (chunk.type === "finish-step" && stream.step) stream.step.ended ??= frame;
  const field = CALL_FIELDS[chunk.type];
  if (!field) return;
  if (!turn.calls.has(id)) turn.calls.set(id, addCall(stream.step, chunk.toolName));
  turn.calls.get(id)[field] ??= { frame, chunk };
}

function addStep(turn, part, started) {
  const step = { started, ended: undefined, calls: [] };
  turn.parts.set(part, step);
  turn.steps.push(step);
  return step;
}

function addCall(step, tool) {
  const call = { tool: tool ?? "a tool" };
  step?.calls.push(call);
  return call;
}

/** Of a frame, by which it is known of which stream it is, and its chunk. */
function read({ kind, connection, body }) {
  if (kind !== "frameOut" && kind !== "frameIn") return {};
  const { requestId, chunk } = parsed(body) ?? beginning(body.text);
  return { key: `${connection} ${requestId}`, chunk };
}

/** The same of a frame of which only the beginning is known: what is long stands at its end. */
function beginning(text) {
  const field = (name) => new RegExp(`"${name}":"([^"]*)"`).exec(text)?.[1];
  const type = /"chunk":\{"type":"([^"]*)"/.exec(text)?.[1];
  const chunk = type && { type, toolCallId: field("toolCallId"), toolName: field("toolName") };
  return { requestId: field("requestId"), chunk };
}
