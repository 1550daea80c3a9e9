"""The demo's access point, and the FreeRADIUS that the demo does not have: one lets guests in, the other says whom.

The page at /hotspot is a guest's phone in the restaurant's Wi-Fi: type a code, be connected, leave. `AccessPoint` lets
in, counts, ends what Session-Timeout and the data limit end, and obeys Disconnect-Requests on a real UDP port; the
decisions are those of radius_simulator_tables.py. For the demo and tests alone.
"""

import socket
import sqlite3
import threading
from datetime import UTC, datetime

import psycopg
import structlog
from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pyrad import packet

from app.config import Config

from .radius import NOT_FOUND, dictionary
from .radius_simulator_tables import ADDRESS, Accepted, Radius, Refused

_log = structlog.get_logger(__name__)
# The phones that the page offers, by what an access point knows of them.
PHONES = {"02-00-00-00-00-01": "First phone", "02-00-00-00-00-02": "Second phone", "02-00-00-00-00-03": "A laptop"}
# Seconds between two looks of the access point at its sessions.
PERIOD = 5.0

bp = Blueprint("hotspot", __name__, url_prefix="/hotspot")


class AccessPoint:
    """Lets phones in, looks after their sessions, and ends those that it is asked to end."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.radius = Radius(config)

    def log_in(self, code: str, device: str) -> Accepted | Refused:
        """Connect `device` with `code`; whatever it had open ends."""
        at = _now()
        code = code.replace("-", "").strip().upper()
        answer = self.radius.authorize(code, device, at)
        if isinstance(answer, Accepted):
            self.log_out(device)
            self.radius.start(code, device, at)
        return answer

    def log_out(self, device: str) -> None:
        """The guest leaves."""
        for session in self.radius.open_sessions(callingstationid=device):
            self.radius.count(session, _now(), "User-Request")

    def look(self) -> None:
        """Tell of each session, and end those whose time or data is used up."""
        at = _now()
        for session in self.radius.open_sessions():
            left = self.radius.left(session["username"], at)
            # A pass that was withdrawn stays connected until we are asked to end it, as at a real access point.
            over = isinstance(left, Refused) and "over" in left.words
            self.radius.count(session, at, "Session-Timeout" if over else None)

    def disconnect(self, user_name: str, session_id: str) -> bool:
        """End the session that a Disconnect-Request names; False where there is none."""
        found = self.radius.open_sessions(username=user_name, acctsessionid=session_id)
        for session in found:
            self.radius.count(session, _now(), "Admin-Reset")
        return bool(found)


class Ears:
    """The access point's UDP port for Disconnect-Requests (RFC 5176), signed with the secret that it shares with us."""

    def __init__(self, access_point: AccessPoint) -> None:
        self.access_point = access_point
        self.secret = access_point.config.radius_secret.encode()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ADDRESS, access_point.config.radius_coa_port))

    def run(self) -> None:
        """Answer until `stop`."""
        with self.socket:
            while True:
                data, source = self.socket.recvfrom(4096)
                if not data:
                    return
                if answer := self._answer(data):
                    self.socket.sendto(answer, source)

    def stop(self) -> None:
        """An empty packet is the sign to stop."""
        self.socket.sendto(b"", self.socket.getsockname())

    def _answer(self, data: bytes) -> bytes | None:
        try:
            request = packet.CoAPacket(secret=self.secret, dict=dictionary(), packet=data)
        except packet.PacketError:
            return None
        if request.code != packet.DisconnectRequest or not request.VerifyCoARequest():
            return None
        done = self.access_point.disconnect(request["User-Name"][0], request["Acct-Session-Id"][0])
        reply = request.CreateReply()
        reply.code = packet.DisconnectACK if done else packet.DisconnectNAK
        if not done:
            reply["Error-Cause"] = NOT_FOUND
        _log.info("hotspot.disconnect", found=done)
        answer: bytes = reply.ReplyPacket()
        return answer


def serve(config: Config) -> None:
    """Listen for Disconnect-Requests and look after the sessions, in threads beside this one, as long as it lives."""
    access_point = AccessPoint(config)
    ears = Ears(access_point)
    threading.Thread(target=ears.run, name="hotspot ears", daemon=True).start()
    threading.Thread(target=_look_after, args=(access_point,), name="hotspot", daemon=True).start()


def _look_after(access_point: AccessPoint, stop: threading.Event | None = None) -> None:
    stop = stop or threading.Event()
    while not stop.wait(PERIOD):
        try:
            access_point.look()
        except (sqlite3.Error, psycopg.Error) as error:
            _log.warning("hotspot.late", error=str(error))


def install(app: Flask, config: Config, _clock: object = None) -> None:
    """Put the page onto the simulators' application; `serve` has to be called besides, once in a process."""
    app.extensions["hotspot"] = AccessPoint(config)
    app.register_blueprint(bp)


@bp.get("/")
def hotspot() -> str:
    return _page()


@bp.get("/login")
@bp.post("/login")
def login() -> ResponseReturnValue:
    # As at a real one, what is sent may come from the restaurant's own page: `username` and `password`.
    device = request.values.get("device", next(iter(PHONES)))
    code = request.values.get("username", "")
    answer = _access_point().log_in(code, device if device in PHONES else next(iter(PHONES)))
    if isinstance(answer, Refused):
        return _page(answer.words), 403
    return redirect(url_for(".hotspot"), 303)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    _access_point().log_out(request.form.get("device", ""))
    return redirect(url_for(".hotspot"), 303)


def _access_point() -> AccessPoint:
    access_point: AccessPoint = current_app.extensions["hotspot"]
    return access_point


def _page(refusal: str = "") -> str:
    access_point = _access_point()
    sessions = {session["callingstationid"]: session for session in access_point.radius.open_sessions()}
    shop = f"{access_point.config.public_url or ''}/wifi/mama-wanjiru"
    return render_template("simulator/hotspot.html", phones=PHONES, sessions=sessions, refusal=refusal, shop=shop)


def _now() -> datetime:
    return datetime.now(UTC)
