import { STRINGS } from "../strings";

type Props = { onShow: () => void; onDismiss: () => void };

/** Says that another message was sent in this place, which would be seen only in the small number of its versions otherwise. */
export function Elsewhere({ onShow, onDismiss }: Props) {
  return (
    <div className="problem" role="status">
      <p>{STRINGS.conversation.elsewhere}</p>
      <button type="button" className="quiet" onClick={onShow}>
        {STRINGS.conversation.showOther}
      </button>
      <button type="button" className="quiet" onClick={onDismiss}>
        {STRINGS.understood}
      </button>
    </div>
  );
}
