import DOMPurify from "dompurify";
import { Marked } from "marked";
import type { Block } from "./blocks";
import { escape } from "./escape";
import { highlighted } from "./highlighting";
import { link, picture } from "./links";

const marked = new Marked({
  gfm: true,
  renderer: {
    // HTML in a reply is shown as the text it is: a model that writes of <div> means the word.
    html: ({ text }) => escape(text),
    link({ href, tokens }) {
      return link(href, this.parser.parseInline(tokens));
    },
    image: ({ href, text }) => picture(href, text),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    code: ({ text, lang }) => codeBlock(text, lang?.split(/\s/, 1)[0] ?? ""),
    table(token) {
      const row = (cells: typeof token.header) => `<tr>${cells.map((cell) => this.tablecell(cell)).join("")}</tr>`;
      const body = token.rows.map(row).join("");
      // A wide table scrolls in itself, and can be scrolled by keyboard.
      return `<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead>${row(token.header)}</thead><tbody>${body}</tbody></table></div>`;
    },
  },
});

const ALLOWED_TAGS = (
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a table thead tbody tr th td " +
  "div span figure figcaption button"
).split(" ");
const ALLOWED_ATTR = "href title start align target rel class type tabindex role aria-label dir data-copy".split(" ");

const purifier = DOMPurify(window);

/** Safe HTML of a block, whatever it holds: what made it lets no HTML of the model through, and the sanitiser would not either. */
export function render(block: Block) {
  return purifier.sanitize(marked.parser([block]), {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ADD_ATTR: ["target"],
    RETURN_TRUSTED_TYPE: true,
  });
}

// Code runs from left to right in every language.
function codeBlock(text: string, language: string): string {
  const caption = `<figcaption><span>${escape(language || "text")}</span><button type="button" data-copy="code">Copy</button></figcaption>`;
  return `<figure class="code" dir="ltr">${caption}<pre tabindex="0"><code>${highlighted(text, language)}</code></pre></figure>`;
}
