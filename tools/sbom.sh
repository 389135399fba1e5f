#!/bin/sh
# Writes what a container of Driftwatch holds as a CycloneDX document: every package of
# requirements/run.lock with its version and its hashes.
# The same lock gives the same file, to the byte; nothing is asked of the network.
# usage: tools/sbom.sh [FILE]       (build/driftwatch.cdx.json by default)
set -eu
cd "$(dirname "$0")/.."
output=${1:-build/driftwatch.cdx.json}
: "${PYTHON:=.venv/bin/python}"

mkdir -p "$(dirname "$output")"
# A lock does not say which package asks for which: the warning that the graph is incomplete is true.
"$PYTHON" -W ignore::UserWarning -m cyclonedx_py requirements requirements/run.lock \
    --pyproject pyproject.toml --output-reproducible --validate --output-file "$output"
