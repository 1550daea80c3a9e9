"""Bearer tokens: asked for with a password, listed and taken back by their person."""

from flask import Response, g
from sqlalchemy import Select, select

from app.contract.times import iso, now
from app.domain import people, sessions
from app.extensions import db
from app.models import ApiToken, Person
from app.views import loading, login_limits
from app.views.login_rules import rules

from . import documents, requests
from .answers import Document, answer
from .blueprint import bp
from .fields import BIGGEST_ID
from .pages import Paging, page, place


@bp.post("/tokens", tags=["tokens"])
@login_limits.by_address
@login_limits.by_email
@login_limits.by_code
@bp.doc(security=[])
@bp.takes(requests.Credentials, once=False, example={"email": "vendor@passline.test", "password": "passline"})
@bp.answers(201, documents.IssuedToken, "The token: keep it, it is told this once", refuses=(401, 403, 429))
def issue_token(credentials: dict[str, str]) -> Response:
    """Get a bearer token

    Send it with every call: `Authorization: Bearer <token>`. It lasts 30 days, and ends earlier when it is taken back
    or when the person's password, role or restaurant changes. Who has a second factor sends its code as `otp`.
    """
    token, row = sessions.issue_token(**credentials, rules=rules())
    return answer({"id": row.id, "token": token, "expires_at": iso(row.expires_at), "user": _user(row.person)}, 201)


@bp.get("/tokens", tags=["tokens"])
@bp.asks(requests.Paging)
@bp.answers(200, documents.Tokens, "Your tokens that last, newest first")
def tokens(paging: Paging) -> Response:
    """List your tokens"""
    query = _lasting().where(ApiToken.id < place(paging, BIGGEST_ID)).order_by(ApiToken.id.desc())
    rows = db.session.scalars(query.limit(paging["limit"] + 1)).all()
    return answer(page(rows, paging["limit"], lambda row: row.id, _token))


@bp.delete(f"/tokens/<int(max={BIGGEST_ID}):token_id>", tags=["tokens"])
@bp.answers(204, None, "It has ended, and so have the sockets that it opened", refuses=(400, 401, 403, 404))
def end_token(token_id: int) -> Response:
    """Take a token back"""
    asking = loading.themselves()
    people.end_access(loading.one(_lasting().where(ApiToken.id == token_id)), by=asking)
    return Response(status=204)


def _lasting() -> Select[ApiToken]:
    """The tokens of whoever asks that have not ended."""
    return select(ApiToken).where(ApiToken.person_id == loading.person().id, ApiToken.lasting(now()))


def _token(row: ApiToken) -> Document:
    return {
        "id": row.id,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "device": row.user_agent,
        "address": row.address,
        "current": row is g.credential,
    }


def _user(person: Person) -> Document:
    restaurant = {} if person.restaurant_id is None else {"restaurant_id": person.restaurant_id}
    return {"id": person.id, "name": person.name, "role": person.role, **restaurant}
