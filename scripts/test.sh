#!/usr/bin/env bash
# Runs the whole suite, and once more, alone, what failed in it: five tests at most, named in what is printed.
#
# Browsers, killed servers and clocks share a few cores with all other tests, and a machine that is starved for a
# moment breaks a deadline that is no promise of ours. A fault fails twice.
set -euo pipefail

python=$1
shift
most=5

"$python" -m pytest -n auto --dist load -rs "$@" && exit 0
status=$?
[ "$status" -eq 1 ] || exit "$status"  # 1: tests failed; all else is no test's fault

failed=$("$python" -c 'import json; print(len(json.load(open(".pytest_cache/v/cache/lastfailed"))))')
[ "$failed" -le "$most" ] || exit 1
echo
echo "== $failed failed beside others (above); once more, alone"
exec "$python" -m pytest --last-failed --last-failed-no-failures none -rs
