/** JSON, indented and coloured. */

import { element } from "./element.js";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const block = element("pre.json", { tabIndex: 0 });
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match;
    block.append(text.slice(end, match.index));
    const tone = string ? (colon ? "name" : "string") : word ? "word" : "number";
    block.append(element(`span.${tone}`, {}, string ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  block.append(text.slice(end));
  return block;
}

/** What DynamoDB writes as `{"S": "text"}`, as plain JSON. */
export function plain(attribute) {
  const [[type, value]] = Object.entries(attribute);
  switch (type) {
    case "N":
      return Number(value);
    case "NULL":
      return null;
    case "NS":
      return value.map(Number);
    case "L":
      return value.map(plain);
    case "M":
      return plainItem(value);
    default:
      return value;
  }
}

export const plainItem = (item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
