"""Every setting, typed and explained, read from the environment (and `.env`) in this one place.

`Config.from_env()` collects all that is wrong and fails once, naming each setting. `<NAME>_FILE` reads a setting from
a file, for secrets that must not stand in an environment. Nothing else in the project reads the environment.
"""

import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"

Environment = Literal["production", "demo", "test"]
Network = IPv4Network | IPv6Network


_TILE = ("{z}", "{x}", "{y}")
# No more than a host: it stands in the Content-Security-Policy of every page.
_TILE_HOST = re.compile(r"(\{s\}\.)?([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\])(:\d+)?")


# Whom Safaricom calls back from (Daraja's documentation, "Go live").
_SAFARICOM = (
    *("196.201.214.200", "196.201.214.206", "196.201.213.114", "196.201.214.207", "196.201.214.208"),
    *("196.201.213.44", "196.201.212.127", "196.201.212.138", "196.201.212.129", "196.201.212.136"),
    *("196.201.212.74", "196.201.212.69"),
)
# What must be said beside a provider's address.
_NEEDED = {
    "mpesa": ("mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_passkey", "mpesa_shortcode", "public_url"),
    "sms": ("sms_username", "sms_api_key", "public_url"),
}


class ConfigError(Exception):
    """The settings cannot be used; the message has one line for each that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one process. All three processes of an installation read the same ones."""

    env: Environment = "production"
    # Signs the session cookie; web and gateway must have the same.
    secret_key: str = field(repr=False)
    # SQLAlchemy URL: sqlite:///… or postgresql+psycopg://…
    database_url: str = field(repr=False)
    # Unset: the embedded path, one gateway beside one database.
    redis_url: str | None = field(default=None, repr=False)
    listen_host: str = "127.0.0.1"
    web_port: int = 5000
    gateway_port: int = 5001
    # How long a log-in may lie unused before it ends: everybody's, and an admin's.
    session_idle_hours: int = 336
    admin_idle_hours: int = 12
    # Who must have a second factor (an authenticator app): nobody, or admins.
    require_second_factor: str = "none"
    # How mail goes out: smtp://user:password@host:587 (with STARTTLS) or smtps://…; None: it lies in `mail_folder` in
    # demo and test, and production hands links over by hand.
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "Passline <passline@localhost>"
    mail_folder: str = str(INSTANCE / "mail")
    # What browsers use; None: the page's own host with `gateway_port`.
    gateway_url: str | None = None
    # Whose pages may use the cookie on the gateway: scheme://host[:port], never `*`.
    allowed_origins: tuple[str, ...] = ()
    # Whose X-Forwarded-* headers count.
    trusted_proxies: tuple[Network, ...] = ()
    # How long a row of the event log is kept after it was written.
    log_retention_hours: int = 24
    # How many sockets one gateway opens for one address (a mobile network is one), and for one person or link.
    connections_per_address: int = 1_000
    connections_per_person: int = 100
    # Where maps get their tiles, https://host/{z}/{x}/{y}.png; None: a plain schematic, and no other host is asked.
    tile_url: str | None = None
    # Whom the tiles' makers want named beside the map.
    tile_attribution: str = ""
    log_level: str = "INFO"
    # Where providers and guests reach the web application from outside, https://host; webhooks need it.
    public_url: str | None = None
    # M-Pesa (Daraja): its base URL, https://api.safaricom.co.ke; None: no prompts, an admin settles by reference.
    mpesa_url: str | None = None
    mpesa_consumer_key: str = field(default="", repr=False)
    mpesa_consumer_secret: str = field(default="", repr=False)
    mpesa_passkey: str = field(default="", repr=False)
    mpesa_shortcode: str = ""
    # Who may call back about payments: the addresses that Safaricom publishes; in demo and test this machine.
    mpesa_sources: tuple[Network, ...] = ()
    # Text messages (Africa's Talking): its base URL, https://api.africastalking.com; None: none are sent.
    sms_url: str | None = None
    sms_username: str = ""
    sms_api_key: str = field(default="", repr=False)
    # A name or short code that was registered with the provider; empty: the provider's own.
    sms_sender: str = ""
    # Shared with the access points, for Disconnect-Requests (RFC 5176), where the table `nas` has no other.
    radius_secret: str = field(default="", repr=False)
    radius_coa_port: int = 3799
    # The demo's stand-in for M-Pesa, text messages and an access point.
    simulator_port: int = 5002

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the one file beside us."""
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> str:
        """Where that file is."""
        return self.database_url.removeprefix("sqlite:///")

    @property
    def sends_mail(self) -> bool:
        """Whether a mail gets anywhere: to a server, or in demo and test into a folder."""
        return self.smtp_url is not None or self.env != "production"

    def webhook_secret(self, provider: str) -> str:
        """The secret part of the address at which `provider` calls back: the same in each process, never stored."""
        return hmac.new(self.secret_key.encode(), f"passline webhook {provider}".encode(), "sha256").hexdigest()[:32]

    @property
    def tile_origin(self) -> str | None:
        """Whose pictures the maps load, as a Content-Security-Policy spells it."""
        if self.tile_url is None:
            return None
        parts = urlsplit(self.tile_url)
        return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"

    @property
    def libpq_url(self) -> str:
        """The PostgreSQL database for psycopg itself: without the name of the driver."""
        return self.database_url.replace("+psycopg", "", 1)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """The settings of this process; `environ` replaces environment and `.env` together.

        Raises ConfigError once, with every problem.
        """
        if environ is None:
            environ = {
                **{k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None},
                **os.environ,
            }
        return _Reader(environ).config()


class _Reader:
    """Reads one environment and collects what is wrong with it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def config(self) -> Config:
        env = self.environment()
        web_port = self.port("WEB_PORT", Config.web_port)
        settings = Config(
            env=env,
            secret_key=self.secret_key(env),
            database_url=self.database_url(env),
            redis_url=self.url("REDIS_URL", ("redis", "rediss", "unix")),
            listen_host=self.text("LISTEN_HOST") or Config.listen_host,
            web_port=web_port,
            gateway_port=self.port("GATEWAY_PORT", Config.gateway_port),
            gateway_url=self.url("GATEWAY_URL", ("http", "https")),
            allowed_origins=self.origins(env, web_port),
            trusted_proxies=self.networks("TRUSTED_PROXIES"),
            log_retention_hours=self.number("LOG_RETENTION_HOURS", Config.log_retention_hours, low=1, high=24 * 365),
            connections_per_address=self.number(
                "CONNECTIONS_PER_ADDRESS", Config.connections_per_address, low=1, high=1_000_000
            ),
            connections_per_person=self.number(
                "CONNECTIONS_PER_PERSON", Config.connections_per_person, low=1, high=1_000_000
            ),
            session_idle_hours=self.number("SESSION_IDLE_HOURS", Config.session_idle_hours, low=1, high=24 * 365),
            admin_idle_hours=self.number("ADMIN_IDLE_HOURS", Config.admin_idle_hours, low=1, high=24 * 365),
            require_second_factor=self.choice("REQUIRE_SECOND_FACTOR", Config.require_second_factor, ("none", "admin")),
            **self.mail(),
            tile_url=self.tile_url(),
            tile_attribution=self.text("TILE_ATTRIBUTION") or "",
            log_level=self.choice("LOG_LEVEL", Config.log_level, ("DEBUG", "INFO", "WARNING", "ERROR")),
            **self.providers(env, web_port),
        )
        if env == "demo" and settings.listen_host != "127.0.0.1":
            self.problems.append("LISTEN_HOST: the demo listens on 127.0.0.1 alone (its passwords are public)")
        if settings.smtp_url and not settings.public_url:
            # The host of a request is the visitor's to say: a link in a mail must not lead where they want.
            self.problems.append("PUBLIC_URL: required with SMTP_URL, for the links in mails")
        if self.problems:
            raise ConfigError("\n".join(self.problems))
        return settings

    def providers(self, env: Environment, web_port: int) -> dict[str, Any]:
        """Payments, text messages and Wi-Fi: in the demo all of them are the simulator."""
        port = self.port("SIMULATOR_PORT", Config.simulator_port)
        is_demo = env == "demo"
        simulator, words = (f"http://127.0.0.1:{port}", "demo") if is_demo else (None, "")
        settings = {
            "public_url": self.url("PUBLIC_URL", ("http", "https")) or (is_demo and f"http://127.0.0.1:{web_port}"),
            "mpesa_url": self.url("MPESA_URL", ("http", "https")) or simulator,
            "mpesa_consumer_key": self.text("MPESA_CONSUMER_KEY") or words,
            "mpesa_consumer_secret": self.text("MPESA_CONSUMER_SECRET") or words,
            "mpesa_passkey": self.text("MPESA_PASSKEY") or words,
            "mpesa_shortcode": self.text("MPESA_SHORTCODE") or ("174379" if is_demo else ""),
            "mpesa_sources": self.networks("MPESA_SOURCES") or _callers(env),
            "sms_url": self.url("SMS_URL", ("http", "https")) or simulator,
            "sms_username": self.text("SMS_USERNAME") or words,
            "sms_api_key": self.text("SMS_API_KEY") or words,
            "sms_sender": self.text("SMS_SENDER") or "",
            "radius_secret": self.text("RADIUS_SECRET") or words,
            "radius_coa_port": self.port("RADIUS_COA_PORT", Config.radius_coa_port),
            "simulator_port": port,
        }
        settings["public_url"] = settings["public_url"] or None
        for provider, needed in _NEEDED.items():
            missing = [name for name in needed if not settings[name]] if settings[f"{provider}_url"] else []
            self.problems += [f"{name.upper()}: required with {provider.upper()}_URL" for name in missing]
        return settings

    def mail(self) -> dict[str, Any]:
        """How mail goes out, and from whom."""
        url, sender = self.text("SMTP_URL"), self.text("MAIL_FROM")
        parts = urlsplit(url or "")
        if url is not None and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            self.problems.append("SMTP_URL: must look like smtp://user:password@host:587 or smtps://user:password@host")
        if url is not None and sender is None:
            self.problems.append("MAIL_FROM: required with SMTP_URL")
        folder = self.text("MAIL_FOLDER") or str(INSTANCE / "mail")
        return {"smtp_url": url, "mail_from": sender or Config.mail_from, "mail_folder": folder}

    def text(self, name: str) -> str | None:
        path = self.environ.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip() or None
            except OSError as error:
                self.problems.append(f"{name}_FILE: {error.strerror}: {path}")
                return None
        return (self.environ.get(name) or "").strip() or None

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name) or default
        if value not in allowed:
            self.problems.append(f"{name}: {value!r} is none of {', '.join(allowed)}")
            return default
        return value

    def environment(self) -> Environment:
        allowed = get_args(Environment)
        chosen = self.choice("PASSLINE_ENV", Config.env, allowed)
        return next(name for name in allowed if name == chosen)

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            self.problems.append(f"{name}: {value!r} is no whole number from {low} to {high}")
            return default
        return int(value)

    def port(self, name: str, default: int) -> int:
        return self.number(name, default, low=1, high=65535)

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and urlsplit(value).scheme not in schemes:
            self.problems.append(f"{name}: must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
            return None
        return value.rstrip("/") if value else None

    def tile_url(self) -> str | None:
        value = self.text("TILE_URL")
        if value is None:
            return None
        parts = urlsplit(value)
        is_web = parts.scheme in ("http", "https") and _TILE_HOST.fullmatch(parts.netloc)
        if not is_web or any(part not in value for part in _TILE):
            self.problems.append("TILE_URL: must look like https://host/{z}/{x}/{y}.png")
            return None
        return value

    def database_url(self, env: Environment) -> str:
        value = self.text("DATABASE_URL")
        if value is None:
            # The demo never shares a file with a real installation in the same folder.
            name = "demo.db" if env == "demo" else "passline.db"
            _make_instance()
            return f"sqlite:///{INSTANCE / name}"
        # The spelling that most hosting gives out; psycopg 3 is the driver that we bring.
        for scheme in ("postgres://", "postgresql://"):
            if value.startswith(scheme):
                value = "postgresql+psycopg://" + value.removeprefix(scheme)
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            self.problems.append("DATABASE_URL: must start with sqlite:/// or postgresql://")
        return value

    def secret_key(self, env: Environment) -> str:
        value = self.text("SECRET_KEY")
        if value is None and env == "demo":
            return _demo_secret_key()
        if value is None:
            self.problems.append(
                "SECRET_KEY: required; make one with `openssl rand -hex 32`. Or, beside the demo of `make run`: "
                "PASSLINE_ENV=demo .venv/bin/flask --app wsgi …"
            )
            return ""
        if env == "production" and len(value) < 32:
            self.problems.append("SECRET_KEY: shorter than 32 characters; make one with `openssl rand -hex 32`")
        return value

    def origins(self, env: Environment, web_port: int) -> tuple[str, ...]:
        value = self.text("ALLOWED_ORIGINS")
        if value is None:
            hosts = ("localhost", "127.0.0.1") if env != "production" else ()
            return tuple(f"http://{host}:{web_port}" for host in hosts)
        origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        for origin in origins:
            parts = urlsplit(origin)
            if "*" in origin:
                self.problems.append("ALLOWED_ORIGINS: `*` would let any page use a visitor's session; name each")
            elif parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
                self.problems.append(f"ALLOWED_ORIGINS: {origin!r} is not scheme://host[:port]")
        return origins

    def networks(self, name: str) -> tuple[Network, ...]:
        found = []
        for part in (self.text(name) or "").split(","):
            if part.strip():
                try:
                    found.append(ip_network(part.strip()))
                except ValueError:
                    self.problems.append(f"{name}: {part.strip()!r} is no address or network")
        return tuple(found)


def _callers(env: Environment) -> tuple[Network, ...]:
    return tuple(map(ip_network, _SAFARICOM if env == "production" else ("127.0.0.0/8", "::1")))


def _make_instance() -> None:
    """The folder of what this installation keeps: people's data and keys, so nobody else's to look into."""
    INSTANCE.mkdir(mode=0o700, exist_ok=True)


def _demo_secret_key() -> str:
    """The demo's random key, made once and shared by its three processes, readable by its owner alone."""
    _make_instance()
    path = INSTANCE / "secret_key"
    fresh = INSTANCE / f"secret_key.{os.getpid()}"
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
        try:
            # A link is made or refused as a whole: processes that start together agree on one key.
            os.link(fresh, path)
        except FileExistsError:
            return path.read_text(encoding="utf-8")
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8")
