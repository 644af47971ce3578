import type { ChatMessage } from "./chat_message";

/** What a reply took: tokens, and money where the server knows its price. */
export function Usage({ metadata }: { metadata: ChatMessage["metadata"] }) {
  const { usage, cost, model, timings } = metadata ?? {};
  if (!usage) return null;
  const details = [
    model,
    `${number(usage.inputTokens)} tokens read, ${number(usage.outputTokens)} written`,
    timings?.firstTokenMs !== undefined && `first word after ${seconds(timings.firstTokenMs)}`,
    timings?.totalMs !== undefined && `${seconds(timings.totalMs)} in all`,
  ];
  return (
    <span className="usage" title={details.filter(Boolean).join(" · ")}>
      {number(usage.inputTokens + usage.outputTokens)} tokens
      {cost !== undefined && ` · ${dollars(cost)}`}
    </span>
  );
}

function number(count: number): string {
  return count.toLocaleString("en");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function dollars(cost: number): string {
  return cost > 0 && cost < 0.0001 ? "< $0.0001" : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}
