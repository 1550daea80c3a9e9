"""A Daraja that does as it is told: a real HTTP server on 127.0.0.1 which speaks M-Pesa's API to one test at a time.

`pushes` and `queries` hold what comes next for each call (the last one stays), `truths` what a query about one prompt
is always answered; `asked` is what was asked, path by path.
A callback is posted by the test itself, with `callback`, to the address that the push named.
"""

import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

TOKEN = "/oauth/v1/generate"
PUSH = "/mpesa/stkpush/v1/processrequest"
QUERY = "/mpesa/stkpushquery/v1/query"

# What a call may be answered with; `hang` is an answer that comes after so many seconds.
ACCEPT = (200, {"ResponseCode": "0", "ResponseDescription": "Success. Request accepted for processing"})
BUSY = (500, {"requestId": "1", "errorCode": "500.001.1001", "errorMessage": "Unable to lock subscriber"})
BAD_PHONE = (400, {"requestId": "1", "errorCode": "400.002.02", "errorMessage": "Bad Request - Invalid PhoneNumber"})
BAD_TOKEN = (404, {"requestId": "1", "errorCode": "404.001.03", "errorMessage": "Invalid Access Token"})
BROKEN = (502, "<html>Bad gateway</html>")
STILL_ASKED = (
    500,
    {"requestId": "1", "errorCode": "500.001.1001", "errorMessage": "The transaction is being processed"},
)
UNKNOWN = (
    400,
    {"requestId": "1", "errorCode": "400.002.02", "errorMessage": "Bad Request - Invalid CheckoutRequestID"},
)
HANG_UP = (0, "")


def result(code: int | str, text: str = "as it is") -> tuple[int, dict[str, Any]]:
    """The answer to a query that knows how it went."""
    return 200, {"ResponseCode": "0", "ResponseDescription": "accepted", "ResultCode": str(code), "ResultDesc": text}


class Daraja:
    """The server and its script."""

    def __init__(self) -> None:
        self._checkouts = count(1)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.reset()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def reset(self) -> None:
        """Back to a provider that takes all, and knows nothing yet of how it went."""
        self.pushes: list[Any] = [ACCEPT]
        self.queries: list[Any] = [STILL_ASKED]
        self.truths: dict[str, Any] = {}
        self.tokens: list[Any] = [(200, {"access_token": "a token", "expires_in": "3599"})]
        self.asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.headers: list[dict[str, str]] = []
        self.hang = 0.0

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, said: dict[str, Any]) -> tuple[int, Any]:
        self.asked[path].append(said)
        script = {TOKEN: self.tokens, PUSH: self.pushes, QUERY: self.queries}[path]
        about = str(said.get("CheckoutRequestID"))
        status, body = self.truths.get(about) or (script.pop(0) if len(script) > 1 else script[0])
        if path == PUSH and (status, body) == ACCEPT:
            number = next(self._checkouts)
            body = {**body, "CheckoutRequestID": f"ws_CO_{id(self)}_{number}", "MerchantRequestID": f"m-{number}"}
        if path == QUERY and status == 200:
            body = {"CheckoutRequestID": about, **body}
        if path == PUSH:
            time.sleep(self.hang)
        return status, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        daraja = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.respond({})

            def do_POST(self) -> None:
                self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def respond(self, said: dict[str, Any]) -> None:
                daraja.headers.append(dict(self.headers))
                status, body = daraja.answer(self.path.partition("?")[0], said)
                if status == 0:
                    self.close_connection = True
                    return
                sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *args: object) -> None:
                """Nothing: tests are quiet."""

        return Handler


def callback(
    payment: Any,
    code: int = 0,
    *,
    receipt: str | None = "SKT7RT61SV",
    amount: float | None = None,
    phone: str | None = None,
    **ids: str,
) -> dict[str, Any]:
    """What M-Pesa would say of `payment`; what is given differs from the truth."""
    said: dict[str, Any] = {
        "MerchantRequestID": payment.merchant_request_id or "m-0",
        "CheckoutRequestID": payment.checkout_request_id or f"ws_CO_late_{payment.id}",
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully." if code == 0 else f"Code {code}",
        **ids,
    }
    if code == 0:
        items = {
            "Amount": payment.amount_minor / 100 if amount is None else amount,
            "MpesaReceiptNumber": receipt,
            "Balance": None,
            "TransactionDate": 20261129102115,
            "PhoneNumber": int((phone or payment.phone).lstrip("+")),
        }
        told = [{"Name": name} if value is None else {"Name": name, "Value": value} for name, value in items.items()]
        said["CallbackMetadata"] = {"Item": told}
    return {"Body": {"stkCallback": said}}
