import { expect, test } from "./support/test.ts";

test("a reply appears as it is written", async ({ chat }) => {
  await chat.script({ tokens: 60, rate: 30 });
  await expect(chat.replies.last()).toContainText("w5");
  await expect(chat.button("Stop the reply")).toBeVisible();
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(Array.from({ length: 60 }, (_, n) => `w${n}`).join(" "));
});
