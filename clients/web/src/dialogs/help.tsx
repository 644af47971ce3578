import { Dialog } from "./dialog";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Each shortcut and what it does; `app.tsx`, the composer and the list act on them. */
const SHORTCUTS: [keys: string[], what: string][] = [
  [["Enter"], "Send"],
  [["Shift", "Enter"], "New line"],
  [["↑"], "Edit your last message, from an empty field"],
  [["Esc"], "Stop the reply"],
  [["Ctrl", "K"], "Search conversations"],
  [["Ctrl", "Shift", "O"], "New conversation"],
  [["↑", "↓"], "Go through the list of conversations"],
  [["Ctrl", "/"], "This help"],
];

/** The keyboard, on one small page. */
export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
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
