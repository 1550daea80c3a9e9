"""What the API answers about payments, described for its OpenAPI document: the other half of documents.py."""

from marshmallow import fields

from app.domain.order_states import PAYMENTS
from app.domain.payments import EDGES

from .documents import Document, Problem, minor, moment, one_of


class PromptedPayment(Document):
    """What M-Pesa calls the attempt."""

    CheckoutRequestID = fields.String()
    payment_id = fields.Integer()


class StartedPayment(Document):
    """An attempt whose prompt is on the phone."""

    success = fields.Boolean()
    transaction_id = fields.String(metadata={"description": "128 random bits: whoever knows it may read the payment."})
    payment_id = fields.Integer()
    data = fields.Nested(PromptedPayment)


class WholePayment(Document):
    """A payment, or an attempt at one."""

    id = fields.Integer()
    amount = minor("Minor units of `currency`; M-Pesa moves whole shillings.")
    currency = fields.String()
    method = one_of(PAYMENTS)
    status = one_of(EDGES)
    order_number = fields.String(allow_none=True)
    wifi_package_id = fields.Integer(allow_none=True)
    receipt = fields.String(allow_none=True, metadata={"description": "M-Pesa's number for the money."})
    transaction_id = fields.String()
    phone = fields.String(allow_none=True, metadata={"description": "Masked: `+254•••••678`."})
    checkout_request_id = fields.String(allow_none=True)
    reason = fields.String(allow_none=True, metadata={"description": "A sentence for people, where it is `rejected`."})
    created_at = moment()
    prompted_at = moment("When M-Pesa took it.", empty=True)
    settled_at = moment("When the money was there.", empty=True)


class PaymentProblem(Problem):
    """What became of the attempt that could not be made sure of."""

    payment_id = fields.Integer()
    transaction_id = fields.String()
    payment_status = one_of(EDGES)
