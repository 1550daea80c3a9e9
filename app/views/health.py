"""Whether this process lives, and whether it could serve: for load balancers and people."""

import orjson
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    return _answer(200, process="alive")


@bp.get("/readyz")
def readyz() -> Response:
    wanted = ScriptDirectory(current_app.config["MIGRATIONS"]).get_current_head()
    try:
        found = db.session.execute(text("select version_num from alembic_version")).scalar_one_or_none()
    except SQLAlchemyError as error:
        return _answer(503, database=type(error).__name__)
    if found != wanted:
        return _answer(503, database="answers", migrations=f"at {found}, wanted {wanted}: run `flask db upgrade`")
    return _answer(200, database="answers", migrations="up to date")


def _answer(status: int, **facts: str) -> Response:
    return Response(orjson.dumps(facts), status, content_type="application/json")
