import { STRINGS } from "../strings";
import { formatValue, readOutput } from "./tool-output";

/** What a tool was asked, or what went wrong. */
export function ToolValue({ name, value }: { name: string; value: unknown }) {
  return (
    <figure className="code" dir="ltr">
      <figcaption>
        <span>{name}</span>
      </figcaption>
      <pre tabIndex={0}>
        <code>{formatValue(value)}</code>
      </pre>
    </figure>
  );
}

/** What a tool answered: texts and pictures. */
export function ToolOutput({ tool, output }: { tool: string; output: unknown }) {
  return readOutput(output).map((piece, index) =>
    "picture" in piece ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a piece is what stands at its place.
      <img key={index} className="tool-picture" src={piece.picture} alt={STRINGS.message.toolPicture(tool)} />
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same.
      <ToolValue key={index} name={STRINGS.message.toolValues.output} value={piece.text} />
    ),
  );
}
