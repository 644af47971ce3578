import { memo, useLayoutEffect, useRef, type MouseEvent } from "react";
import { BlockView } from "./block-view";
import { Blocks, type Block as BlockOfText, type NumberedFootnote } from "./blocks";
import { copyCode, draw, goToHeading, goToNote } from "./clicks";

/** Block types that show nothing in their place. */
const UNSEEN = new Set(["space", "def", "footnote"]);

/** A Markdown text, safe whatever it contains. While it is `growing`, only its last block is rendered again. */
export function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const reader = useRef<Blocks>(undefined);
  reader.current ??= new Blocks();
  const blocks = reader.current.of(text, growing);
  const last = blocks.at(-1);

  return (
    <div className="markdown" onClick={act}>
      {blocks.map(
        (block, index) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: a block is identified by its position.
          !UNSEEN.has(block.type) && <Block key={index} block={block} growing={growing && block === last} />,
      )}
      {reader.current.footnotes.length > 0 && <Footnotes notes={reader.current.footnotes} />}
    </div>
  );
}

const Block = memo(function Block({ block, growing }: { block: BlockOfText; growing: boolean }) {
  return <div className="block" dir="auto" ref={useView((view) => view.showBlock(block, growing), [block, growing])} />;
});

function Footnotes({ notes }: { notes: readonly NumberedFootnote[] }) {
  return <div className="block" dir="auto" ref={useView((view) => view.showFootnotes(notes), [notes])} />;
}

/** Renders into the element when `what` changes, and once more when what it waits for is loaded. */
function useView(show: (view: BlockView) => Promise<unknown> | undefined, what: unknown[]) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<BlockView>(undefined);
  useLayoutEffect(() => {
    if (!element.current) return;
    view.current ??= new BlockView(element.current);
    const shown = view.current;
    let current = true;
    // If loading fails, it is shown without, until the next change.
    const again = () => current && void show(shown)?.then(again, () => {});
    again();
    return () => {
      current = false;
    };
  }, what);
  return element;
}

function act({ target }: MouseEvent) {
  const button = (target as Element).closest<HTMLButtonElement>("button");
  if (!button) return;
  const { copy, draw: language, note, reference, heading } = button.dataset;
  if (copy) void copyCode(button);
  if (language) void draw(button);
  if (reference) goToNote(button, `li[data-note="${CSS.escape(reference)}"]`);
  if (note) goToNote(button, `[data-reference="${CSS.escape(note)}"]`);
  if (heading) goToHeading(button, heading);
}
