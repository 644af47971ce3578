// Replies that call tools, as a server streams and stores them.

/** The id of the call with this `number` of the reply `m1`. */
export const callId = (number) => `m1-${number}`;

/** A part of a stored message: the call with this `number`. */
export const toolPart = (toolName, number, fields) => ({ type: `tool-${toolName}`, toolCallId: callId(number), input: {}, ...fields });

/** The chunks of one step, which calls `tools`: each its name, and whether the server executes it without asking. */
export const stepOf = (...tools) => [
  { type: "start-step" },
  ...tools.flatMap(([toolName, providerExecuted], index) => [
    { type: "tool-input-start", toolCallId: callId(index + 1), toolName },
    { type: "tool-input-available", toolCallId: callId(index + 1), toolName, input: {}, ...(providerExecuted && { providerExecuted }) },
  ]),
  { type: "finish-step" },
];

/** The chunks of a step that says `text`. */
export const sayStep = (text) => [
  { type: "start-step" },
  { type: "text-start", id: "17" },
  { type: "text-delta", id: "17", delta: text },
  { type: "text-end", id: "17" },
  { type: "finish-step" },
];

export const START = { type: "start", messageId: "m1" };

export const finish = (finishReason = "stop") => ({ type: "finish", finishReason, messageMetadata: { model: "demo" } });

export const approvalRequest = (number) => ({ type: "tool-approval-request", approvalId: callId(number), toolCallId: callId(number) });

export const approvalResponse = (number, approved = true) => ({
  type: "tool-approval-response",
  approvalId: callId(number),
  approved,
  providerExecuted: true,
});

export const output = (number, output = "done") => ({ type: "tool-output-available", toolCallId: callId(number), output });

/** A reply that asks before it calls `pay`, and has the client `show` something. */
export const ASKING = [START, ...stepOf(["pay"], ["show"]), approvalRequest(1), finish("tool-calls")];

/** What follows its answers. */
export const ANSWERED = [approvalResponse(1), output(2, { shown: true }), output(1, "paid"), ...sayStep("Done."), finish()];
