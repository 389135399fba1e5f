# shellcheck shell=sh
# Sourced by the scripts beside it: how the system's package manager is asked.

fail() {
    echo "$*" >&2
    exit 1
}

# Runs a command as root, without ever asking for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

apt_update() {
    as_root apt-get update -q >/dev/null
}

apt_install() {
    echo "installing $* with apt-get" >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" </dev/null >/dev/null
}
