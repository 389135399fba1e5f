#!/bin/sh
# Prints the Python that .venv is made with: $PYTHON if it is set, else the first fit one on PATH.
# Where none is fit, says on standard error what to install.
set -u

fit='import sys; sys.exit(sys.version_info < (3, 11))'
whole='import ensurepip, venv'

if [ -n "${PYTHON:-}" ]; then
    candidates=$PYTHON
else
    candidates='python3 python3.14 python3.13 python3.12 python3.11'
fi

packages='python3 python3-venv'
found='' # a Python that is new enough, but comes without venv or ensurepip
old=''   # what is there, and too old
for candidate in $candidates; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    version=$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
    if ! "$candidate" -c "$fit" 2>/dev/null; then
        old="$old${old:+, }$candidate is $version"
        packages='python3.11 python3.11-venv, or newer ones'
    elif "$candidate" -c "$whole" >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    elif [ -z "$found" ]; then
        found=$("$candidate" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    fi
done

{
    if [ -n "$found" ]; then
        echo "Driftwatch is set up in a virtual environment, and $found has no venv or no ensurepip."
        echo "  Debian, Ubuntu:  apt-get install $found-venv"
        echo "  elsewhere:       install the package of your system that has Python's venv and ensurepip"
    else
        echo "Driftwatch needs Python 3.11 or newer; ${old:-none was found as: $candidates}."
        echo "  Debian, Ubuntu:  apt-get install $packages"
        echo "  Fedora:          dnf install python3"
        echo "  macOS:           brew install python@3.13"
    fi
    echo "Or name another Python: make setup PYTHON=/path/to/python3"
} >&2
exit 1
