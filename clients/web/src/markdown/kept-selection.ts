/** Whether something in `element` is selected. */
export function isSelecting(element: Element): boolean {
  const selection = document.getSelection();
  return selection?.isCollapsed === false && selection.containsNode(element, true);
}

/** Changes the content of `root` and restores the selection in it, also if the selected nodes were replaced. */
export function keepSelection(root: Element, change: () => void) {
  const selection = document.getSelection();
  if (!selection || !isSelecting(root)) return change();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const anchor = placeOf(root, anchorNode, anchorOffset);
  const focus = placeOf(root, focusNode, focusOffset);
  change();
  const isUntouched =
    selection.anchorNode === anchorNode &&
    selection.anchorOffset === anchorOffset &&
    selection.focusNode === focusNode &&
    selection.focusOffset === focusOffset;
  if (isUntouched || !anchorNode || !focusNode) return;
  const from = anchor === undefined ? ([anchorNode, anchorOffset] as const) : pointAt(root, anchor);
  const to = focus === undefined ? ([focusNode, focusOffset] as const) : pointAt(root, focus);
  selection.setBaseAndExtent(...from, ...to);
}

/** The number of characters of `root` before a point in it. */
function placeOf(root: Element, node: Node | null, offset: number): number | undefined {
  if (!node || !root.contains(node)) return undefined;
  const before = document.createRange();
  before.setStart(root, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

/** Finds the point in `root` after this many characters. */
function pointAt(root: Element, place: number): readonly [Node, number] {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let left = place; texts.nextNode(); ) {
    const text = texts.currentNode as Text;
    if (left <= text.length) return [text, left];
    left -= text.length;
  }
  return [root, root.childNodes.length];
}
