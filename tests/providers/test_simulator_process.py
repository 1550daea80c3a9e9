"""`python -m app.providers` as the demo starts it: it serves, ends at once whoever hangs on, and not in production."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace

import httpx

from app.config import ROOT
from tests.conftest import settings
from tests.processes import SimulatorProcess, environment


def test_it_serves_quietly_and_ends_at_once_though_somebody_waits():
    process = SimulatorProcess(replace(settings("sqlite:///:memory:"), sms_username="u", sms_api_key="k")).start()
    try:
        assert "Simulator" in httpx.get(f"{process.http}/phone").text
        httpx.post(f"{process.http}/control/sms", json={"send": "hang"}).raise_for_status()
        form = {"username": "u", "to": "+254712345678", "message": "Hello"}

        def wait():
            with suppress(httpx.HTTPError):
                httpx.post(f"{process.http}/version1/messaging", data=form, headers={"apiKey": "k"}, timeout=20)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not httpx.get(f"{process.http}/control/sms/messages").json()["items"]:
            time.sleep(0.02)
        began = time.monotonic()
        process.stop()
        assert time.monotonic() - began < 2
        waiting.join()
        said = [line.split()[3] for line in process.logged().splitlines()]
        assert said == ["simulator.started", "simulator.stopped"]
    finally:
        process.remove()


def test_it_refuses_to_run_in_production():
    said = environment(replace(settings("sqlite:///:memory:"), env="production", secret_key="k" * 40))
    ended = subprocess.run(
        [sys.executable, "-m", "app.providers"], cwd=ROOT, env=said, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert "PASSLINE_ENV=demo" in ended.stderr
