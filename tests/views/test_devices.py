"""Browsers and programs in words."""

import pytest

from app.views.devices import device

_MOZILLA = "Mozilla/5.0"
AGENTS = {
    f"{_MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36": "Chrome on Linux",
    f"{_MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0": "Edge on Windows",
    f"{_MOZILLA} (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1": "Safari on iPhone",
    f"{_MOZILLA} (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36": "Chrome on Android",
    f"{_MOZILLA} (Macintosh; Intel Mac OS X 10.15; rv:120.0) Gecko/20100101 Firefox/120.0": "Firefox on Mac",
    "Till 7": "Till 7",
    "python-httpx/0.27": "python-httpx",
    "<script>": "Unknown",
    "": "Unknown",
}


@pytest.mark.parametrize(("agent", "words"), AGENTS.items())
def test_it_says_what_people_say(agent, words):
    assert device(agent) == words
