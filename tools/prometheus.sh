#!/bin/sh
# Prometheus, promtool and Alertmanager for the tests: those on PATH, else Debian's packages unpacked
# into .tools/prometheus. Nothing is installed, so no service starts and no root is needed for it.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

folder=.tools/prometheus

is_there() {
    command -v "$1" >/dev/null 2>&1 || [ -x "$folder/usr/bin/$1" ]
}

missing=
is_there prometheus && is_there promtool || missing=prometheus
# Debian renames Alertmanager's program.
is_there alertmanager || is_there prometheus-alertmanager || \
    missing="${missing:+$missing }prometheus-alertmanager"

# Debian's Alertmanager reads its templates from /usr/share, where an unpacked one has none. So the
# path in a copy of it is one of the same length: that of a folder which is opened for it.
loosen() {
    there=/usr/share/prometheus/alertmanager
    opened=/proc/self/fd/9/./././././././././
    LC_ALL=C sed "s#$there#$opened#g" "$folder/usr/bin/prometheus-alertmanager" \
        >"$folder/usr/bin/loose-alertmanager"
    cat >"$folder/usr/bin/alertmanager" <<'SCRIPT'
#!/bin/sh
usr=$(dirname "$(readlink -f "$0")")/..
exec 9<"$usr/share/prometheus/alertmanager"
exec "$usr/bin/loose-alertmanager" "$@"
SCRIPT
    chmod 755 "$folder/usr/bin/loose-alertmanager" "$folder/usr/bin/alertmanager"
}

finish() {
    unpacked="$folder/usr/bin/prometheus-alertmanager"
    [ ! -x "$unpacked" ] || [ -x "$folder/usr/bin/alertmanager" ] || loosen
    exit 0
}

[ -n "$missing" ] || finish

needed="The tests need Prometheus, promtool and Alertmanager on PATH"
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg >/dev/null 2>&1; then
    fail "$needed, and this system has no apt-get to fetch them with: install them, then try again."
fi

mkdir -p .tools
fresh=$(mktemp -d .tools/fresh.XXXXXX)
trap 'rm -rf "$fresh"' EXIT

# shellcheck disable=SC2086 # two packages are two words
download() { (cd "$fresh" && apt-get download -q $missing >apt.log 2>&1); }

echo "fetching $missing with apt-get" >&2
if ! download; then
    # The lists of packages are old, or were never fetched.
    if can_install; then apt_update; fi
    if ! download; then
        sed 's/^/  /' "$fresh/apt.log" >&2
        fail "$needed, and apt-get could not fetch them: run 'apt-get update' as root, then try again."
    fi
fi
mkdir -p "$folder"
for package in "$fresh"/*.deb; do
    dpkg -x "$package" "$folder"
done
finish
