import { Icon } from "../icons";
import { STRINGS } from "../strings";
import type { ToolPart } from "./chat-message";

/** A tool that the model used: its name and how it went, and on demand what it was asked and what it said. */
export function Tool({ part }: { part: ToolPart }) {
  const name = part.type === "dynamic-tool" ? part.toolName : part.type.slice("tool-".length);
  const atWork = part.state === "input-streaming" || part.state === "input-available";
  return (
    <details className="panel">
      <summary className={atWork ? "at-work" : undefined}>
        <Icon name="tool" />
        {name}
        <span className="state">
          {atWork ? STRINGS.message.tool.atWork : part.state === "output-error" ? STRINGS.message.tool.failed : STRINGS.message.tool.done}
        </span>
      </summary>
      {part.input !== undefined && <Value name={STRINGS.message.toolValues.input} value={part.input} />}
      {part.output !== undefined && <Value name={STRINGS.message.toolValues.output} value={part.output} />}
      {part.errorText && <Value name={STRINGS.message.toolValues.error} value={part.errorText} />}
    </details>
  );
}

function Value({ name, value }: { name: string; value: unknown }) {
  return (
    <figure className="code" dir="ltr">
      <figcaption>
        <span>{name}</span>
      </figcaption>
      <pre tabIndex={0}>
        <code>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</code>
      </pre>
    </figure>
  );
}
