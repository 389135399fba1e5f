#!/bin/sh
# Helm and a checker of compose files, built from their Go modules into .tools/helm. Needs Go; does
# nothing where both are there in these versions. The first build takes some 4 minutes on two cores,
# a later one with Go's cache some seconds.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

helm=v3.22.0
compose=v2.16.2
kubernetes=1.37 # what `helm template` takes the cluster for

folder=.tools/helm
stamp="$helm $compose $kubernetes"

[ "$(cat "$folder/versions" 2>/dev/null)" != "$stamp" ] || exit 0
command -v go >/dev/null 2>&1 || fail "The chart's tests need Go: install it (https://go.dev/dl), then try again."

mkdir -p .tools
fresh=$(mktemp -d .tools/fresh.XXXXXX)
trap 'rm -rf "$fresh"' EXIT

# Whatever GOFLAGS, GOBIN or a go.work of the surroundings say; the sums of modules are checked as ever.
build() { # MODULE@VERSION NAME [LINKER FLAGS]
    echo "building $1" >&2
    env -u GOOS -u GOARCH GOFLAGS=-mod=mod GOWORK=off GO111MODULE=on CGO_ENABLED=0 GOBIN="$PWD/$fresh/bin" \
        go install -trimpath -ldflags "-s -w ${3:-}" "$1" </dev/null
    # Go names a program after the last part of its path.
    name=$(basename "${1%@*}")
    [ "$name" = "$2" ] || mv "$fresh/bin/$name" "$fresh/bin/$2"
}

pkg=helm.sh/helm/v3
build "$pkg/cmd/helm@$helm" helm "-X $pkg/internal/version.version=$helm \
-X $pkg/pkg/chartutil.k8sVersionMajor=${kubernetes%.*} \
-X $pkg/pkg/chartutil.k8sVersionMinor=${kubernetes#*.}"
build "github.com/compose-spec/compose-go/v2/cmd@$compose" compose-spec

echo "$stamp" >"$fresh/versions"
chmod 755 "$fresh"
rm -rf "$folder"
mv "$fresh" "$folder"
