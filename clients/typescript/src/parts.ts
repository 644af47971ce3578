import type { Part, ToolPart } from "./protocol.js";

/**
 * Joins the parts of a message that was split between two pages: a text may have been split, and of a call what became of it may
 * be on the later page.
 */
export function joinParts(earlier: readonly Part[], later: readonly Part[]): Part[] {
  const parts = [...earlier];
  later.forEach((part, index) => {
    const last = parts.at(-1);
    if ("toolCallId" in part) {
      const at = parts.findIndex((known) => "toolCallId" in known && known.toolCallId === part.toolCallId);
      const known = parts[at];
      // A page that begins in the middle of a call lacks what came before.
      if (known && "toolCallId" in known) parts[at] = { ...known, ...part, type: known.type, input: known.input } as ToolPart;
      else parts.push(part);
    } else if (!index && last && "text" in last && "text" in part && last.type === part.type) {
      parts[parts.length - 1] = { ...last, text: last.text + part.text };
    } else parts.push(part);
  });
  return parts;
}
