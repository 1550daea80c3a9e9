"""M-Pesa's callbacks: from Safaricom's addresses alone, at a secret address that each attempt has for itself."""

import hmac
from ipaddress import ip_address

import orjson
import structlog
from flask import Response, current_app, request

from app.config import Config
from app.domain import payment_messages
from app.errors import Forbidden, NotFound

from . import bp

_LARGEST = 64 * 1024
_ACCEPTED = orjson.dumps({"ResultCode": 0, "ResultDesc": "Accepted"})
_log = structlog.get_logger(__name__)


@bp.post("/mpesa/<secret>/<token>")
def mpesa_callback(secret: str, token: str) -> Response:
    config: Config = current_app.config["PASSLINE"]
    if not hmac.compare_digest(secret.encode(), config.webhook_secret("mpesa").encode()):
        raise NotFound
    address = request.remote_addr or ""
    if not _may_call(address, config):
        # Nothing of the address beyond the sender: the rest is a secret.
        _log.warning("mpesa.stranger", address=address)
        raise Forbidden("Callbacks are taken from M-Pesa alone.")
    request.max_content_length = _LARGEST
    body = request.get_data().decode("utf-8", "replace")
    # Kept, that is all: whatever it says, M-Pesa need not say it again.
    payment_messages.receive(token, body, address=address)
    return Response(_ACCEPTED, content_type="application/json")


def _may_call(address: str, config: Config) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return any(caller in network for network in config.mpesa_sources)
