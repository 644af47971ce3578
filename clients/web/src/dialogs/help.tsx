import { STRINGS } from "../strings";
import { Dialog } from "./dialog";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Each shortcut and what it does; `app.tsx`, the composer and the list act on them. */
const SHORTCUTS: [keys: string[], what: string][] = [
  [["Enter"], STRINGS.send],
  [["Shift", "Enter"], STRINGS.help.newLine],
  [["↑"], STRINGS.help.editLast],
  [["Esc"], STRINGS.composer.stop],
  [["Ctrl", "K"], STRINGS.search.name],
  [["Ctrl", "Shift", "O"], STRINGS.newConversation],
  [["↑", "↓"], STRINGS.help.list],
  [["Ctrl", "/"], STRINGS.help.help],
];

/** The keyboard, on one small page. */
export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={STRINGS.help.name} onClose={onClose}>
      <dl className="shortcuts">
        {SHORTCUTS.map(([keys, what]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{MAC && key === "Ctrl" ? "⌘" : key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
