// Texts whose parts mean one thing while they are being written and another when they are complete.
import { readFile } from "node:fs/promises";

export const SAMPLE = await readFile(new URL("./sample.md", import.meta.url), "utf8");

export const DOCUMENTS: Record<string, string> = {
  "a bit of everything": SAMPLE,
  "a note that is no definition": "[Note]: this is a note\n\nSee [Note].",
  "a word that is no address": "[Note]: wait\n\nSee [Note].",
  "definitions behind their use": "See [a], [b][a] and ![c][a].\n\nMore.\n\n[a]: https://example.com/a\n[b]: https://example.com/b 'B'\n",
  "a definition that goes on": '[a]\n\n[a]: https://example.com/a\n"title"\n\ntext [a]',
  "the same definition twice": "[a]\n\n[a]: https://example.com/1\n[a]: https://example.com/2\n\nEnd [a].",
  "a loose list": "1. one\n\n2. two\n\n3. three\n\n   with more\n\nEnd.",
  "lists of other kinds": "- a\n- b\n\n* c\n\n1) d\n2) e\n\n- [ ] open\n- [x] done",
  "a list, then what looks like one": "- a\n\n-\n\n- b\n\n---\n\n- c",
  "nested lists": "1. a\n   - b\n     1. c\n\n        d\n   - e\n2. f",
  "code in a list": "1. Do:\n\n   ```sh\n   ls -l\n\n   cd\n   ```\n\n2. Then:\n   ~~~\n   x\n   ~~~\n",
  "fences in fences": "````md\n```js\nlet a;\n```\n````\n\n~~~\n```\n~~~\nEnd",
  "a fence without an end": "Text\n\n```js\nlet a = `x`;\n\n// more",
  "a heading by underline": "Title\n=====\n\nOther\n---\n\n- x\n---\n",
  "a quote that goes on": "> a\nlazy\n> - b\n>   c\n\n> d\n\nEnd",
  "a heading in a quote": "> ## Title\n> text\n>\n> ```\n> code\n> ```\n",
  "a table": "before\n\n| a | b |\n|---|:-:|\n| 1 | `x \\| y` |\n| 2<br>3 | **b** |\n\nafter",
  "what is nearly a table": "| a | b |\n| - \n\n| a | b |\n|---|---|\n",
  formulas:
    "A $x_1$, $a*b*c$ and \\(y\\). Then\n\\[\na \\\\\n- b\n+ c\n\\]\nand\n\n$$\n# x\n> y\n$$\n\n\\begin{align}\na &= b \\\\\n- c &= d\n\\end{align}\nEnd.",
  "what is no formula": "$5 and $10, $HOME/$USER, `$x$`, \\$x\\$, \\[1\\] and \\(an aside\\).\n\n```\n$$x$$\n```\n\n$$\nno end\n\nEnd",
  "a formula in a list": "- \\[ x \\]\n- $$y$$\n\n  $$\n  - z\n  $$\n- $a",
  notes:
    "A[^1] b[^two] c[^1].\n\n- d[^3]\n\n[^1]: One.\n[^two]: Two\n    goes on.\n\n    And on.\n\n[^3]: Three, see[^1].\n[^4]: Nobody asked.\n\nEnd[^5].",
  "notes that need what stands behind them": "A[^1]\n\n[^1]: See [docs], [^2].\n[^2]: B\n\n[docs]: https://x.y",
  details:
    "Text\n<details>\n<summary>More **of** it</summary>\n\n- a\n\n```js\nlet a;\n```\n\n<details><summary>Inner</summary>b</details>\n\n</details>\n\nEnd",
  "details without an end": "<details open>\n<summary>More\n\ntext\n\n# Heading",
  "HTML that formats":
    "H<sub>2</sub>O, <kbd>Ctrl</kbd>, a<br>b, <sup>no end, <b>**x**</b> and <i>nested <i>twice</i></i>.\n\n<div>\n\nno *element*\n\n</div>\n\n<!-- a\n\ncomment -->\n\nEnd",
  "East Asian emphasis": "**粗体。**后，**「引」**文。*斜体！*字\n\n中**粗**文",
  links:
    "[a](https://example.com/a_(b)) <https://example.com> https://example.com/x_y_z. [b](<https://example.com/a b>) [c](/d) ![p](data:image/png;base64,AAAA)",
  "indented code": "Text\n\n    a\n\n    b\n\nText\n    c",
  "characters of several parts": "👩‍👩‍👧 é é العربية **日本語**\r\n\r\nNext\r\nline",
  entities: "&lt;b&gt; &amp;amp; &#42;x&#42; &nope; &copy;",
};

const LINES = (
  "|||text with *em* and $x_1$|- item|  - nested|1. one|2. two|   goes on|# Heading|```js|```|~~~|$$|\\[|\\]|a \\\\ b|- b|> quote|" +
  "¦ a ¦ b ¦|¦---¦---¦|¦ 1 ¦ 2 ¦|[^1]: note|    indented|see[^1] and [x][ref]|[ref]: https://example.com/x|[Note]: this is a note|<details>|" +
  "<summary>S</summary>|</details>|<div>|---|===|* star|- [x] task|\\begin{align}|\\end{align}|**粗体。**后|lazy|<!-- c -->|\\[1\\] source|\t- tab|" +
  '3) three|$HOME and $5|`code $x$`|~~~py|````|[^2]: other|  more of it|"title"'
)
  .split("|")
  .map((line) => line.replaceAll("¦", "|"));

/** `count` texts put together by chance, the same ones for the same `seed`. */
export function randomDocuments(count: number, seed: number): string[] {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, () => Array.from({ length: 3 + below(10) }, () => LINES[below(LINES.length)]).join("\n"));
}
