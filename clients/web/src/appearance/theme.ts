import { useEffect, useState } from "react";
import { remember, recall } from "../browser-storage";

/** Light, dark, or as the system has it. */
export type Theme = "system" | "light" | "dark";

export const THEMES: Theme[] = ["system", "light", "dark"];

/** The theme chosen last, and how to choose another. The style sheet does the rest: it takes `light-dark()` of each colour. */
export function useTheme() {
  const [theme, setTheme] = useState<Theme>(() => THEMES.find((known) => known === recall("theme")) ?? "system");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    remember("theme", theme === "system" ? "" : theme);
  }, [theme]);
  return [theme, setTheme] as const;
}
