const named = ({ id, role }) => ({ id, role, parts: [] });
const answered = ({ id, role, parts }) => ({
  id,
  role,
  parts: parts.filter(({ toolCallId, providerExecuted }) => toolCallId && !providerExecuted).map(({ input, ...part }) => part),
});

/** What README has a page send: the new message, and the names of some that stand before it; of a reply, the calls that were answered. */
export const namesBefore = ({ messages }) => {
  const last = messages.at(-1);
  return { messages: [...messages.slice(-8, -1).map(named), last.role === "assistant" ? answered(last) : last] };
};
