"""The job `send_mail`: one mail of an account, composed when it is sent, so that its secret stands in no job."""

from collections.abc import Mapping
from typing import Any

from flask import current_app

from app.config import Config
from app.domain import mails


def send(payload: Mapping[str, Any]) -> None:
    """Mail the one-time link whose id is `payload["link"]`; raises what makes the job be tried again."""
    config: Config = current_app.config["PASSLINE"]
    site = config.public_url or f"http://127.0.0.1:{config.web_port}"
    mails.send_link(int(payload["link"]), config, site, payload.get("language"))
