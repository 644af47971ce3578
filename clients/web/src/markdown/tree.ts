/**
 * What a reply is rendered from: text, and elements of the tags listed here. A model's text never becomes HTML: the tags and attributes of an
 * element are literals in this folder, and everything else is text.
 */
export type Node = string | Element;

export type Element = {
  readonly tag: Tag;
  readonly attributes: Attributes;
  readonly children: readonly Node[];
  /** Its content is rendered elsewhere, such as a formula: it is replaced as a whole, or left alone. */
  readonly sealed?: true;
};

export type Attributes = Readonly<Partial<Record<Attribute, string>>>;

// biome-ignore format: a list of words.
type Tag =
  | "p" | "br" | "hr" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "li" | "blockquote" | "pre" | "code" | "a" | "img"
  | "table" | "thead" | "tbody" | "tr" | "th" | "td" | "div" | "span" | "figure" | "figcaption" | "button" | "details" | "summary" | "section"
  | FormattingTag;

/** Tags for formatting only. A model may write them as HTML, too. */
export type FormattingTag = (typeof FORMATTING_TAGS)[number];

export const FORMATTING_TAGS = ["sub", "sup", "kbd", "mark", "ins", "del", "strong", "em", "b", "i", "u", "s", "small"] as const;

// biome-ignore format: a list of words.
type Attribute =
  | "href" | "src" | "alt" | "start" | "align" | "target" | "rel" | "class" | "type" | "tabindex" | "role" | "aria-label" | "dir" | "open"
  | "data-copy" | "data-draw" | "data-note" | "data-reference" | "data-heading" | "data-math";

/** An element. Adjacent texts are merged, as in the DOM. */
export function element(tag: Tag, attributes: Attributes, ...children: (Node | readonly Node[])[]): Element {
  return { tag, attributes, children: joinText(children.flat()) };
}

/** Merges adjacent texts and drops empty ones. */
export function joinText(nodes: readonly Node[]): Node[] {
  const result: Node[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (typeof node === "string" && typeof last === "string") result[result.length - 1] = last + node;
    else if (node !== "") result.push(node);
  }
  return result;
}

/** The text in nodes. */
export function getText(nodes: readonly Node[]): string {
  return nodes.map((node) => (typeof node === "string" ? node : getText(node.children))).join("");
}
