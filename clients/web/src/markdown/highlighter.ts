import hljs from "highlight.js/lib/core";
import { findLanguage, LANGUAGES, type Language, type LanguageName } from "./languages";
import { element, joinText, type Node } from "./tree";

/** A node of highlight.js: text, or a scope such as `title.function`. */
type Part = string | { scope?: string; children: Part[] };

const loaded = new Set<LanguageName>();

/** Whether `language`, by any of its names, can be highlighted now. */
export function isLoaded(language: string): boolean {
  const name = findLanguage(language);
  return name !== undefined && loaded.has(name);
}

/** Whether there is nothing to load for `language`: it is loaded, or unknown. */
export function isReady(language: string): boolean {
  return !findLanguage(language) || isLoaded(language);
}

/** Loads a language, by any of its names, and those that are embedded in it. */
export async function load(language: string): Promise<void> {
  const name = findLanguage(language);
  if (!name) return;
  const missing = [...addNestedLanguages(name)].filter((each) => !loaded.has(each));
  const grammars = await Promise.all(missing.map((each) => LANGUAGES[each].grammar()));
  missing.forEach((each, index) => {
    hljs.registerLanguage(each, grammars[index]!.default);
    loaded.add(each);
  });
}

/** Embedding can be mutual: HTML in JavaScript, and JavaScript in HTML. */
function addNestedLanguages(language: LanguageName, found = new Set<LanguageName>()): Set<LanguageName> {
  const { within = [] }: Language = LANGUAGES[language];
  found.add(language);
  for (const name of within) if (!found.has(name)) addNestedLanguages(name, found);
  return found;
}

/** Highlights `code` in a loaded language: an element for each scope. */
export function highlight(code: string, language: string): Node[] {
  const { _emitter } = hljs.highlight(code, { language: findLanguage(language)!, ignoreIllegals: true });
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
