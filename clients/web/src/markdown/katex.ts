import katex, { type KatexOptions } from "katex";
import "katex/dist/katex.css";

/** Its types leave out the way to see what is drawn before it is. */
const { __renderToDomTree: renderToTree } = katex as unknown as {
  __renderToDomTree: (source: string, options: KatexOptions) => Branch & { toNode(): Node };
};

const OPTIONS: KatexOptions = {
  // No links, pictures, classes or identifiers by way of a formula.
  trust: false,
  throwOnError: true,
  strict: "ignore",
  // A formula of a few characters must not become one of millions, nor cover the page.
  maxExpand: 500,
  maxSize: 20,
  output: "htmlAndMathml",
};

/** A formula as elements; throws when it is none. */
export function toDom(source: string, display: boolean): Node {
  const tree = renderToTree(source, { ...OPTIONS, displayMode: display });
  removeStyleAttributes(tree);
  const dom = tree.toNode() as HTMLElement;
  for (const svg of dom.querySelectorAll<SVGElement>('svg[preserveAspectRatio="xMinYMin"]'))
    svg.style.width = svg.getAttribute("width") ?? "";
  return dom;
}

type Branch = { attributes?: Record<string, string>; children?: Branch[] };

/** The page's policy lets nobody set a style by an attribute. KaTeX sets most by properties, as is allowed; the width of an SVG is set above. */
function removeStyleAttributes({ attributes, children = [] }: Branch) {
  delete attributes?.style;
  children.forEach(removeStyleAttributes);
}
