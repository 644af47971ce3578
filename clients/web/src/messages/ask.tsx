import { useId, type ReactNode } from "react";
import { Icon, type IconName } from "../icons";
import { describeWish, type Call } from "./calls";

type Props = { call: Call; icon: IconName; children: ReactNode };

/** What a call asks of the user, and waits for. */
export function Ask({ call, icon, children }: Props) {
  const id = useId();
  return (
    <section className="ask" role="group" aria-labelledby={id} data-call={call.toolCallId}>
      <p className="sentence" id={id} dir="auto">
        <Icon name={icon} />
        {describeWish(call)}
      </p>
      {children}
    </section>
  );
}
