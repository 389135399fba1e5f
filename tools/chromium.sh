#!/bin/sh
# The browser that the tests look at pages with: Chromium on PATH, with fonts so that pictures look
# the same everywhere. Installed, not unpacked: Debian's package needs the libraries of many others.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

missing=
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || missing=chromium
if command -v fc-list >/dev/null 2>&1; then
    fc-list | grep -q LiberationSans || missing="${missing:+$missing }fonts-liberation"
else
    missing="${missing:+$missing }fontconfig fonts-liberation"
fi
# What turns a printed report into pictures.
command -v pdftoppm >/dev/null 2>&1 || missing="${missing:+$missing }poppler-utils"
[ -n "$missing" ] || exit 0

can_install || fail "The tests of the pages need Chromium on PATH, the Liberation fonts and pdftoppm:" \
    "install $missing, then try again."
apt_update
# shellcheck disable=SC2086 # several packages are several words
apt_install $missing
