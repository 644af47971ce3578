import { THEMES, useTheme } from "./theme";

const NAMES = { system: "Auto", light: "Light", dark: "Dark" };

/** Chooses between light and dark. */
export function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset className="themes">
      <legend className="unseen">Appearance</legend>
      {THEMES.map((choice) => (
        <label key={choice}>
          <input type="radio" name="theme" checked={choice === theme} onChange={() => setTheme(choice)} />
          <span>{NAMES[choice]}</span>
        </label>
      ))}
    </fieldset>
  );
}
