// `make watch`: functions that cargo-lambda rebuilds when their source changes, behind the local gateway. A separate suite,
// since it builds, and since it changes a file of the source for a while.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { WebSocket } from "ws";
import { newDataFolder } from "./local-stack.js";
import { script } from "./scripted-model.js";
import { ask, openChat, textOf } from "./stock-client.js";
import { within } from "./waiting.js";

const ROOT = path.resolve(import.meta.dirname, "../..");
const SOURCE = path.join(ROOT, "functions/message/src/main.rs");
const BEGIN = "async fn message(app: &ChatApp, request: Request) -> Result<Response<Body>, Error> {\n";
const LINE = "the source was changed";

/** Timeout of a build from scratch, in seconds. */
const BUILD_TIMEOUT_SECONDS = 600;

it("a changed function is rebuilt and handles the next turn", async (t) => {
  const watched = await startWatching(t);
  const reply = async (text) => textOf(await ask(openChat(t, watched), script({ text })));
  // The first invocation of each function has it built, for which a handshake does not wait.
  await within(
    BUILD_TIMEOUT_SECONDS,
    () => watched.connects(),
    () => `a connection:\n${watched.output.slice(-20).join("\n")}`,
  );
  assert.equal(await reply("As it was."), "As it was.");
  assert.ok(!watched.output.some((line) => line.includes(LINE)));

  changeSource(t);
  await within(
    BUILD_TIMEOUT_SECONDS,
    async () => {
      const shown = await reply("As it is now.").catch(() => undefined);
      return shown === "As it is now." && watched.output.some((line) => line.includes(LINE));
    },
    () => `a turn of the changed function:\n${watched.output.slice(-20).join("\n")}`,
  );
});

/** Has the function log a line more, until the test has ended, however it ends. */
function changeSource(t) {
  const source = readFileSync(SOURCE, "utf8");
  assert.ok(source.includes(BEGIN), "the handler begins as this test expects");
  const restore = () => writeFileSync(SOURCE, source);
  process.once("exit", restore);
  t.after(() => {
    process.off("exit", restore);
    restore();
  });
  writeFileSync(SOURCE, source.replace(BEGIN, `${BEGIN}    tracing::error!("${LINE}");\n`));
}

async function startWatching(t) {
  // Where Rust is, and nothing else of what this machine may have set.
  const { PATH, HOME, CARGO_HOME, RUSTUP_HOME } = process.env;
  const tools = Object.fromEntries(Object.entries({ PATH, HOME, CARGO_HOME, RUSTUP_HOME }).filter(([, value]) => value));
  const [port, invokePort, data] = [await freePort(), await freePort(), await newDataFolder()];
  const child = spawn("infra/development/watch.sh", {
    cwd: ROOT,
    // A separate process group, with all that it starts.
    detached: true,
    env: { ...tools, PORT: port, INVOKE_PORT: invokePort, DATA_DIR: data },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.once("exit", end);
  process.once("SIGTERM", () => process.exit(1));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    end();
    await exited;
    await rm(data, { recursive: true, force: true });
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => output.push(line));
  }
  await within(
    60,
    () => {
      if (child.exitCode !== null) throw new Error(`make watch ended:\n${output.join("\n")}`);
      return output.some((line) => line.startsWith("ready "));
    },
    () => `the gateway:\n${output.join("\n")}`,
  );

  const url = `http://127.0.0.1:${port}`;
  const token = async (user) => (await (await fetch(`${url}/token?user=${user}`)).json()).token;
  const socketUrl = `${url.replace("http", "ws")}/local`;
  const connects = async () => {
    const socket = new WebSocket(`${socketUrl}?token=${await token("alice")}`);
    return new Promise((resolve) => {
      socket.onopen = () => {
        socket.close();
        resolve(true);
      };
      socket.onerror = () => resolve(false);
    });
  };
  return { socketUrl, token, connects, output };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
