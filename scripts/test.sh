#!/usr/bin/env bash
# Runs the whole suite, and once more, alone, what failed in it: five tests at most, named at the end.
#
# Browsers, killed servers and clocks share a few cores with all other tests, and a machine that is starved for a
# moment breaks a deadline that is no promise of ours. What shows races has one chance: they show themselves rarely.
set -euo pipefail

python=$1
shift
most=5
once='tests/test_races|tests/faults/|no_hole_and_no_double'

"$python" -m pytest -n auto --dist load -rs "$@" && exit 0
status=$?
[ "$status" -eq 1 ] || exit "$status"  # 1: tests failed; all else is no test's fault

failed=$("$python" -c 'import json; print(*json.load(open(".pytest_cache/v/cache/lastfailed")), sep="\n")')
if [ "$(wc -l <<<"$failed")" -gt "$most" ] || grep -Eq "$once" <<<"$failed"; then
    exit 1
fi
echo
echo "== Failed beside the others (above); once more, alone:"
"$python" -m pytest --last-failed --last-failed-no-failures none -rs
echo "== Passed alone, after they had failed beside the others:"
echo "$failed"
