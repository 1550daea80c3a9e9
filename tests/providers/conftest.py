"""Fixtures of the providers' tests: the simulator called as Daraja is, and an address that notes what it is told."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from flask import Flask, request

from tests.simulator import Simulator, digits, served

PHONE = "+254712345678"
OTHER = "+254798765432"


class Listener:
    """A web address that answers 200 and notes path and body of each call, in order."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.app = Flask("listener")
        self.app.add_url_rule("/<path:path>", "hear", self.hear, methods=["POST"])

    def hear(self, path: str) -> str:
        self.heard.append((f"/{path}", request.get_json()))
        return ""

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        return [body["Body"]["stkCallback"] for _, body in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()
    with served(heard.app) as heard.url:
        yield heard


class Daraja:
    """Calls the simulator as a merchant calls Daraja."""

    def __init__(self, simulator: Simulator, callback_url: str) -> None:
        self.simulator = simulator
        self.callback_url = callback_url
        self.headers = {"Authorization": f"Bearer {self.token().json()['access_token']}"}

    def token(self, key: str = "secret", grant: str = "client_credentials") -> httpx.Response:
        url = f"{self.simulator.url}/oauth/v1/generate?grant_type={grant}"
        return self.simulator.client.get(url, auth=("key", key))

    def push(self, phone: str = PHONE, amount: object = 650, timeout: float = 5, **more: object) -> httpx.Response:
        body = {
            **self.signed(),
            "TransactionType": "CustomerPayBillOnline",
            "Amount": amount,
            "PartyA": digits(phone),
            "PartyB": "174379",
            "PhoneNumber": digits(phone),
            "CallBackURL": self.callback_url,
            "AccountReference": "7K3MWQ2",
            "TransactionDesc": "Order 7K3MWQ2",
        }
        return self.post("/mpesa/stkpush/v1/processrequest", {**body, **more}, timeout)

    def query(self, checkout_id: str) -> httpx.Response:
        return self.post("/mpesa/stkpushquery/v1/query", {**self.signed(), "CheckoutRequestID": checkout_id})

    def post(self, path: str, body: object, timeout: float = 5) -> httpx.Response:
        return self.simulator.client.post(self.simulator.url + path, json=body, headers=self.headers, timeout=timeout)

    def signed(self) -> dict[str, str]:
        at = "20261129104500"
        password = base64.b64encode(f"174379passkey{at}".encode()).decode()
        return {"BusinessShortCode": "174379", "Password": password, "Timestamp": at}


@pytest.fixture
def daraja(simulator: Simulator, listener: Listener) -> Daraja:
    return Daraja(simulator, f"{listener.url}/webhooks/mpesa/secret/token")


@pytest.fixture
def pushed(daraja: Daraja) -> Callable[..., str]:
    """Push to a phone; the CheckoutRequestID."""
    return lambda *args, **more: daraja.push(*args, **more).raise_for_status().json()["CheckoutRequestID"]
