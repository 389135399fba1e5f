#!/bin/sh
# Writes the lock files: exact versions with hashes, for every supported Python and system.
# usage: tools/lock.sh UV [OPTION...]       (--upgrade takes the newest versions)
set -eu
uv=$1
shift

compile() {
    output=requirements/$1.lock
    shift
    echo "writing $output" >&2
    "$uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file "$output" "$@"
}

# run is what the container holds; the other two agree with it on every version.
compile run --extra all "$@"
compile demo --group pyproject.toml:build --constraint requirements/run.lock "$@"
compile dev --extra all --group pyproject.toml:dev --constraint requirements/run.lock \
    --constraint requirements/demo.lock "$@"

# What builds the image's packages and its pages; the same versions again, and nothing else.
only() {
    echo "writing requirements/$1.lock" >&2
    "$uv" pip compile --group "pyproject.toml:$1" --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet \
        --output-file "requirements/$1.lock" --constraint requirements/dev.lock
}
only wheels
only docs

# What locks is locked as well.
"$uv" pip compile requirements/uv.in --universal --generate-hashes --no-header \
    --no-emit-index-url --quiet --output-file requirements/uv.lock
