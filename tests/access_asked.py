"""What is said to each address of the table, and of what order or delivery: states, bodies, and what is read alone."""

import io

from app.domain import menu_sheet
from app.models.board import ALERTS
from app.models.restaurant import DEADLINES
from tests.cast import COUNTER, PASSWORD
from tests.factories import PHONE
from tests.pictures import png


def checkout(cast):
    soup, *_ = cast.items()
    return {f"quantity-{soup.id}": "1", "fulfilment": "pickup", "when": "now", "payment": "cash"}


def body_of_order(cast):
    soup, *_ = cast.items()
    items = [{"menu_item_id": soup.id, "quantity": 1}]
    return {"restaurant": "first", "items": items, "fulfilment": "pickup", "payment": "cash"}


STATES = {
    "api.request_cancellation": "accepted",
    "api.acknowledge_stop": "cancelled",
    "api.start_payment": "awaiting_payment",
    "api.payment": "awaiting_payment",
    "customer.order_cancellation_request": "accepted",
    "customer.order_payment": "awaiting_payment",
    "vendor.item_tick": "accepted",
    "vendor.order_start": "accepted",
    "vendor.order_readiness": "preparing",
    "vendor.order_recall": "ready_for_pickup",
    "vendor.order_handover": "ready_for_pickup",
    "vendor.order_stop_acknowledgement": "cancelled",
}
# The same for addresses about a delivery of `customer`, which `driver` is asked for or rides; one for all members,
# as a driver has one at a time.
DELIVERIES = {
    "admin.driver_off_duty": "offered",
    "admin.ticket": "assigned",
    "admin.ticket_offer": "assigned",
    "admin.ticket_photo": "delivered",
    "admin.ticket_sheet": "assigned",
    "admin.ticket_transitions": "assigned",
    "admin.ticket_withdrawal": "offered",
    "api.admin_ticket": "offered",
    "api.customer_ticket": "picked_up",
    "api.driver_location": "picked_up",
    "api.offer_ticket": "assigned",
    "api.withdraw_ticket": "assigned",
    "api.driver_ticket": "offered",
    "api.driver_accept": "offered",
    "api.driver_decline": "offered",
    "api.driver_at_pickup": "assigned",
    "api.driver_picked_up": "at_pickup",
    "api.driver_at_dropoff": "picked_up",
    "api.driver_delivered": "at_dropoff",
    "api.driver_failed": "assigned",
    "api.driver_returning": "failed",
    "api.driver_returned": "returning",
}
# What must be said; a form says the order's version besides.
BODIES = {
    "account.details": {"name": "Another Name"},
    "account.password": {"old": PASSWORD, "password": "another long password"},
    "account.second_factor_begin": {"current": PASSWORD},
    "account.second_factor_confirm": {"code": "123456"},
    "account_links.invitation_post": {"password": "another long password"},
    "account_links.reset_post": {"password": "another long password"},
    "admin.person_details": {"name": "Another Name", "role": "customer"},
    "admin.person_invite": {"email": "new@example.com", "name": "New Person", "role": "customer"},
    "accounts.login_post": {"email": "customer@example.com", "password": PASSWORD},
    "admin.order_filter_save": {"name": "To be taken", "query": "status=placed"},
    "admin.order_transitions": {"to": "accepted", "prep_minutes": "20"},
    "admin.payment_confirmation": {"note": "seen in the portal"},
    "admin.payment_denial": {"note": "not in the portal"},
    "admin.reconciliation_statement": {"text": "Receipt No.,Paid In\nQK7,100"},
    "admin.refund_sending": {"reference": "QK7BACK"},
    "admin.menu_category_change": {"name": "Bowls"},
    "admin.menu_category_move": {"way": "up"},
    "admin.menu_category_new": {"name": "Bowls"},
    "admin.menu_item_move": {"way": "up"},
    "admin.restaurant_days": {"first": "2099-12-24"},
    "admin.restaurant_mode": {"mode": "paused", "minutes": "20", "lasting": "60"},
    "admin.restaurant_week": {"day_0": "11:00-15:00"},
    "admin.ticket_transitions": {"to": "at_pickup"},
    "admin.transition_change": {"roles": [], "version": "0"},
    "admin.transition_deadlines": {**dict.fromkeys(DEADLINES, "45"), "version": "0"},
    "admin.transition_reasons": {
        "reasons-0-code": "other",
        "reasons-0-position": "1",
        "reasons-0-words": "Else",
        "reasons-0-is_active": "y",
        "version": "0",
    },
    "api.driver_duty": {"on": True},
    "api.driver_failed": {"reason_code": "other"},
    "api.driver_location": {"latitude": COUNTER[0], "longitude": COUNTER[1]},
    "api.issue_token": {"email": "customer@example.com", "password": PASSWORD},
    "customer.order_payment": {"phone": PHONE},
    "language.change": {"language": "ar"},
    "api.order_transition": {"to": "cancelled", "reason_code": "other"},
    "admin.wifi_package_change": {
        "name": "An hour",
        "minutes": "60",
        "price": "60",
        "devices": "1",
        "down_kbps": "5000",
        "up_kbps": "1000",
    },
    "vendor.mode_change": {"mode": "busy", "minutes": "20", "lasting": "30"},
    "vendor.item_tick": {"done": "y"},
    "vendor.team_role": {"staff_role": "counter"},
    "vendor.order_acceptance": {"prep_minutes": "20"},
    "vendor.order_cancellation": {"reason_code": "other"},
}
DISH = {"name": "Fish", "price": "1"}
SHEET = "heading,name,description,price\nPlates,Fish,,1"
HOUSE = {
    "name": "The Third Table",
    "slug": "third",
    "time_zone": "UTC",
    "currency": "EUR",
    "preparation_minutes": "20",
    "delivery_minutes": "15",
    "day_starts": "05:00",
}
# The same, where it depends on the cast, the order and its ticket.
TOLD = {
    # Each a new one: how often a mail is sent to one address is limited.
    "account_links.forgotten_post": lambda cast, order, ticket: {"email": f"{order.number}@example.com"},
    "admin.order_bulk": lambda cast, order, ticket: {"to": "accepted", "order": f"{order.number}:{order.version}"},
    "admin.order_bulk_preview": lambda cast, order, ticket: {"to": "accepted", "order": f"{order.number}:1"},
    # So much that all orders of the test find room, and each time another limit.
    "admin.restaurant_capacity": lambda cast, order, ticket: {
        "capacity_minutes": str(300 + order.id % 300),
        "work_minutes": "5",
    },
    "vendor.settings_capacity": lambda cast, order, ticket: {
        "capacity_minutes": str(300 + order.id % 300),
        "work_minutes": "5",
    },
    "vendor.settings_change": lambda cast, order, ticket: {
        **{f"{status}_{level}": str(minutes) for status in ALERTS for level, minutes in (("warn", 7), ("alarm", 9))},
        "allergy_words": order.number,
    },
    "vendor.settings_stations": lambda cast, order, ticket: {
        f"station-{dish.id}": f"Grill {order.number}" for dish in cast.items(cast.restaurant)
    },
    "admin.ticket_offer": lambda cast, order, ticket: {"driver_id": ticket.driver_id},
    "api.driver_delivered": lambda cast, order, ticket: {"drop_code": ticket.drop_code},
    "api.driver_picked_up": lambda cast, order, ticket: {"handover_code": ticket.order.handover_code},
    "api.offer_ticket": lambda cast, order, ticket: {"driver_id": cast.driver.id},
    "api.place_order": lambda cast, order, ticket: body_of_order(cast),
    "api.request_ticket": lambda cast, order, ticket: {"order_number": order.number},
    "admin.menu_import_table": lambda cast, order, ticket: {
        "text": SHEET,
        "seal": menu_sheet.plan(cast.restaurant, SHEET).seal,
    },
    "admin.menu_item_change": lambda cast, order, ticket: {
        **DISH,
        "heading": str(cast.items()[2].category_id),
    },
    "admin.menu_picture": lambda cast, order, ticket: {"picture": (io.BytesIO(png()), "dish.png")},
    "admin.menu_item_new": lambda cast, order, ticket: DISH,
    "admin.menu_order": lambda cast, order, ticket: {"items": ",".join(str(item.id) for item in cast.items()[::-1])},
    "admin.restaurant_change": lambda cast, order, ticket: {
        **HOUSE,
        "slug": "first",
        "currency": cast.restaurant.currency,
    },
    "admin.restaurant_new": lambda cast, order, ticket: HOUSE,
    "vendor.menu_availability": lambda cast, order, ticket: {"until": "day" if cast.items()[2].available else "back"},
    "admin.wifi_package_new": lambda cast, order, ticket: {
        **BODIES["admin.wifi_package_change"],
        "restaurant": str(cast.restaurant.id),
    },
    "api.start_payment": lambda cast, order, ticket: {"order_number": order.number, "phone": PHONE},
}
# What ends or begins a log-in redirects whoever asks, and leaves other rows than an order does.
OF_ACCOUNTS = (
    "accounts.login_post",
    "accounts.logout",
    "accounts.logout_everywhere",
    "api.issue_token",
    # Whoever asks acts as nobody.
    "accounts.acting_stop",
    # Of a person it is a column, of a stranger a cookie.
    "language.change",
)
# Posted, and written nowhere.
READS = (
    "account.second_factor_begin",
    "admin.order_bulk_preview",
    "admin.reconciliation_statement",
)
# What is written by whoever may, and answered so.
DONE = (200, 201, 202, 204, 303)
