"""A peer: Flask-SocketIO with gevent, gevent-websocket and Redis as message queue, as its documentation sets it up.

`python -m benchmarks.stock`. Clients come with the same session cookie as ours, and the same row is looked up, with
the same conditions; they join the room of their restaurant. Settings: PEER_PORT, PEER_REDIS, DATABASE_URL, SECRET_KEY.
"""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402  (patched first)
from datetime import UTC, datetime  # noqa: E402

from flask import Flask, session  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402
from flask_sqlalchemy import SQLAlchemy  # noqa: E402
from sqlalchemy import text  # noqa: E402

from benchmarks.wire import ORIGIN  # noqa: E402

app = Flask("stock")
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
    SESSION_COOKIE_NAME="passline_session",
)
db = SQLAlchemy(app)
socketio = SocketIO(app, async_mode="gevent", message_queue=os.environ["PEER_REDIS"], cors_allowed_origins=[ORIGIN])

_WHO = text(
    "select people.role, people.restaurant_id, sessions.expires_at from sessions"
    " join people on people.id = sessions.person_id"
    " where sessions.id = :id and sessions.ended_at is null and people.is_active"
)


@app.get("/healthz")
def healthz() -> str:
    return "alive"


@socketio.on("connect")
def connect(_auth: object = None) -> bool:
    row = db.session.execute(_WHO, {"id": session.get("sid")}).one_or_none()
    if row is None or _instant(row.expires_at) <= datetime.now(UTC):
        return False
    join_room(f"vendor-orders.{row.restaurant_id}")
    return True


def _instant(value: str | datetime) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(os.environ["PEER_PORT"]))
