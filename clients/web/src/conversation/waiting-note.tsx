import { STRINGS } from "../strings";

/** Says that a reply waits, which may be out of sight, and what another message means for it. */
export function WaitingNote({ onShow }: { onShow: () => void }) {
  return (
    <p className="waits">
      {STRINGS.asks.waits}{" "}
      <button type="button" className="link" onClick={onShow}>
        {STRINGS.asks.show}
      </button>
    </p>
  );
}
