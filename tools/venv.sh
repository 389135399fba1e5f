#!/bin/sh
# Brings .venv up to a lock file, with this project installed in it as editable.
# usage: tools/venv.sh LOCKFILE
set -eu
lock=$1

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(tools/python.sh)
    "$python" -m venv --clear .venv
fi
pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }

echo "installing $lock into .venv" >&2
# Everything is in the lock file, with hashes: nothing is resolved here, the build backend included.
pip install --require-hashes --no-deps --requirement "$lock"
pip install --no-build-isolation --no-deps --editable .
