#!/bin/sh
# The broker that the tests start: Java on PATH, Kafka's jars in .tools/kafka/libs.
# Does nothing where both are there, or where DRIFTWATCH_TEST_KAFKA names a broker that runs; the
# tests that kill their broker need one of their own all the same, and fail where it is missing.
set -eu
cd "$(dirname "$0")/.."
. tools/system.sh

[ -z "${DRIFTWATCH_TEST_KAFKA:-}" ] || exit 0

libs=.tools/kafka/libs
pom=tools/kafka/pom.xml

java_is_fit() {
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

# The jars are those of this pom.xml, all of them: it is copied beside them last.
jars_are_there() {
    cmp -s "$pom" "$libs/pom.xml"
}

missing=
java_is_fit || missing=openjdk-17-jre-headless
jars_are_there || command -v mvn >/dev/null 2>&1 || missing="${missing:+$missing }maven"

if [ -n "$missing" ]; then
    can_install || fail "The tests need a Kafka broker, and that needs Java 17 or newer and Maven:" \
        "install $missing (or set DRIFTWATCH_TEST_KAFKA to a broker you have), then try again."
    apt_update
    # Newer releases of Debian and Ubuntu have left Java 17 behind.
    if ! apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed 's/openjdk-17-jre-headless/default-jre-headless/')
    fi
    # shellcheck disable=SC2086 # two packages are two words
    apt_install $missing
    java_is_fit || fail "Java 17 or newer is installed, but the java on PATH is another:" \
        "$(command -v java). Put the newer one first."
fi

if ! jars_are_there; then
    echo "fetching Kafka's jars with Maven" >&2
    mkdir -p .tools/kafka
    fresh=$(mktemp -d .tools/kafka/fresh.XXXXXX)
    trap 'rm -rf "$fresh"' EXIT
    mvn --quiet --batch-mode --strict-checksums --file "$pom" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$PWD/$fresh" </dev/null >"$fresh/mvn.log" 2>&1 || {
        cat "$fresh/mvn.log" >&2
        fail "Maven could not fetch Kafka's jars; it says why above."
    }
    rm "$fresh/mvn.log"
    cp "$pom" "$fresh/pom.xml"
    chmod 755 "$fresh"
    rm -rf "$libs"
    mv "$fresh" "$libs"
fi
