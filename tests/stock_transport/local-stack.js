// Starts the real local stack, which starts the real functions, with a separate data folder.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { within } from "./waiting.js";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PROGRAM = path.join(ROOT, "target/debug/natter-local");

/** A folder for one test's data. */
export const newDataFolder = () => mkdtemp(path.join(tmpdir(), "natter-test-"));

/**
 * Starts a stack on a free port. Given `data`, it goes on with what is stored there; else it starts empty and leaves nothing.
 * `variables` go to its functions, and `site` is a folder that it serves.
 */
export async function startLocalStack({ data, variables, site } = {}) {
  const folder = data ?? (await newDataFolder());
  const flags = ["--template", "template.yaml", "--functions", "target/debug", "--port", "0", "--data", folder];
  if (site) flags.push("--site", site);
  const child = spawn(PROGRAM, flags, {
    cwd: ROOT,
    // Nothing else of the environment: a developer's model key must not make a test talk to a real model.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // The processes do not outlive the test, however it ends.
  process.once("exit", () => child.kill("SIGTERM"));
  process.once("SIGTERM", () => process.exit(1));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => output.push(line));
  }

  const url = await within(
    30,
    () => {
      if (child.exitCode !== null) throw new Error(`natter-local ended:\n${output.join("\n")}`);
      return output.find((line) => line.startsWith("ready "))?.slice("ready ".length);
    },
    () => `natter-local to be ready:\n${output.join("\n")}`,
  );

  const getJson = async (address) => {
    const response = await fetch(url + address);
    if (!response.ok) throw new Error(`GET ${address} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };

  const modelCalls = async (text) =>
    (await getJson("/model/calls")).filter((call) => call.messages.findLast(({ role }) => role === "user").content.endsWith(text));

  return {
    url,
    socketUrl: `${url.replace("http", "ws")}/local`,

    /** A development token of `user`, good for `seconds`. */
    async token(user, seconds = 3600) {
      return (await getJson(`/token?user=${encodeURIComponent(user)}&seconds=${seconds}`)).token;
    },

    /** The calls that the model got for the message `text`, oldest first. */
    modelCalls,

    /** The last of them, once there is one. */
    modelCall: (text) => within(10, async () => (await modelCalls(text)).at(-1), "the model to be called"),

    /** Kills all processes of the function `message`, wherever they are in a turn. */
    async killMessageFunction() {
      const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,comm="]);
      const processes = stdout
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/));
      const ours = processes.filter(([, parent, program]) => Number(parent) === child.pid && path.basename(program) === "message");
      if (ours.length === 0) throw new Error("no process of the function message runs");
      for (const [pid] of ours) process.kill(Number(pid), "SIGKILL");
    },

    /** Ends the stack and its functions. */
    async stop() {
      child.kill("SIGTERM");
      const deadline = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(deadline);
      if (!data) await rm(folder, { recursive: true, force: true });
    },
  };
}
