/** The usage that AWS would have charged. */

import { byId, element, replace } from "./element.js";
import { count, dollars } from "./units.js";

export async function readMeter() {
  return (await fetch("/local/meter")).json();
}

export function showCost({ usage, bill }, reset) {
  const largest = Math.max(...bill.items.map((item) => item.dollars), Number.MIN_VALUE);
  const row = ({ name, quantity, dollars: sum }) => {
    const bar = element("span.share", { "aria-hidden": "true" });
    bar.style.width = `${(sum / largest) * 100}%`;
    return element(
      "tr",
      {},
      element("td", {}, name),
      element("td.number", {}, Number.isInteger(quantity) ? String(quantity) : quantity.toFixed(3)),
      element("td.number", {}, dollars(sum)),
      element("td.number", {}, bill.turns ? dollars((sum / bill.turns) * 1000, 4) : "—"),
      element("td.bars", {}, bar),
    );
  };
  const basis =
    bill.turn === "modelInvocation"
      ? count(bill.turns, "invocation that called the model", "invocations that called the model")
      : count(bill.turns, "message from a client", "messages from clients");
  const head = ["item", "quantity", "cost", "for a thousand turns", ""].map((name) => element("th", {}, name));
  replace(
    byId("cost"),
    element(
      "div.figures",
      {},
      figure("so far", dollars(bill.dollars)),
      figure("for a thousand turns", bill.dollarsPerThousandTurns === null ? "—" : dollars(bill.dollarsPerThousandTurns, 4), `by ${basis}`),
      figure(
        "messages",
        String(usage.messagesIn + usage.messagesOut),
        `${usage.messagesIn} in, ${usage.messagesOut} out, in steps of 32 KB`,
      ),
      figure("connection minutes", String(usage.connectionMinutes)),
    ),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...bill.items.map(row))),
    element("p.quiet", {}, "On-demand prices of us-east-1 and arm64, without free tiers, logs, data transfer and the model’s own price."),
    element("button", { id: "reset", type: "button", onclick: reset }, "Begin anew"),
  );
}

function figure(name, value, more) {
  return element("div.figure", {}, element("b", {}, value), element("span", {}, name), more && element("span.quiet", {}, more));
}
