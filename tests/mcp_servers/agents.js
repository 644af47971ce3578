// A directory with one agent that has the tools of an MCP server, and the program that locks them.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const PROGRAM = path.resolve(import.meta.dirname, "../../target/debug/agents");

/** Writes the directory. `more` are lines of the server's file. */
export async function writeAgents(url, more = "") {
  const directory = await mkdtemp(path.join(tmpdir(), "natter-agents-"));
  const write = async (file, text) => {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  };
  await write("assistant/agent.toml", 'name = "Assistant"\ntools = ["server"]\nlimits = { steps = 20, calls = 50 }\n');
  await write("assistant/instructions.md", "Help.\n");
  await write("tools/server.toml", `kind = "mcp"\nurl = "${url}"\nprivate_hosts = ["127.0.0.1"]\n${more}`);
  return {
    directory,
    /** Locks the tools, and returns what is said of it. */
    lock: async () => (await promisify(execFile)(PROGRAM, ["lock", directory])).stdout,
    /** Says what is wrong with the directory. */
    check: async () =>
      promisify(execFile)(PROGRAM, ["check", directory]).then(
        ({ stdout }) => stdout,
        ({ stderr }) => stderr,
      ),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
