import { STRINGS } from "../strings";
import { THEMES, useTheme } from "./theme";

/** Chooses between light and dark. */
export function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset className="themes">
      <legend className="unseen">{STRINGS.appearance.name}</legend>
      {THEMES.map((choice) => (
        <label key={choice}>
          <input type="radio" name="theme" checked={choice === theme} onChange={() => setTheme(choice)} />
          <span>{STRINGS.appearance.themes[choice]}</span>
        </label>
      ))}
    </fieldset>
  );
}
