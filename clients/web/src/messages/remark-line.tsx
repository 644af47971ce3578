import { STRINGS } from "../strings";
import type { Remark } from "./remark";

type Props = { remark: Remark; idle: boolean; onAct: () => void };

/** What is said of a reply, and a button for what can be done about it. */
export function RemarkLine({ remark: { sentence, offer }, idle, onAct }: Props) {
  return (
    <p className="remark">
      {sentence}
      {offer && (
        <>
          {" "}
          <button type="button" className="link" disabled={!idle} onClick={onAct}>
            {offer === "rest" ? STRINGS.message.showRest : STRINGS.message.writeAgain}
          </button>
        </>
      )}
    </p>
  );
}
