#!/usr/bin/env bash
# Writes bills of materials into target/sbom: of each function in template.yaml, of the web page and of the client package.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${ARCHITECTURE:-arm64}" in
  arm64) target=aarch64-unknown-linux-gnu ;;
  *) target=x86_64-unknown-linux-gnu ;;
esac
folder=target/sbom
mkdir -p "$folder"

binaries="$(python infra/template_functions.py template.yaml binaries)"
for binary in $binaries; do
  python infra/sbom.py "$binary" "$target" "$folder/$binary.cdx.json"
done
for client in web typescript; do
  npm sbom --silent --package-lock-only --omit dev --sbom-format cyclonedx --prefix "clients/$client" > "$folder/client-$client.cdx.json"
done
