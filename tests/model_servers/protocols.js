/**
 * The protocols of models: the variables with which a stack calls a server at `url`; the code of an answer that is nonsense; and of the
 * body of a request the names of the tools, and the calls with their results. Where a text and a call are items of their own, aimock
 * counts them as two turns.
 */
export const PROTOCOLS = [
  {
    name: "OpenAI's chat completions",
    variables: (url) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: "gpt-4o-mini", OPENAI_API_KEY: "none" }),
    nonsense: "model_unavailable",
    tools: ({ tools }) => tools.map(({ function: { name } }) => name),
    calls: ({ messages }) =>
      messages
        .flatMap(({ tool_calls = [] }) => tool_calls)
        .map(({ id, function: { name, arguments: text } }) => ({ id, name, input: JSON.parse(text) })),
    results: ({ messages }) =>
      messages
        .filter(({ role }) => role === "tool")
        .map(({ tool_call_id, content }) => ({ id: tool_call_id, output: JSON.parse(content) })),
  },
  {
    name: "OpenAI's Responses",
    variables: (url) => ({
      MODEL_PROVIDER: "responses",
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_MODEL: "gpt-5.1",
      OPENAI_API_KEY: "none",
    }),
    nonsense: "model_unavailable",
    hasItems: true,
    tools: ({ tools }) => tools.map(({ name }) => name),
    calls: ({ input }) =>
      input
        .filter(({ type }) => type === "function_call")
        .map(({ call_id, name, arguments: text }) => ({ id: call_id, name, input: JSON.parse(text) })),
    results: ({ input }) =>
      input
        .filter(({ type }) => type === "function_call_output")
        .map(({ call_id, output }) => ({ id: call_id, output: JSON.parse(output) })),
  },
  {
    name: "Anthropic's Messages",
    variables: (url) => ({
      MODEL_PROVIDER: "anthropic",
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_MODEL: "claude-sonnet-4-5",
      ANTHROPIC_API_KEY: "none",
    }),
    nonsense: "model_unavailable",
    tools: ({ tools }) => tools.map(({ name }) => name),
    calls: (body) =>
      blocksOf("assistant", body)
        .filter(({ type }) => type === "tool_use")
        .map(({ id, name, input }) => ({ id, name, input })),
    results: (body) =>
      blocksOf("user", body)
        .filter(({ type }) => type === "tool_result")
        .map(({ tool_use_id, content }) => ({ id: tool_use_id, output: JSON.parse(content) })),
  },
  {
    name: "Bedrock's ConverseStream",
    variables: (url) => ({
      MODEL_PROVIDER: "bedrock",
      BEDROCK_MODEL: "anthropic.claude-sonnet-4-5-20250929-v1:0",
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    }),
    // It reads as the beginning of a long event.
    nonsense: "interrupted",
    tools: ({ toolConfig }) => toolConfig.tools.map(({ toolSpec: { name } }) => name),
    calls: (body) =>
      blocksOf("assistant", body).flatMap(({ toolUse }) =>
        toolUse ? [{ id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input }] : [],
      ),
    results: (body) =>
      blocksOf("user", body).flatMap(({ toolResult }) =>
        toolResult ? [{ id: toolResult.toolUseId, output: toolResult.content[0].json }] : [],
      ),
  },
];

/** The blocks of all messages with this role; a content may be a text, too. */
const blocksOf = (role, { messages }) =>
  messages.filter((message) => message.role === role && Array.isArray(message.content)).flatMap(({ content }) => content);
