// The tools of the tests, and the server that executes some of them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { within } from "./waiting.js";

/**
 * Each tool of the server, with what it needs. All answer with their argument: `slow` when it is released, `long` with 15 KB more, and
 * `huge` with more than a frame holds.
 */
const HTTP_TOOLS = {
  lookup: "",
  slow: "",
  long: "",
  huge: "",
  pay: 'approval = "always"',
};
/** How many characters some of them add. */
const MORE = { long: 15_000, huge: 100_000 };
/** Each tool of the client. */
const CLIENT_TOOLS = ["locate"];

const PARAMETERS = `parameters = '{"type": "object", "properties": {"n": {"type": "string"}}}'`;

/** Starts the server. `variables` are those of a stack whose agent has the tools, beside `ask_user`. */
export async function startTools() {
  const calls = [];
  const held = new Map();
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      const tool = request.url.slice(1);
      const { n } = JSON.parse(Buffer.concat(chunks).toString() || "{}");
      calls.push({ tool, n });
      if (tool === "slow") await new Promise((resolve) => held.set(n, resolve));
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ tool, n, ...(tool in MORE && { more: "x".repeat(MORE[tool]) }) }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const folder = await mkdtemp(path.join(tmpdir(), "natter-tools-"));
  const file = path.join(folder, "tools.toml");
  const declared = (name, ...lines) => ["[[tool]]", `name = "${name}"`, ...lines, ""].join("\n");
  const description = 'description = "For tests."';
  const tools = [
    'private_hosts = ["127.0.0.1"]',
    declared("ask_user", 'kind = "builtin"'),
    ...Object.entries(HTTP_TOOLS).map(([name, more]) =>
      declared(name, description, 'kind = "http"', 'method = "POST"', `url = "${url}/${name}"`, PARAMETERS, more),
    ),
    ...CLIENT_TOOLS.map((name) => declared(name, description, 'kind = "client"', PARAMETERS)),
  ];
  await writeFile(file, tools.join("\n"));

  /** The arguments `n` with which a tool was called. */
  const called = (tool) => calls.filter((call) => call.tool === tool).map(({ n }) => n);
  return {
    variables: { TOOLS_FILE: file },
    called,
    /** Waits for the call of a tool with this argument. */
    arrived: (tool, n) => within(60, () => called(tool).includes(n), `the call of ${tool} with ${n}`),
    /** Lets the call of `slow` with this argument end. */
    release: (n) => held.get(n)(),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
