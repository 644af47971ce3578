import type { Attributes, Element as TreeElement, Node as TreeNode } from "./tree";

/**
 * Changes the children of `parent` from `before` to `after`. An unchanged node is not touched, and a growing text node is appended to, so that a
 * selection in it stays.
 */
export function patch(parent: Element, before: readonly TreeNode[], after: readonly TreeNode[]) {
  if (before === after) return;
  const common = Math.min(before.length, after.length);
  for (let index = 0; index < common; index += 1) patchChild(parent, index, before[index]!, after[index]!);
  for (let index = before.length; index > after.length; index -= 1) parent.lastChild?.remove();
  if (after.length > common) parent.append(...after.slice(common).map(create));
}

function patchChild(parent: Element, index: number, before: TreeNode, after: TreeNode) {
  if (before === after) return;
  if (typeof before === "string" && typeof after === "string") return patchText(parent.childNodes[index] as Text, before, after);
  if (typeof before !== "string" && typeof after !== "string" && canBecome(before, after)) {
    if (before.sealed) return;
    const child = parent.childNodes[index] as Element;
    patchAttributes(child, before.attributes, after.attributes);
    return patch(child, before.children, after.children);
  }
  parent.childNodes[index]?.replaceWith(create(after));
}

/** Whether an element can be patched into the other. One with foreign content, such as a rendered formula, can only stay or be replaced. */
function canBecome(before: TreeElement, after: TreeElement): boolean {
  if (before.tag !== after.tag || before.sealed !== after.sealed) return false;
  return !before.sealed || (before.children[0] === after.children[0] && before.attributes["data-math"] === after.attributes["data-math"]);
}

function patchText(text: Text, before: string, after: string) {
  let same = 0;
  while (same < before.length && before.charCodeAt(same) === after.charCodeAt(same)) same += 1;
  text.replaceData(same, before.length - same, after.slice(same));
}

function patchAttributes(element: Element, before: Attributes, after: Attributes) {
  if (before === after) return;
  for (const name of Object.keys(before)) if (!(name in after)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(after)) if (before[name as keyof Attributes] !== value) element.setAttribute(name, value);
}

function create(node: TreeNode): Node {
  if (typeof node === "string") return document.createTextNode(node);
  const element = document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) element.setAttribute(name, value);
  element.append(...node.children.map(create));
  return element;
}
