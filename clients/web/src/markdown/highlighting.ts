import { useEffect, useState } from "react";
import { escape } from "./escape";

type Highlight = (code: string, language: string) => string | undefined;

/** Of longer code only the beginning is coloured: its reader sees text sooner than colours. */
const MOST_CHARACTERS = 6000;

let highlight: Highlight | undefined;
let loading: Promise<void> | undefined;

/** `code` as HTML, coloured when the highlighter is loaded and knows the language. */
export function highlighted(code: string, language: string): string {
  // It ends with a line, so that code that grows keeps the colours it has.
  const end = code.length > MOST_CHARACTERS ? code.lastIndexOf("\n", MOST_CHARACTERS) + 1 : code.length;
  const coloured = highlight?.(code.slice(0, end), language.toLowerCase());
  return coloured === undefined ? escape(code) : coloured + escape(code.slice(end));
}

/** Loads the highlighter when the first code is `wanted`, and says when it is there. Most conversations hold none. */
export function useHighlighter(wanted: boolean): boolean {
  const [loaded, setLoaded] = useState(highlight !== undefined);
  useEffect(() => {
    if (!wanted || loaded) return;
    let mounted = true;
    loading ??= import("./languages").then((languages) => {
      highlight = languages.highlight;
    });
    // Without it, code is shown without colours.
    loading.then(() => mounted && setLoaded(true), () => (loading = undefined));
    return () => {
      mounted = false;
    };
  }, [wanted, loaded]);
  return loaded;
}
