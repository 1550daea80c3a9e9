"""Our own processes as tests start them: each with the settings of a Config, stopped and mistreated like any server."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import requests

from app.config import ROOT, Config
from tests.services import Server, end_with_parent, free_port


def environment(config: Config) -> dict[str, str]:
    """The environment in which a process reads these settings, whatever is set here."""
    return {
        **os.environ,
        "PASSLINE_ENV": config.env,
        "SECRET_KEY": config.secret_key,
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url or "",
        "LISTEN_HOST": config.listen_host,
        "WEB_PORT": str(config.web_port),
        "GATEWAY_PORT": str(config.gateway_port),
        "GATEWAY_URL": config.gateway_url or "",
        "ALLOWED_ORIGINS": ",".join(config.allowed_origins),
        "TRUSTED_PROXIES": ",".join(map(str, config.trusted_proxies)),
        "LOG_RETENTION_HOURS": str(config.log_retention_hours),
        "CONNECTIONS_PER_ADDRESS": str(config.connections_per_address),
        "CONNECTIONS_PER_PERSON": str(config.connections_per_person),
        "TILE_URL": config.tile_url or "",
        "TILE_ATTRIBUTION": config.tile_attribution,
        "LOG_LEVEL": config.log_level,
        "PUBLIC_URL": config.public_url or "",
        "MPESA_URL": config.mpesa_url or "",
        "MPESA_CONSUMER_KEY": config.mpesa_consumer_key,
        "MPESA_CONSUMER_SECRET": config.mpesa_consumer_secret,
        "MPESA_PASSKEY": config.mpesa_passkey,
        "MPESA_SHORTCODE": config.mpesa_shortcode,
        "MPESA_SOURCES": ",".join(map(str, config.mpesa_sources)),
        "SMS_URL": config.sms_url or "",
        "SMS_USERNAME": config.sms_username,
        "SMS_API_KEY": config.sms_api_key,
        "SMS_SENDER": config.sms_sender,
        "RADIUS_SECRET": config.radius_secret,
        "RADIUS_COA_PORT": str(config.radius_coa_port),
        "SESSION_IDLE_HOURS": str(config.session_idle_hours),
        "ADMIN_IDLE_HOURS": str(config.admin_idle_hours),
        "REQUIRE_SECOND_FACTOR": config.require_second_factor,
        "SMTP_URL": config.smtp_url or "",
        "MAIL_FROM": config.mail_from if config.smtp_url else "",
        "MAIL_FOLDER": config.mail_folder,
        "SIMULATOR_PORT": str(config.simulator_port),
        "PYTHONUNBUFFERED": "1",
    }


class Process(Server):
    """One of the three. Those that listen do so at `port`: the one that was asked for, or a free one."""

    module: Sequence[str]
    listens_at: str | None = None  # the setting
    ready_at = ""

    def __init__(self, config: Config, port: int | None = None) -> None:
        super().__init__()
        self.port = port or self.port
        self.http = f"http://127.0.0.1:{self.port}"
        self.config = replace(config, **{self.listens_at: self.port}) if self.listens_at else config

    def command(self) -> list[str]:
        return [sys.executable, "-m", *self.module]

    def spawn(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        # Tests read its log, however quiet the test's own application is.
        said = environment(replace(self.config, log_level="INFO"))
        # One that is stopped (SIGSTOP) obeys nothing else.
        end = end_with_parent(signal.SIGKILL)
        return super().spawn(command, **{"cwd": ROOT, "env": said, "preexec_fn": end, **options})

    def answers(self) -> bool:
        """Whether it is ready; one that does not listen shows its life in its row alone."""
        if not self.listens_at:
            return True
        try:
            return requests.get(f"{self.http}{self.ready_at}", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def remove(self) -> None:
        """Killed: how it stops in order has tests of its own."""
        self.kill()
        super().remove()

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def logged(self) -> str:
        return self.log.read_text(errors="replace")


class Web(Process):
    """gunicorn with the project's own settings."""

    module = ("gunicorn", "wsgi:app")
    listens_at = "web_port"
    ready_at = "/readyz"

    def __init__(self, config: Config, port: int | None = None) -> None:
        super().__init__(config, port)
        # As people write it: cookies are for one host.
        self.http = f"http://localhost:{self.port}"


class Worker(Process):
    """Deadlines and the schedule."""

    module = ("app.jobs",)


class SimulatorProcess(Process):
    """The stand-ins for M-Pesa and text messages, as the demo starts them (tests/simulator.py has one in a thread)."""

    module = ("app.providers",)
    listens_at = "simulator_port"
    ready_at = "/healthz"

    def __init__(self, config: Config, port: int | None = None) -> None:
        # Its access point listens at the port of the RFC, which only one process of this machine can have.
        super().__init__(replace(config, radius_coa_port=free_port()), port)
