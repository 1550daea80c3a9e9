"""The list of orders as a CSV file: as long as it may be, in flat memory (order_export.py)."""

from flask import Response

from app.contract.times import now
from app.domain import order_export
from app.extensions import db
from app.views import sheets

from . import bp
from .order_filter import Asked


@bp.get("/orders.csv")
def orders_csv() -> Response:
    asked = Asked.in_address()
    name = f"orders-{now().astimezone(asked.zone):%Y-%m-%d-%H%M}.csv"
    rows = order_export.rows(db.engine, asked.wanted)
    # The rows have connections of their own: what this request has read with is not kept open under them.
    db.session.remove()
    return sheets.download(name, rows)
