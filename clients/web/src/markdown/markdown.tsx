import { memo, useMemo, useRef, type MouseEvent } from "react";
import { copy } from "../clipboard";
import { Blocks, type Block as BlockOfText } from "./blocks";
import { useHighlighter } from "./highlighting";
import { render } from "./render";

// Code stands between fences, also inside a list.
const FENCE = /```|~~~/;

/** A text in Markdown, safe to show whatever it holds. While it grows, only its last block is rendered anew. */
export function Markdown({ text }: { text: string }) {
  const blocks = useRef<Blocks>(undefined);
  blocks.current ??= new Blocks();
  const shown = blocks.current.of(text);
  const coloured = useHighlighter(FENCE.test(text));

  return (
    <div className="markdown" onClick={copyCode}>
      {shown.map((block, index) => (
        <Block key={index} block={block} coloured={coloured && FENCE.test(block.raw)} />
      ))}
    </div>
  );
}

type BlockProps = { block: BlockOfText; coloured: boolean };

const Block = memo(
  function Block({ block, coloured }: BlockProps) {
    // `coloured` matters although render does not take it: it says that the highlighter has come since.
    const html = useMemo(() => render(block), [block, coloured]);
    // TypeScript's types of React know no trusted HTML; React and Preact hand it through.
    const trusted = html as unknown as string;
    return block.type === "space" ? null : <div className="block" dir="auto" dangerouslySetInnerHTML={{ __html: trusted }} />;
  },
  // Equal source is an equal block; the lexer makes new objects each time.
  (before, after) => before.block.raw === after.block.raw && before.coloured === after.coloured,
);

async function copyCode(event: MouseEvent) {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-copy]");
  const code = button?.closest("figure")?.querySelector("code")?.textContent;
  if (!button || code === undefined || code === null) return;
  button.textContent = (await copy(code)) ? "Copied" : "Not copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}
