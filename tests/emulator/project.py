"""A checkout of the project with a samconfig.toml of its own, in which its commands are run as a user runs them."""

import os
import pathlib
import signal
import subprocess
import tempfile

from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What of the checkout is not shared: what the commands write.
OWN = {".aws-sam", "samconfig.toml"}
# Nothing else: the user may have an account, and settings of `make`.
INHERITED = ["HOME", "CARGO_HOME", "RUSTUP_HOME"]
LIMIT = 300


class Project:
    """A folder, whose name has a blank in it, as folders have."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str]):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="my project ", dir=folder))
        for path in ROOT.iterdir():
            if path.name not in OWN:
                (self.folder / path.name).symlink_to(path)
        tools = ROOT / ".tools" / "venv" / "bin"
        self.environment = {
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            "PATH": f"{tools}:{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.3",
            **environment,
        }

    def run(self, *command: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess:
        """Runs a command with what is typed to it. Its errors are in its output, where a user sees them."""
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # With all that it starts, so that nothing of it outlives it.
            start_new_session=True,
        )
        try:
            shown, _ = process.communicate(typed, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(command, process.returncode, shown)

    def make(self, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess:
        return self.run("make", "--silent", *arguments, typed=typed, **environment)

    def terminal(self, *command: str, **environment: str) -> Terminal:
        """Runs a command in a new terminal."""
        return Terminal(self.folder, {**self.environment, "TERM": "dumb", **environment}, *command)

    def configure(self, stack: str, parameters: dict[str, str], region: str, environment: str = "default") -> None:
        """Writes a stack of samconfig.toml, in place of what is there."""
        overrides = ",\n".join(f"  '{name}=\"{value}\"'" for name, value in parameters.items())
        text = f"""version = 0.1
[{environment}.deploy.parameters]
stack_name = "{stack}"
region = "{region}"
resolve_s3 = true
capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
confirm_changeset = true
parameter_overrides = [
{overrides}
]
"""
        (self.folder / "samconfig.toml").write_text(text)
