import DOMPurify from "dompurify";
import { Lexer, Marked, type Token } from "marked";
import { memo, useMemo } from "react";

const marked = new Marked({
  gfm: true,
  renderer: {
    // HTML in a reply is shown as the text it is: a model that writes of <div> means the word.
    html: ({ text }) => escape(text),
    // A picture would tell its server that this reply was read. Its address is offered as a link.
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** A text in Markdown, safe to show whatever it holds. While it grows, only its last block is rendered anew. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => Lexer.lex(text), [text]);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <Block key={index} block={block} />
      ))}
    </div>
  );
}

const Block = memo(
  function Block({ block }: { block: Token }) {
    const html = sanitize(marked.parser([block]));
    return html ? <div dangerouslySetInnerHTML={{ __html: html }} /> : null;
  },
  // Equal source is an equal block; the lexer makes new objects each time.
  (before, after) => before.block.raw === after.block.raw,
);

const ALLOWED_TAGS =
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a table thead tbody tr th td".split(" ");

function sanitize(html: string): string {
  return purifier.sanitize(html, { ALLOWED_TAGS, ALLOWED_ATTR: ["href", "title", "start", "align", "target", "rel"] });
}

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
