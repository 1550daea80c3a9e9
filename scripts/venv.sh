#!/bin/sh
# Makes the virtual environment in the folder given, with the first Python from 3.11 on that this machine has.
set -eu

usable() { "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if usable "$python"; then
        exec "$python" -m venv "$1"
    fi
done
echo "Passline needs Python 3.11 or later with its venv module, and found none." >&2
echo "On Debian and Ubuntu: apt-get install python3-venv; elsewhere: https://www.python.org/downloads/" >&2
echo "With another name for it: PYTHON=/path/to/python make run" >&2
exit 1
