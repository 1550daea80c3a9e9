"""The receipt of an order, for its customer alone: a page that prints on a sheet (A4) and on a roll of 80 mm."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.contract.identity import Role
from app.extensions import db
from app.models import Payment, Refund
from app.views import loading

from . import bp


@bp.get("/orders/<number>/receipt")
def order_receipt(number: str) -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    order = loading.order(number)
    paid = select(Payment).where(Payment.order_id == order.id, Payment.status == "paid").order_by(Payment.id)
    back = select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)
    return render_template(
        "customer/receipt.html",
        order=order,
        payments=db.session.scalars(paid).all(),
        refunds=db.session.scalars(back).all(),
        roll=request.args.get("paper") == "80mm",
    )
