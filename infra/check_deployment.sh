#!/usr/bin/env bash
# Checks template.yaml and builds the deployment packages from it, as a deployment would, but without optimisation.
set -euo pipefail
cd "$(dirname "$0")/.."

# A folder of its own, so that a test never leaves unoptimised packages where `sam deploy` looks for them.
packages=target/deployment-check

echo "Checking template.yaml …"
# Each of the three finds mistakes that the others do not.
sam validate --lint
sam validate --region us-east-1
cfn-lint template.yaml

# The compiler here will do where the system and processor are those of a Lambda; elsewhere cargo-lambda takes zig.
if [ "$(uname -s)" = Linux ]; then export CARGO_LAMBDA_COMPILER=cargo; fi
case "$(uname -m)" in
  arm64 | aarch64) architecture=arm64 ;;
  *) architecture=x86_64 ;;
esac

echo "Building the packages for $architecture (some minutes from scratch) …"
# SAM knows two modes, release and debug. A release build takes minutes more and would check nothing more.
SAM_BUILD_MODE=debug sam build --build-dir "$packages" --parameter-overrides "Architecture=$architecture" > target/deployment-check.log 2>&1 || {
  cat target/deployment-check.log
  exit 1
}

for function in $(sed -n 's/^  \([A-Za-z][A-Za-z]*Function\):$/\1/p' template.yaml); do
  test -x "$packages/$function/bootstrap" || {
    echo "sam build made no program for $function; see Metadata in template.yaml." >&2
    exit 1
  }
done
echo "All packages are built."
