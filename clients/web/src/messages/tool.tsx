import { Icon } from "../icons";
import { STRINGS } from "../strings";
import { getToolName, isQuestion, readQuestion, type Call } from "./calls";
import { CutOutput } from "./cut-output";
import { isCut, readOutput } from "./tool-output";
import { ToolOutput, ToolValue } from "./tool-value";
import { useWatchedSeconds } from "./watched-seconds";

type Props = {
  call: Call;
  /** Whether its reply is being written. */
  growing: boolean;
  /** Reads all of its output. */
  onReadOutput: () => Promise<string>;
};

/** A call of a tool: its name and how it went, and on demand what it was asked and what it said. */
export function Tool({ call, growing, onReadOutput }: Props) {
  const atWork = growing && isAtWork(call);
  const seconds = useWatchedSeconds(atWork);
  const name = getToolName(call);
  const reason = call.approval?.reason;
  if (isQuestion(call) && call.state === "output-available") return <AnsweredQuestion call={call} />;
  return (
    <details className="panel" open={call.state === "output-available" && readOutput(call.output).some((piece) => "picture" in piece)}>
      <summary className={atWork ? "at-work" : undefined}>
        <Icon name="tool" />
        {name}
        <span className="state">{describeState(call, growing, seconds)}</span>
      </summary>
      {call.input != null && <ToolValue name={STRINGS.message.toolValues.input} value={call.input} />}
      {call.state === "output-available" &&
        (isCut(call.output) ? (
          <CutOutput tool={name} output={call.output} onRead={onReadOutput} />
        ) : (
          <ToolOutput tool={name} output={call.output} />
        ))}
      {call.state === "output-error" && <ToolValue name={STRINGS.message.toolValues.error} value={call.errorText} />}
      {reason && <ToolValue name={STRINGS.message.toolValues.reason} value={reason} />}
    </details>
  );
}

function AnsweredQuestion({ call }: { call: Call }) {
  return (
    <div className="answered">
      <p dir="auto">{readQuestion(call).question}</p>
      {readOutput(call.output).map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is what stands at its place.
        <p key={index} dir="auto">
          {"text" in piece && piece.text}
        </p>
      ))}
    </div>
  );
}

function isAtWork({ state, approval, providerExecuted }: Call): boolean {
  if (state === "input-streaming") return true;
  // What the user has allowed is at work as soon as the server says so.
  return providerExecuted === true && (state === "input-available" || (state === "approval-responded" && approval.approved));
}

function describeState(call: Call, growing: boolean, seconds: number | undefined): string {
  const { tool } = STRINGS.message;
  switch (call.state) {
    case "output-available":
      return seconds && seconds > 1 ? tool.doneIn(seconds) : tool.done;
    case "output-error":
      return tool.failed;
    case "output-denied":
      return tool.declined;
    case "approval-responded":
      return !call.approval.approved ? tool.declined : growing && isAtWork(call) ? tool.atWork : tool.allowed;
    default:
      if (growing) return isAtWork(call) ? tool.atWork : tool.willAsk;
      return call.providerExecuted || call.state === "input-streaming" ? tool.unfinished : tool.unanswered;
  }
}
