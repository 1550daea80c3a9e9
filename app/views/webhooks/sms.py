"""Delivery reports of text messages, as Africa's Talking posts them."""

import hmac

from flask import current_app, request
from flask.typing import ResponseReturnValue

from app.domain import messages, sms_reports
from app.errors import NotFound

from . import bp


@bp.post("/sms/<secret>")
def sms_receipt(secret: str) -> ResponseReturnValue:
    if not hmac.compare_digest(secret.encode(), current_app.config["PASSLINE"].webhook_secret("sms").encode()):
        raise NotFound
    sms_reports.take(request.form.to_dict(), provider=messages.PROVIDER, address=request.remote_addr or "")
    return "", 200
