#!/usr/bin/env bash
# Builds a release: packages, bills of materials and checksums, in target/release-packages.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/release-packages
infra/build.sh
infra/sbom.sh
rm -rf "$folder"
python infra/packages.py .aws-sam/build "$ARCHITECTURE" "$folder"
for bill in target/sbom/*.cdx.json; do
  # What a program is made of differs a little between processors.
  cp "$bill" "$folder/$(basename "$bill" .cdx.json)-$ARCHITECTURE.cdx.json"
done
(cd "$folder" && sha256sum -- * > "SHA256SUMS-$ARCHITECTURE")
