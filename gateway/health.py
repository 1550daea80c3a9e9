"""Health over HTTP: /live (the loop turns), /ready (events can arrive, or the reasons why not), /metrics, /trace.

/live says which process answers. /trace says how many sockets were given which rows, and who was refused, to the person
who runs this alone: to whoever can sign the question with our key, which names the gateway that is meant.
"""

import os
import socket
from math import isfinite

from flask import Flask, Response, jsonify, request

from app.contract import operator

from .parts import Parts

# As our row in `processes` names us: whoever asks may have come to another gateway than the one that was meant.
_ME = f"{socket.gethostname()}:{os.getpid()}"
# Positions that one question may name: as many as an address has room for.
_MOST = 1000


def register(app: Flask, parts: Parts) -> None:
    """Put the four addresses onto the gateway's own small Flask application."""

    @app.get("/live")
    def live() -> Response:
        return jsonify(status="live", gateway=_ME)

    @app.get("/ready")
    def ready() -> tuple[Response, int]:
        reasons = why_not(parts)
        place = parts.fanout.position if parts.fanout.has_begun else None
        # A feed that has begun may still have to read its first rows.
        lag = round(parts.feed.lag * 1000) if isfinite(parts.feed.lag) else None
        status = "not ready" if reasons else "ready"
        return jsonify(status=status, reasons=reasons, position=place, lag_ms=lag), 503 if reasons else 200

    @app.get("/metrics")
    def metrics() -> Response:
        parts.metrics.position.set(parts.fanout.n)
        return Response(parts.metrics.text(), mimetype="text/plain; version=0.0.4")

    @app.get("/trace")
    def trace() -> tuple[Response, int]:
        asked = operator.question(request.method, request.path, request.query_string.decode("latin-1"))
        if not operator.holds(request.headers.get(operator.HEADER), parts.config.secret_key, asked):
            return jsonify(status="refused"), 403
        if request.args.get("gateway") != _ME:
            # Meant for another: 421 is "misdirected request".
            return jsonify(gateway=_ME), 421
        named = request.args.get("positions", "").split(",")[:_MOST]
        places = [int(place) for place in named if place.isascii() and place.isdigit() and len(place) <= 18]
        sent = {place: (found.sockets, found.at) for place in places if (found := parts.metrics.tally.of(place))}
        refused = parts.metrics.refused_so_far()
        return jsonify(epoch=parts.fanout.epoch, n=parts.fanout.n, sent=sent, refused=refused), 200


def why_not(parts: Parts) -> dict[str, str]:
    """The links of the chain that are broken now, by name; empty when events can arrive."""
    reasons = {}
    if parts.is_draining:
        reasons["draining"] = "this gateway is about to stop"
    if not parts.feed.has_answered_lately:
        # Whoever can reach this need not know where the database is: what it said stands in the log of the process.
        reasons["database"] = "does not answer" if parts.feed.error else "has not answered yet"
    elif not parts.feed.has_sequencer:
        reasons["sequencer"] = "nobody gives committed events their position"
    if not parts.fanout.has_begun:
        reasons["feed"] = "has not found the log yet"
    return reasons
