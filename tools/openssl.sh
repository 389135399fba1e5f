#!/bin/sh
# OpenSSL, with which the tests make their certificates.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

command -v openssl >/dev/null 2>&1 && exit 0
can_install || fail "The tests need openssl: install it, then try again."
apt_update
apt_install openssl
