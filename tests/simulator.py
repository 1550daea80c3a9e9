"""The simulators for tests: a real HTTP server in a thread of the test, and the application behind another one.

Two fixtures (conftest.py): `simulator`, with nothing in its memory, and `connected`, the same as the providers of
`app`, which is served over HTTP meanwhile, so that callbacks and delivery reports reach it:

    simulator.set(callbacks="twice", pin="approve")     the switches of app/providers/mpesa_simulator/behaviour.py
    simulator.set(phone, pin="cancel")                  the same for one phone (any spelling)
    simulator.set_sms(receipts="never")                 those of app/providers/sms_simulator.py
    simulator.prompt(phone)     the open prompt of a phone, as /control/prompts tells of it; waits for one
    simulator.approve(phone), .cancel(phone), .wrong_pin(phone)     answer that prompt
    simulator.callbacks(checkout_id, count)             the callbacks that went out; waits for so many
    simulator.send(checkout_id, "failure", "truth")     post these now
    simulator.ledger()          the receipts for money that was really taken
    simulator.messages(phone)   the text messages that were taken, with their text
    within(seconds, question)   what `question` answers as soon as it is truthy
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from flask import Flask

from app.config import Config
from app.providers import serving, simulator

T = TypeVar("T")
PATIENCE = 10.0


def within(seconds: float, question: Callable[[], T]) -> T:
    """What `question` answers as soon as it is truthy; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)
    return answer


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """`app` at a port of 127.0.0.1, by threads; its address."""
    server = serving.start(app)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()


class Simulator:
    """The running simulators, and what a tester does to them."""

    def __init__(self, config: Config) -> None:
        self.config = replace(
            config,
            mpesa_consumer_key="key",
            mpesa_consumer_secret="secret",
            mpesa_passkey="passkey",
            mpesa_shortcode="174379",
            sms_username="sandbox",
            sms_api_key="sms key",
        )
        self.app = simulator.create(self.config)
        self.url = ""
        self.client = httpx.Client()

    @contextmanager
    def running(self) -> Iterator["Simulator"]:
        """Serve until the block ends."""
        with served(self.app) as self.url, self.client:
            yield self

    def settings(self, config: Config, public_url: str | None) -> Config:
        """`config` with the simulator as its providers, reached at `public_url` itself."""
        names = ("mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_passkey", "mpesa_shortcode")
        names = (*names, "sms_username", "sms_api_key")
        ours = {name: getattr(self.config, name) for name in names}
        return replace(config, mpesa_url=self.url, sms_url=self.url, public_url=public_url, **ours)

    def know(self, config: Config) -> None:
        """From now on reports about text messages go where `config` says."""
        self.app.extensions["sms_simulator"].config = config
        self.app.extensions["mpesa_simulator"].config = config

    def reset(self) -> None:
        self.post("/control/reset")
        self.post("/control/sms/reset")

    def set(self, phone: str = "", **switches: object) -> None:
        self.post("/control", phone=digits(phone), **switches)

    def set_sms(self, phone: str = "", **switches: object) -> None:
        self.post("/control/sms", phone=digits(phone), **switches)

    def set_balance(self, phone: str, shillings: int) -> None:
        self.post("/control/balances", phone=digits(phone), balance=shillings)

    def prompts(self, phone: str = "") -> list[dict[str, Any]]:
        """Of a phone (of all), the latest first."""
        return self.get(f"/control/prompts?phone={digits(phone)}")["items"]

    def prompt(self, phone: str) -> dict[str, Any]:
        open_ones = lambda: [each for each in self.prompts(phone) if each["result"] is None]  # noqa: E731
        return within(PATIENCE, open_ones)[0]

    def approve(self, phone: str) -> dict[str, Any]:
        return self._decide(phone, pin="1234")

    def wrong_pin(self, phone: str) -> dict[str, Any]:
        return self._decide(phone, pin="9999")

    def cancel(self, phone: str) -> dict[str, Any]:
        return self._decide(phone, cancel=True)

    def callbacks(self, checkout_id: str, count: int = 1) -> list[dict[str, Any]]:
        def gone() -> list[dict[str, Any]] | None:
            [prompt] = [each for each in self.prompts() if each["checkout_request_id"] == checkout_id]
            told: list[dict[str, Any]] = prompt["callbacks"]
            return told if len(told) >= count else None

        return within(PATIENCE, gone) or []

    def send(self, checkout_id: str, *kinds: str) -> list[dict[str, Any]]:
        """Post these callbacks about a prompt now, in this order; all that went out about it."""
        told: list[dict[str, Any]] = self.post(f"/control/prompts/{checkout_id}/callbacks", kinds=kinds)["callbacks"]
        return told

    def send_held(self) -> int:
        return int(self.post("/control/held")["sent"])

    def ledger(self) -> list[dict[str, Any]]:
        return self.get("/control/ledger")["items"]

    def messages(self, phone: str = "") -> list[dict[str, Any]]:
        """The text messages to a phone (to all), the latest first."""
        return self.get(f"/control/sms/messages?phone={digits(phone)}")["items"]

    def get(self, path: str) -> dict[str, Any]:
        return self.client.get(self.url + path).raise_for_status().json()

    def post(self, path: str, **said: object) -> dict[str, Any]:
        return self.client.post(self.url + path, json=said).raise_for_status().json()

    def _decide(self, phone: str, **how: object) -> dict[str, Any]:
        return self.post(f"/control/prompts/{self.prompt(phone)['checkout_request_id']}/decision", **how)


def digits(phone: str) -> str:
    """As M-Pesa writes it."""
    return phone.removeprefix("+")
