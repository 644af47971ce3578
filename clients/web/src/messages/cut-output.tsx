import { useId, useState } from "react";
import { focusIfLost } from "../focus";
import { STRINGS } from "../strings";
import { parseOutput } from "./tool-output";
import { ToolOutput } from "./tool-value";

type Props = { tool: string; output: string; onRead: () => Promise<string> };

/** An output of which a message holds only the beginning, and the rest of it on demand. */
export function CutOutput({ tool, output, onRead }: Props) {
  const [whole, setWhole] = useState<unknown>();
  const [reading, setReading] = useState(false);
  const [problem, setProblem] = useState("");
  const id = useId();
  const { rest } = STRINGS.message;

  const read = async () => {
    if (reading) return;
    setReading(true);
    setProblem("");
    try {
      setWhole(parseOutput(await onRead()));
      focusIfLost(`#${CSS.escape(id)} pre`);
    } catch (error) {
      setProblem(rest.failed((error as Error).message));
    }
    setReading(false);
  };

  return (
    <div id={id}>
      <ToolOutput tool={tool} output={whole ?? output} />
      {whole === undefined && (
        <p className="remark">
          <span role="status">{reading ? rest.reading : problem || rest.cut}</span>{" "}
          <button type="button" className="link" onClick={() => void read()}>
            {rest.show}
          </button>
        </p>
      )}
    </div>
  );
}
