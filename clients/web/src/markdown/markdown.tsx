import { memo, useLayoutEffect, useRef, type MouseEvent } from "react";
import { BlockView } from "./block-view";
import { Blocks, type Block as BlockOfText, type NumberedFootnote } from "./blocks";
import { copyCode, draw, goToHeading, goToNote } from "./clicks";

/** Kinds of blocks of which nothing is shown where they stand. */
const UNSEEN = new Set(["space", "def", "footnote"]);

/** A text in Markdown, safe to show whatever it holds. While it is `growing`, only its last block is rendered anew. */
export function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const reader = useRef<Blocks>(undefined);
  reader.current ??= new Blocks();
  const blocks = reader.current.of(text, growing);
  const last = blocks.at(-1);

  return (
    <div className="markdown" onClick={act}>
      {blocks.map(
        (block, index) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: a block is what stands at its place.
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

/** Has a view of the element `show` what it is to show: when `what` changes, and once more when what it waits for is loaded. */
function useView(show: (view: BlockView) => Promise<unknown> | undefined, what: unknown[]) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<BlockView>(undefined);
  useLayoutEffect(() => {
    if (!element.current) return;
    view.current ??= new BlockView(element.current);
    const shown = view.current;
    let current = true;
    // What cannot be loaded is done without, until the next time.
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
