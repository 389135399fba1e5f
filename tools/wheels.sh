#!/bin/sh
# Builds the wheels of Driftwatch and of its compiled part, the latter for this system and Python.
# usage: tools/wheels.sh [FOLDER]       (dist by default)
set -eu
cd "$(dirname "$0")/.."
folder=${1:-dist}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R native/. "$copy"
for source in . "$copy"; do
    .venv/bin/python -m pip --disable-pip-version-check --quiet wheel --no-build-isolation --no-deps \
        --wheel-dir "$folder" "$source"
done
ls "$folder"/*.whl
