"""What the settings say of log-ins, as the domain takes it."""

from datetime import timedelta

from flask import current_app

from app.config import Config
from app.domain.sessions import Rules


def rules() -> Rules:
    """How long a log-in may lie unused, and whether admins need a second factor."""
    config: Config = current_app.config["PASSLINE"]
    return Rules(
        idle=timedelta(hours=config.session_idle_hours),
        admin_idle=timedelta(hours=config.admin_idle_hours),
        admins_need_second_factor=config.require_second_factor == "admin",
    )
