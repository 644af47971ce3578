// A reply of several model calls.
import { joinPages, toChatMessages } from "../../clients/web/src/conversation/history.ts";
import { getText, hasContent } from "../../clients/web/src/messages/chat-message.ts";
import { expect, test } from "@playwright/test";

const stepStart = { type: "step-start" } as const;
const text = (text: string) => ({ type: "text", text }) as const;
const reasoning = { type: "reasoning", text: "Let me see." } as const;

const read = (...parts: (typeof stepStart | typeof reasoning | ReturnType<typeof text>)[]) =>
  toChatMessages([{ id: "m1", role: "assistant", parts, metadata: { status: "complete", createdAt: 0 } }]);

test("the texts of two steps have a blank line between them", () => {
  const textOf = (...parts: Parameters<typeof read>) => getText(read(...parts)[0]!);
  expect(textOf(stepStart, text("One."), stepStart, reasoning, text("Two."))).toBe("One.\n\nTwo.");
  // Pieces of one step belong together, and a step without text leaves no trace.
  expect(textOf(stepStart, reasoning, stepStart, text("One, "), text("two."), stepStart)).toBe("One, two.");
});

test("a step without content shows nothing", () => {
  expect(hasContent(read(stepStart)[0]!)).toBe(false);
});

test("a reply split between pages is joined again, for any split", () => {
  const parts = [stepStart, text("One."), stepStart, text("Two.")];
  for (let cut = 0; cut <= parts.length; cut += 1) {
    expect(joinPages(read(...parts.slice(0, cut)), read(...parts.slice(cut)))).toEqual(read(...parts));
  }
  expect(joinPages(read(stepStart, text("One.")), read(text(" Two.")))).toEqual(read(stepStart, text("One. Two.")));
});
