import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

/** What a reply took: tokens, and money where the server knows its price. */
export function Usage({ metadata }: { metadata: ChatMessage["metadata"] }) {
  const { usage, cost, model, timings } = metadata ?? {};
  if (!usage) return null;
  const details = [
    model,
    STRINGS.message.usage.details(number(usage.inputTokens), number(usage.outputTokens)),
    timings?.firstTokenMs !== undefined && STRINGS.message.usage.firstWord(seconds(timings.firstTokenMs)),
    timings?.totalMs !== undefined && STRINGS.message.usage.total(seconds(timings.totalMs)),
  ];
  return (
    <span className="usage" title={details.filter(Boolean).join(" · ")}>
      {STRINGS.message.usage.tokens(number(usage.inputTokens + usage.outputTokens))}
      {cost !== undefined && ` · ${dollars(cost)}`}
    </span>
  );
}

function number(count: number): string {
  return count.toLocaleString(STRINGS.language);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function dollars(cost: number): string {
  return cost > 0 && cost < 0.0001 ? "< $0.0001" : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}
