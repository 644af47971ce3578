// Servers of MCP that other teams have written: each a process, which can be killed and started again at the same address.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { within } from "../stock_transport/waiting.js";

const HERE = import.meta.dirname;
const TOOLS = path.resolve(HERE, "../../.tools");
const CALCULATOR = path.join(HERE, "calculator.py");
const EVERYTHING = path.join(HERE, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** How each server is started at a port. */
export const EVERYTHING_SERVER = { command: () => [process.execPath, EVERYTHING, "streamableHttp"], variables: (port) => ({ PORT: port }) };
export const CALCULATORS = {
  "of Python's SDK, in the newest version": { command: (port) => [path.join(TOOLS, "mcp/bin/python"), CALCULATOR, port] },
  "of FastMCP, with sessions": { command: (port) => [path.join(TOOLS, "mcp_sessions/bin/python"), CALCULATOR, port] },
  "of FastMCP, without sessions": { command: (port) => [path.join(TOOLS, "mcp_sessions/bin/python"), CALCULATOR, port, "stateless"] },
};

/** Starts a server. */
export async function startServer({ command, variables = () => ({}) }) {
  const folder = await mkdtemp(path.join(tmpdir(), "natter-mcp-"));
  const calls = path.join(folder, "calls");
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/mcp`;
  let child;
  const output = [];
  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  };
  const start = async (more = {}) => {
    const [program, ...rest] = command(port);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, CALLS: calls, ...variables(port), ...more };
    child = spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output.push(String(data)));
    // It is there as soon as it answers anything.
    const answers = () =>
      fetch(url, { method: "DELETE" }).then(
        () => true,
        () => {
          if (child.exitCode !== null) throw new Error(`the server ended:\n${output.join("")}`);
          return false;
        },
      );
    await within(60, answers, () => `the server to answer:\n${output.join("")}`);
  };
  process.once("exit", () => child?.kill("SIGKILL"));
  await start();
  const called = async () => (await readFile(calls, "utf8").catch(() => "")).split("\n").filter(Boolean);
  return {
    url,
    /** A line for each call. */
    called,
    /** Waits for a call. */
    arrived: (call) => within(60, async () => (await called()).includes(call), `the call ${call}`),
    kill: stop,
    /** Starts it again, with these variables. */
    start,
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
