import hljs from "highlight.js/lib/core";
import { LANGUAGES, type Language, type LanguageName } from "./languages";
import { element, joinText, type Node } from "./tree";

/** A part of code as highlight.js hands it out: text, or a scope such as `title.function`. */
type Part = string | { scope?: string; children: Part[] };

const loaded = new Set<LanguageName>();

export function isLoaded(language: LanguageName): boolean {
  return loaded.has(language);
}

/** Loads a language and those that are written within it. */
export async function load(language: LanguageName): Promise<void> {
  const missing = [...addNestedLanguages(language)].filter((name) => !loaded.has(name));
  const grammars = await Promise.all(missing.map((name) => LANGUAGES[name].grammar()));
  missing.forEach((name, index) => {
    hljs.registerLanguage(name, grammars[index]!.default);
    loaded.add(name);
  });
}

/** HTML is written within JavaScript, and JavaScript within HTML. */
function addNestedLanguages(language: LanguageName, found = new Set<LanguageName>()): Set<LanguageName> {
  const { within = [] }: Language = LANGUAGES[language];
  found.add(language);
  for (const name of within) if (!found.has(name)) addNestedLanguages(name, found);
  return found;
}

/** `code` with elements that say what its parts are. */
export function highlight(code: string, language: LanguageName): Node[] {
  const { _emitter } = hljs.highlight(code, { language, ignoreIllegals: true });
  return toNodes((_emitter as unknown as { rootNode: { children: Part[] } }).rootNode.children);
}

function toNodes(parts: readonly Part[]): Node[] {
  const nodes = parts.flatMap((part): Node[] => {
    if (typeof part === "string") return [part];
    const inner = toNodes(part.children);
    return part.scope ? [element("span", { class: `hljs-${part.scope.split(".", 1)[0]}` }, inner)] : inner;
  });
  return joinText(nodes);
}
