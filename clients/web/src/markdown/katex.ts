import katex, { type KatexOptions } from "katex";
import "katex/dist/katex.css";

/** KaTeX's types omit the function that returns the tree before it is rendered. */
const { __renderToDomTree: renderToTree } = katex as unknown as {
  __renderToDomTree: (source: string, options: KatexOptions) => Branch & { toNode(): Node };
};

const OPTIONS: KatexOptions = {
  // No links, images, classes or ids from a formula.
  trust: false,
  throwOnError: true,
  strict: "ignore",
  // A short formula must not expand to millions of characters, nor cover the page.
  maxExpand: 500,
  maxSize: 20,
  output: "htmlAndMathml",
};

/** Renders a formula as elements; throws if it is invalid. */
export function toDom(source: string, display: boolean): Node {
  const tree = renderToTree(source, { ...OPTIONS, displayMode: display });
  removeStyleAttributes(tree);
  const dom = tree.toNode() as HTMLElement;
  for (const svg of dom.querySelectorAll<SVGElement>('svg[preserveAspectRatio="xMinYMin"]'))
    svg.style.width = svg.getAttribute("width") ?? "";
  return dom;
}

type Branch = { attributes?: Record<string, string>; children?: Branch[] };

/** The Content Security Policy forbids style attributes. KaTeX mostly sets properties, which is allowed; the width of an SVG is set above. */
function removeStyleAttributes({ attributes, children = [] }: Branch) {
  delete attributes?.style;
  children.forEach(removeStyleAttributes);
}
