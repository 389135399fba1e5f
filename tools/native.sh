#!/bin/sh
# Compiles the part of Driftwatch in native/ into .venv. It is optional for those who run Driftwatch,
# and not for those who test it: without a C compiler one is installed, or asked for.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

headers=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("include"))')
if ! command -v cc >/dev/null 2>&1 || [ ! -f "$headers/Python.h" ]; then
    can_install || fail "The compiled part needs a C compiler and Python's headers:" \
        "install gcc and python3-dev, then try again."
    apt_update
    apt_install gcc libc6-dev python3-dev
fi

echo "compiling native/ into .venv" >&2
# Built in a copy, so that nothing is left behind among the sources.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R native/. "$copy"
.venv/bin/python -m pip --disable-pip-version-check --quiet install --no-build-isolation --no-deps \
    --force-reinstall "$copy"
