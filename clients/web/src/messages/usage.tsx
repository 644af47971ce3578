import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

/** A reply's usage: tokens, and the cost where the server knows its price. */
export function Usage({ metadata }: { metadata: ChatMessage["metadata"] }) {
  const { usage, cost, model, timings } = metadata ?? {};
  if (!usage) return null;
  const details = [
    model,
    STRINGS.message.usage.details(formatNumber(usage.inputTokens), formatNumber(usage.outputTokens)),
    timings?.firstTokenMs !== undefined && STRINGS.message.usage.firstWord(formatSeconds(timings.firstTokenMs)),
    timings?.totalMs !== undefined && STRINGS.message.usage.total(formatSeconds(timings.totalMs)),
  ];
  return (
    <span className="usage" title={details.filter(Boolean).join(" · ")}>
      {STRINGS.message.usage.tokens(formatNumber(usage.inputTokens + usage.outputTokens))}
      {cost !== undefined && ` · ${formatDollars(cost)}`}
    </span>
  );
}

function formatNumber(count: number): string {
  return count.toLocaleString(STRINGS.language);
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function formatDollars(cost: number): string {
  return cost > 0 && cost < 0.0001 ? "< $0.0001" : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}
