import hljs from "highlight.js/lib/core";
import { LANGUAGES, type Language, type LanguageName } from "./languages";
import { element, joinText, type Node } from "./tree";

/** A node of highlight.js: text, or a scope such as `title.function`. */
type Part = string | { scope?: string; children: Part[] };

const loaded = new Set<LanguageName>();

export function isLoaded(language: LanguageName): boolean {
  return loaded.has(language);
}

/** Loads a language and those that are embedded in it. */
export async function load(language: LanguageName): Promise<void> {
  const missing = [...addNestedLanguages(language)].filter((name) => !loaded.has(name));
  const grammars = await Promise.all(missing.map((name) => LANGUAGES[name].grammar()));
  missing.forEach((name, index) => {
    hljs.registerLanguage(name, grammars[index]!.default);
    loaded.add(name);
  });
}

/** Embedding can be mutual: HTML in JavaScript, and JavaScript in HTML. */
function addNestedLanguages(language: LanguageName, found = new Set<LanguageName>()): Set<LanguageName> {
  const { within = [] }: Language = LANGUAGES[language];
  found.add(language);
  for (const name of within) if (!found.has(name)) addNestedLanguages(name, found);
  return found;
}

/** Highlights `code`: an element for each scope. */
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
