#!/bin/sh
# Installs the real servers that some tests need, from Debian's packages. Run as root, or with sudo.
# varnish compiles its configuration, so it needs a C compiler and libc's headers.
set -eu
PACKAGES="varnish varnish-modules gcc libc6-dev chromium-headless-shell curl openssl nginx libnginx-mod-http-cache-purge squid redis-server apache2-bin nodejs node-express node-compression prometheus systemd"

missing=""
for package in $PACKAGES; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed"; then
        missing="$missing $package"
    fi
done
if [ -z "$missing" ]; then
    echo "Every server that the tests need is installed."
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "There is no apt-get here. Install by other means:$missing" >&2
    exit 1
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run this as root, to install:$missing" >&2; exit 1; }
    root="sudo"
fi

# The packages' own services must not start: the tests start servers of their own, on free ports.
policy=/usr/sbin/policy-rc.d
made=""
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
    $root chmod 755 "$policy"
    made=yes
fi
trap '[ -z "$made" ] || $root rm -f "$policy"' EXIT

echo "Installing$missing"
$root env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
