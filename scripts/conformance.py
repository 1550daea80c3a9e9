"""Runs the official conformance suites of Engine.IO and Socket.IO against the gateway's transport (gateway/suite.py).

The suites are other people's code: they are fetched, at the commits below, and not kept. With CONFORMANCE_SUITES set
to a folder that has `engine.io-protocol` and `socket.io-protocol` in it, those are used instead. Their client is
replaced by conformance_client.js, which mends a race of its own.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assets import npm

ROOT = Path(__file__).resolve().parent.parent
SUITES = {
    "engine.io-protocol": "f21de7b00ed09b3bbad2807db718ea5d6bc36aba",
    "socket.io-protocol": "4f633dd6a4445492d57af3b27ddd2d336014f1f1",
}
# Written into the suites.
PORT = 3000


def fetched(name: str, folder: Path) -> Path:
    """A suite of one's own to run in: from CONFORMANCE_SUITES, or from its repository."""
    given = os.environ.get("CONFORMANCE_SUITES")
    if given:
        return Path(shutil.copytree(Path(given) / name / "test-suite", folder / name))
    repository = folder / f"{name}.git"
    git = ("git", "-C", str(repository))
    subprocess.run(["git", "init", "--quiet", str(repository)], check=True)
    origin = f"https://github.com/socketio/{name}.git"
    subprocess.run([*git, "fetch", "--quiet", "--depth", "1", origin, SUITES[name]], check=True)
    subprocess.run([*git, "checkout", "--quiet", "FETCH_HEAD"], check=True)
    return repository / "test-suite"


def passes(suite: Path) -> bool:
    """Install a suite's own packages, give it our client, and run it."""
    subprocess.run([npm(), "ci", "--silent", "--ignore-scripts"], cwd=suite, check=True)
    shutil.copy(ROOT / "scripts" / "conformance_client.js", suite / "node-imports.js")
    return subprocess.run(["node_modules/.bin/mocha", "test-suite.js"], cwd=suite).returncode == 0


def main() -> int:
    """0 when every case passes."""
    server = subprocess.Popen([sys.executable, "-m", "gateway.suite", str(PORT)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    break
            time.sleep(0.1)
        with tempfile.TemporaryDirectory(prefix="passline-conformance-") as folder:
            # Both, also when the first fails.
            outcomes = [passes(fetched(name, Path(folder))) for name in SUITES]
            return 0 if all(outcomes) else 1
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
