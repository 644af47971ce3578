import type { Block, NumberedFootnote } from "./blocks";
import { drawFormulas } from "./formulas";
import { keepSelection } from "./kept-selection";
import { patch } from "./patch";
import { renderBlocks, renderFootnotes } from "./render";
import { Rendered } from "./rendered";
import type { Node } from "./tree";

/** A block on screen. Its element is patched with as few changes as possible. */
export class BlockView {
  readonly #element: Element;
  readonly #rendered = new Rendered();
  #nodes: Node[] = [];
  #definitions = "";

  constructor(element: Element) {
    this.#element = element;
  }

  /** Shows a block. Returns a promise if it has to be shown again once something has loaded, such as a highlighter. */
  showBlock({ token, definitions }: Block, growing: boolean): Promise<unknown> | undefined {
    // A link definition changes what the same source means.
    if (definitions !== this.#definitions) this.#rendered.clear();
    this.#definitions = definitions;
    return this.#show(renderBlocks([token], this.#rendered, growing));
  }

  showFootnotes(notes: readonly NumberedFootnote[]): Promise<unknown> | undefined {
    // So does a link definition here, or another footnote that is referenced earlier.
    this.#rendered.clear();
    return this.#show(renderFootnotes(notes, this.#rendered));
  }

  #show(nodes: Node[]): Promise<unknown> | undefined {
    const wanted = this.#rendered.finish();
    keepSelection(this.#element, () => patch(this.#element, this.#nodes, nodes));
    this.#nodes = nodes;
    const formulas = drawFormulas(this.#element);
    if (formulas) wanted.push(formulas);
    if (wanted.length === 0) return undefined;
    return Promise.all(wanted).then(() => this.#rendered.clear());
  }
}
