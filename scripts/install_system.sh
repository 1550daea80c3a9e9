#!/usr/bin/env bash
# Installs the servers and the browser that the real-service tests use: PostgreSQL, Redis, Chromium, nginx, FreeRADIUS.
#
# Only on Debian and Ubuntu, only as root (or with PASSLINE_INSTALL=1 through sudo), only what is missing.
# No service is started and no database cluster is made: the tests start their own, in throwaway folders.
# Elsewhere it says which tests will be skipped, and why; that is an error only where CI is set.
set -euo pipefail

has_postgres() { compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null; }
has_redis() { command -v redis-server >/dev/null; }
# Without windows and menus to draw that nobody sees; Debian has it, and everybody else the whole browser.
has_shell() { command -v chromium-headless-shell >/dev/null; }
has_chromium() { command -v chromium >/dev/null && ! is_snap_stub "$(command -v chromium)"; }
has_nginx() { command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; }
has_freeradius() { command -v freeradius >/dev/null || [ -x /usr/sbin/freeradius ]; }
has_radius_sql() { compgen -G "/usr/lib/freeradius/rlm_sql_postgresql.so" >/dev/null; }
has_radclient() { command -v radclient >/dev/null; }
is_snap_stub() { head -c 512 "$1" | tr -d '\0' | grep -q '/snap/bin'; }

. /etc/os-release 2>/dev/null || ID=unknown

missing=()
skipped=()
want() { # want <question> <package> <which tests need it>
    "$1" && return
    missing+=("$2")
    skipped+=("$2 is not installed: $3 will be skipped")
}
want has_postgres postgresql "tests on PostgreSQL"
want has_redis redis-server "tests with Redis"
if [ "$ID" != debian ]; then
    want has_chromium chromium "browser tests"
elif ! has_chromium; then
    want has_shell chromium-headless-shell "browser tests"
elif ! has_shell && { [ "$(id -u)" -eq 0 ] || [ "${PASSLINE_INSTALL:-}" = 1 ]; }; then
    missing+=(chromium-headless-shell)  # quicker, but they run without
fi
want has_nginx nginx-light "tests behind nginx"
want has_freeradius freeradius "tests with FreeRADIUS"
want has_radius_sql freeradius-postgresql "tests with FreeRADIUS"
want has_radclient freeradius-utils "tests with FreeRADIUS"

[ ${#missing[@]} -eq 0 ] && exit 0

# On a build machine (CI is set) a test that is left out is no green: there it is an error.
say_skipped() { printf 'note: %s\n' "${skipped[@]}" "$1"; [ -z "${CI:-}" ] || exit 1; exit 0; }

case " $ID ${ID_LIKE:-} " in
    *" debian "* | *" ubuntu "*) ;;
    *) say_skipped "install them by hand to run these tests too (this is not Debian or Ubuntu)" ;;
esac

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    [ "${PASSLINE_INSTALL:-}" = 1 ] || say_skipped "PASSLINE_INSTALL=1 make test installs them through sudo"
    as_root=(sudo)
fi

# Ubuntu's chromium package only points to a snap, which does not run in containers and under CI users.
if [ "$ID" = ubuntu ]; then
    kept=()
    for package in "${missing[@]}"; do
        if [ "$package" = chromium ]; then
            echo "note: Ubuntu's chromium package is a snap stub: not installed; browser tests will be skipped"
        else
            kept+=("$package")
        fi
    done
    missing=("${kept[@]+"${kept[@]}"}")
    [ ${#missing[@]} -eq 0 ] && exit 0
fi

# While packages are set up: a policy that no service may start, and no cluster "main". Both go away again.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/passline-tests.conf
made=()
tidy() { [ ${#made[@]} -eq 0 ] || "${as_root[@]}" rm -f "${made[@]}"; }
trap tidy EXIT
if [ ! -e "$policy" ]; then
    made+=("$policy")
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi
if [ ! -e "$no_cluster" ]; then
    made+=("$no_cluster")
    "${as_root[@]}" mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$no_cluster" >/dev/null
fi

echo "Installing ${missing[*]} (no service is started) ..."
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null; }
log=$(mktemp)
if ! { apt update && apt install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    [ ${#skipped[@]} -gt 0 ] || exit 0
    say_skipped "apt could not install them; the reason is above"
fi
rm -f "$log"
