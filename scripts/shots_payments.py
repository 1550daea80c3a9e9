"""What the pages of payments are drawn with: orders that wait for money, payments in each state, what goes back."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from app.contract.times import now
from app.domain import (
    order_placement,
    orders,
    payments,
    refunds,
)
from app.domain.actor import SYSTEM
from app.domain.order_placement import Line
from app.extensions import atomic, db
from app.models import (
    MenuItem,
    Order,
    Payment,
    Person,
    ProviderMessage,
    Refund,
    Restaurant,
    WifiPackage,
)


def waiting(cast: dict[str, Person], kitchen: Restaurant, elsewhere: Restaurant) -> dict[str, Order]:
    """An order that waits for its money in each way that its guest sees; M-Pesa itself is not asked."""
    guest = cast["long"]

    def place(house: Restaurant) -> Order:
        dish = db.session.query(MenuItem).filter_by(restaurant_id=house.id, available=True).first()
        assert dish is not None
        return order_placement.place(guest, house, [Line(dish.id, 3)], fulfilment="pickup", payment="mpesa").order

    made = {name: place(kitchen) for name in ("pay_ask", "pay_sent", "pay_silent", "pay_refused", "pay_review")}
    made |= {"pay_doubt": place(kitchen), "pay_back": place(kitchen), "pay_manual": place(elsewhere)}
    for name, order in made.items():
        if name in ("pay_ask", "pay_manual"):
            continue
        payment = payments.start(order, phone="+254712345678", by=guest)
        at = now() if name != "pay_sent" else now() + timedelta(minutes=1)
        with atomic() as session:
            payments.hold_with_order(session, payment)
            ids = {"checkout_request_id": f"ws_{name}", "prompted_at": at, "look_at": None}
            payments.walk(session, payment, "prompted", at=at, **ids)
            match name:
                case "pay_silent":
                    payments.walk(session, payment, "unknown", at=at)
                case "pay_refused":
                    payments.walk(session, payment, "rejected", at=at, result_code="1032")
                case "pay_review":
                    payments.walk(session, payment, "needs_review", at=at, receipt="SKT7RT61SV")
                case "pay_doubt":
                    payments.walk(session, payment, "needs_review", at=at)
                case "pay_back":
                    payments.walk(session, payment, "paid", at=at, receipt="SKT7RT61SX", settled_at=at)
                    orders.settle(order, by=SYSTEM)
    orders.cancel(made["pay_back"], by=cast["vendor"], reason_code="sold_out", note="The last one went a minute ago.")
    return made


def fill(cast: dict[str, Person], kitchen: Restaurant) -> dict[str, str]:
    """A payment in each state with what the provider said of it, a pass that was bought, and money that goes back."""
    names: dict[str, str] = {}
    package = WifiPackage(restaurant_id=kitchen.id, name="A whole evening of Wi-Fi", minutes=240, price_minor=10_000)
    with atomic() as session:
        session.add(package)
        session.flush()
        unpaid = Order.id.not_in(select(Payment.order_id).where(Payment.order_id.is_not(None)))
        orders_of = db.session.query(Order).filter_by(restaurant_id=kitchen.id).filter(unpaid)
        recent = orders_of.order_by(Order.id.desc()).limit(8).all()
        for status, order in zip(
            ("initiated", "prompted", "unknown", "rejected", "needs_review"), recent, strict=False
        ):
            payment = _payment(status, order, "mpesa", now() - timedelta(minutes=3))
            session.add(payment)
            session.flush()
            if status == "needs_review":
                payment.receipt, payment.review_reason = "SKV4A2QX9P", "M-Pesa said paid after it had said no."
                payment.person, payment.prompted_at = cast["long"], payment.created_at + timedelta(seconds=2)
                names["payment_review"] = str(payment.id)
                session.add_all(_words(payment))
        sold = _payment("paid", package, "mpesa", now() - timedelta(minutes=20))
        session.add(sold)
        session.flush()
        for n, reason in enumerate(("order_gone", "paid_twice", "order_cancelled")):
            payment = session.scalars(
                select(Payment).where(Payment.status == "paid").order_by(Payment.id).offset(n)
            ).first()
            assert payment is not None
            refunds.owe(session, payment, reason, at=now() - timedelta(hours=2 + n))
        names["payment_paid"] = str(payment.id)
    refunds.mark_sent(_refund(payment), reference="SKX9B1ABCD", by=cast["admin"])
    names["payment_cash"] = str(db.session.query(Payment).filter_by(method="cash").first().id)  # type: ignore[union-attr]
    return names


def _refund(payment: Payment) -> Refund:
    return db.session.query(Refund).filter_by(payment_id=payment.id).one()


def _payment(status: str, thing: Order | WifiPackage, method: str, at: datetime) -> Payment:
    is_order = isinstance(thing, Order)
    return Payment(
        transaction_id=secrets.token_hex(16),
        callback_token=secrets.token_hex(16),
        method=method,
        status=status,
        phone="+254712345678" if method == "mpesa" else "",
        amount_minor=thing.total_minor if isinstance(thing, Order) else thing.price_minor,
        currency=thing.currency if isinstance(thing, Order) else "KES",
        receipt=f"SK{secrets.token_hex(4).upper()}" if method == "mpesa" and status == "paid" else None,
        created_at=at,
        changed_at=at,
        settled_at=at if status == "paid" else None,
        **{"order_id" if is_order else "wifi_package_id": thing.id},
    )


def _words(payment: Payment) -> list[ProviderMessage]:
    callback = """{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1","CheckoutRequestID":"ws_CO_1912",
    "ResultCode":0,"CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":"SKV4A2QX9P"},
    {"Name":"TransactionDate","Value":20261129102115},{"Name":"PhoneNumber","Value":254712345678}]}}}}"""
    said = (("push", '{"ResponseCode":"0"}', "prompted"), ("callback", '{"ResultCode":1032}', "rejected"))
    told = [*said, ("callback", callback, "contradicts")]
    return [
        ProviderMessage(
            provider="mpesa", kind=kind, payment_id=payment.id, body=body, outcome=outcome,
            received_at=payment.created_at + timedelta(seconds=10 * (n + 1)),
        )
        for n, (kind, body, outcome) in enumerate(told)
    ]  # fmt: skip
