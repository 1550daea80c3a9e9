"""Mail: over SMTP where the settings name a server, else as a file that the demo's owner can open.

Nothing here decides who is written to, or what (domain/mails.py). No secret of a mail is ever logged.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

# Seconds that a server may take for each answer.
_PATIENCE = 15


class Settings(Protocol):
    """The settings that mail needs (app/config.py)."""

    @property
    def smtp_url(self) -> str | None: ...
    @property
    def mail_from(self) -> str: ...
    @property
    def mail_folder(self) -> str: ...


class NotSent(Exception):
    """The mail did not get out; it may be tried again."""


def send(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Send one mail; NotSent when the server does not take it."""
    mail = _composed(settings.mail_from, to, subject, text)
    if settings.smtp_url is None:
        _put(mail, Path(settings.mail_folder))
        return
    try:
        _hand_to_server(mail, settings.smtp_url)
    except (smtplib.SMTPException, OSError) as error:
        # Without the server's words about whom it was for: errors are shown to admins, and logged.
        raise NotSent(f"The mail server did not take it: {type(error).__name__}.") from error


def _composed(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("<> ") or "localhost")
    # No out-of-office answers to a machine (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def _put(mail: EmailMessage, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}.eml"
    path.touch(mode=0o600)
    path.write_bytes(bytes(mail))


def _hand_to_server(mail: EmailMessage, url: str) -> None:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_PATIENCE, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=_PATIENCE)
    with server:
        if parts.scheme == "smtp" and (parts.username or _offers_tls(server)):
            # A password never goes over an open line: a server that offers no STARTTLS is refused here.
            server.starttls(context=secure)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _offers_tls(server: smtplib.SMTP) -> bool:
    server.ehlo_or_helo_if_needed()
    return server.has_extn("starttls")
