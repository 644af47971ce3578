import { STRINGS } from "../strings";
import { formatValue } from "./tool-output";
import { ToolValue } from "./tool-value";

/** What a call would do, for somebody who is to judge it: each argument as it is, and nothing of it out of sight. */
export function Arguments({ input }: { input: unknown }) {
  if (input == null) return null;
  if (typeof input !== "object" || Array.isArray(input)) return <ToolValue name={STRINGS.message.toolValues.input} value={input} />;
  const values = Object.entries(input);
  if (values.length === 0) return null;
  return (
    <dl className="arguments" tabIndex={0}>
      {values.map(([name, value]) => (
        <div key={name}>
          <dt dir="auto">{name}</dt>
          <dd dir="auto">{formatValue(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
