#!/usr/bin/env bash
# Checks every dependency for known vulnerabilities. Needs the network: RustSec's database on GitHub, and npm's registry.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "Rust (RustSec) …"
cargo deny --log-level warn check advisories

for lock in $(git ls-files '*package-lock.json'); do
  echo "$(dirname "$lock") (npm) …"
  npm audit --prefix "$(dirname "$lock")"
done
