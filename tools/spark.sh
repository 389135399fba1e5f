#!/bin/sh
# The Spark that tests/spark builds baselines on: pyspark with all that it brings, and what
# Driftwatch itself needs, in .tools/spark; and a Java to run it with.
# usage: tools/spark.sh UV       (LOCK=1 writes requirements/spark.lock anew instead)
# Does nothing where the environment already is what the lock file says.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh
uv=$PWD/${1#"$PWD/"}
lock=requirements/spark.lock
home=.tools/spark

if [ -n "${LOCK:-}" ]; then
    exec "$uv" pip compile pyproject.toml --extra spark --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --quiet --output-file "$lock"
fi

if ! command -v java >/dev/null 2>&1; then
    can_install || fail "Spark needs Java 17 or newer; install one and run this again"
    apt_update
    apt_install openjdk-17-jre-headless
fi

# The lock file is copied beside what it led to last, once all of that is there.
if cmp -s "$lock" "$home/installed.lock"; then
    exit 0
fi

echo "installing $lock into $home, some 900 MB" >&2
python=$(tools/python.sh)
rm -rf "$home"
"$python" -m venv --without-pip "$home"
"$uv" pip install --python "$home" --quiet --require-hashes --no-deps --requirement "$lock"
cp "$lock" "$home/installed.lock"
