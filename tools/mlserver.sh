#!/bin/sh
# The model server whose log the tests read: MLServer with scikit-learn, in .tools/mlserver, an
# environment of its own, for it wants other versions than Driftwatch does.
# usage: tools/mlserver.sh UV       (LOCK=1 writes requirements/mlserver.lock anew instead)
# Does nothing where the environment already is what the lock file says.
set -eu
cd "$(dirname "$0")/.."
uv=$PWD/${1#"$PWD/"}
lock=requirements/mlserver.lock
home=.tools/mlserver

if [ -n "${LOCK:-}" ]; then
    exec "$uv" pip compile requirements/mlserver.in --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --quiet --output-file "$lock"
fi

# The lock file is copied beside what it led to last, once all of that is there.
if cmp -s "$lock" "$home/installed.lock"; then
    exit 0
fi

echo "installing $lock into $home, some 400 MB" >&2
python=$(tools/python.sh)
rm -rf "$home"
"$python" -m venv --without-pip "$home"
"$uv" pip install --python "$home" --quiet --require-hashes --no-deps --requirement "$lock"
cp "$lock" "$home/installed.lock"
