"""Access: every address of the application times every member of the cast.

A line of TABLE is one method and endpoint; the numbers are the answers to each member, asked for an order of `customer`
with `restaurant` that is in the state which the endpoint is for. An address that has no line fails the test, so that
whoever adds one says who may use it. Who is answered 302 was sent to the log-in.
"""

import io
import secrets
from datetime import date

import pytest
from sqlalchemy import func, select

from app.domain import job_runs, jobs, links, menu_pictures, menus, messages, opening_hours, saved_filters
from app.extensions import atomic, db
from app.models import ApiToken, DropProof, Job, Order, Payment, Person, Refund, WifiPackage
from app.models.board import ALERTS
from app.models.restaurant import DEADLINES
from tests.cast import COUNTER, PASSWORD
from tests.factories import PHONE, attempt, order_in, payment_of, place, refund_of, ticket_in, wifi_package
from tests.passes import pass_for
from tests.pictures import png
from tests.wifi_rows import mint, package

MEMBERS = ("nobody", "outsider", "customer", "other_customer", "vendor", "colleague", "other_vendor", "driver", "admin")
TABLE = """
GET    accounts.home                         302 302 302 302 302 302 302 302 302
GET    accounts.login                        200 302 302 302 302 302 302 302 302
POST   accounts.login_post                   302 302 302 302 302 302 302 302 302
POST   accounts.logout                       302 302 302 302 302 302 302 302 302
POST   accounts.logout_everywhere            302 302 302 302 302 302 302 302 302
GET    admin.dashboard                       302 403 403 403 403 403 403 403 200
GET    admin.dashboard_figures               302 403 403 403 403 403 403 403 200
GET    admin.payments                        302 403 403 403 403 403 403 403 200
GET    admin.payment_list                    302 403 403 403 403 403 403 403 200
GET    admin.payment                         302 403 403 403 403 403 403 403 200
GET    admin.payment_sheet                   302 403 403 403 403 403 403 403 200
POST   admin.payment_confirmation            302 403 403 403 403 403 403 403 303
POST   admin.payment_denial                  302 403 403 403 403 403 403 403 303
POST   admin.payment_wifi_refund             302 403 403 403 403 403 403 403 303
GET    admin.refund_tasks                    302 403 403 403 403 403 403 403 200
GET    admin.refund_list                     302 403 403 403 403 403 403 403 200
POST   admin.refund_sending                  302 403 403 403 403 403 403 403 303
GET    admin.reconciliation_day              302 403 403 403 403 403 403 403 200
GET    admin.reconciliation_csv              302 403 403 403 403 403 403 403 200
POST   admin.reconciliation_statement        302 403 403 403 403 403 403 403 200
GET    account.page                          302 200 200 200 200 200 200 200 200
POST   account.details                       302 303 303 303 303 303 303 303 303
POST   account.password                      302 303 303 303 303 303 303 303 303
POST   account.second_factor_begin           302 200 200 200 200 200 200 200 200
POST   account.second_factor_confirm         302 409 409 409 409 409 409 409 409
POST   account.recovery_codes                302 409 409 409 409 409 409 409 409
POST   account.second_factor_removal         302 409 409 409 409 409 409 409 409
POST   account.access_end                    302 404 404 404 404 404 404 404 404
GET    account_links.forgotten               200 200 200 200 200 200 200 200 200
POST   account_links.forgotten_post          200 200 200 200 200 200 200 200 200
GET    account_links.invitation              200 200 200 200 200 200 200 200 200
POST   account_links.invitation_post         303 303 303 303 303 303 303 303 303
GET    account_links.reset                   200 200 200 200 200 200 200 200 200
POST   account_links.reset_post              303 303 303 303 303 303 303 303 303
POST   accounts.acting_stop                  302 303 303 303 303 303 303 303 303
GET    accounts.second_step                  302 302 302 302 302 302 302 302 302
POST   accounts.second_step_post             302 302 302 302 302 302 302 302 302
GET    admin.audit                           302 403 403 403 403 403 403 403 200
GET    admin.audit_export                    302 403 403 403 403 403 403 403 200
GET    admin.people                          302 403 403 403 403 403 403 403 200
GET    admin.person                          302 403 403 403 403 403 403 403 200
POST   admin.person_access_end               302 403 403 403 403 403 403 403 404
POST   admin.person_accesses_end             302 403 403 403 403 403 403 403 303
POST   admin.person_acting                   302 403 403 403 403 403 403 403 303
POST   admin.person_deactivation             302 403 403 403 403 403 403 403 303
POST   admin.person_details                  302 403 403 403 403 403 403 403 303
POST   admin.person_invitation               302 403 403 403 403 403 403 403 303
POST   admin.person_invite                   302 403 403 403 403 403 403 403 303
GET    admin.person_new                      302 403 403 403 403 403 403 403 200
POST   admin.person_reactivation             302 403 403 403 403 403 403 403 303
POST   admin.person_reset_link               302 403 403 403 403 403 403 403 303
POST   admin.person_second_factor_reset      302 403 403 403 403 403 403 403 303
GET    admin.orders                          302 403 403 403 403 403 403 403 200
GET    admin.orders_csv                      302 403 403 403 403 403 403 403 200
POST   admin.order_bulk                      302 403 403 403 403 403 403 403 200
POST   admin.order_bulk_preview              302 403 403 403 403 403 403 403 200
POST   admin.order_filter_removal            302 403 403 403 403 403 403 403 303
POST   admin.order_filter_save               302 403 403 403 403 403 403 403 303
GET    admin.order_list                      302 403 403 403 403 403 403 403 200
GET    admin.calls                           302 403 403 403 403 403 403 403 200
GET    admin.dispatch                        302 403 403 403 403 403 403 403 200
GET    admin.dispatch_board                  302 403 403 403 403 403 403 403 200
GET    admin.jobs                            302 403 403 403 403 403 403 403 200
GET    admin.jobs_sheet                      302 403 403 403 403 403 403 403 200
POST   admin.job_discard                     302 403 403 403 403 403 403 403 303
POST   admin.job_retry                       302 403 403 403 403 403 403 403 303
GET    admin.queue_warning                   302 403 403 403 403 403 403 403 200
POST   admin.driver_off_duty                 302 403 403 403 403 403 403 403 303
GET    admin.message_list                    302 403 403 403 403 403 403 403 200
POST   admin.message_resend                  302 403 403 403 403 403 403 403 303
GET    admin.menu                            302 403 403 403 403 403 403 403 200
POST   admin.menu_category_change            302 403 403 403 403 403 403 403 303
POST   admin.menu_category_move              302 403 403 403 403 403 403 403 303
POST   admin.menu_category_new               302 403 403 403 403 403 403 403 303
POST   admin.menu_category_removal           302 403 403 403 403 403 403 403 303
GET    admin.menu_csv                        302 403 403 403 403 403 403 403 200
GET    admin.menu_import                     302 403 403 403 403 403 403 403 200
POST   admin.menu_import_table               302 403 403 403 403 403 403 403 200
GET    admin.menu_item                       302 403 403 403 403 403 403 403 200
POST   admin.menu_item_change                302 403 403 403 403 403 403 403 303
POST   admin.menu_item_move                  302 403 403 403 403 403 403 403 303
POST   admin.menu_item_new                   302 403 403 403 403 403 403 403 303
POST   admin.menu_item_removal               302 403 403 403 403 403 403 403 303
POST   admin.menu_item_restoration           302 403 403 403 403 403 403 403 303
POST   admin.menu_picture                    302 403 403 403 403 403 403 403 303
POST   admin.menu_picture_removal            302 403 403 403 403 403 403 403 303
POST   admin.menu_order                      302 403 403 403 403 403 403 403 303
GET    admin.restaurant                      302 403 403 403 403 403 403 403 200
POST   admin.restaurant_change               302 403 403 403 403 403 403 403 303
POST   admin.restaurant_day_removal          302 403 403 403 403 403 403 403 303
POST   admin.restaurant_days                 302 403 403 403 403 403 403 403 303
GET    admin.restaurant_form                 302 403 403 403 403 403 403 403 200
POST   admin.restaurant_capacity             302 403 403 403 403 403 403 403 303
POST   admin.restaurant_mode                 302 403 403 403 403 403 403 403 303
POST   admin.restaurant_new                  302 403 403 403 403 403 403 403 303
POST   admin.restaurant_week                 302 403 403 403 403 403 403 403 303
GET    admin.restaurants                     302 403 403 403 403 403 403 403 200
GET    admin.messages                        302 403 403 403 403 403 403 403 200
GET    admin.order                           302 403 403 403 403 403 403 403 200
POST   admin.order_link_withdrawal           302 403 403 403 403 403 403 403 303
GET    admin.order_shown                     302 403 403 403 403 403 403 403 200
GET    admin.search                          302 403 403 403 403 403 403 403 200
GET    admin.search_results                  302 403 403 403 403 403 403 403 200
GET    admin.order_sheet                     302 403 403 403 403 403 403 403 200
POST   admin.order_transitions               302 403 403 403 403 403 403 403 303
GET    admin.ticket                          302 403 403 403 403 403 403 403 200
POST   admin.ticket_offer                    302 403 403 403 403 403 403 403 303
GET    admin.ticket_photo                    302 403 403 403 403 403 403 403 200
GET    admin.ticket_sheet                    302 403 403 403 403 403 403 403 200
POST   admin.ticket_transitions              302 403 403 403 403 403 403 403 303
GET    admin.transition                      302 403 403 403 403 403 403 403 200
POST   admin.transition_change               302 403 403 403 403 403 403 403 303
POST   admin.transition_deadlines            302 403 403 403 403 403 403 403 303
GET    admin.transition_machine              302 403 403 403 403 403 403 403 200
POST   admin.transition_reasons              302 403 403 403 403 403 403 403 303
GET    admin.transitions                     302 403 403 403 403 403 403 403 200
POST   admin.ticket_withdrawal               302 403 403 403 403 403 403 403 303
GET    admin.wifi                            302 403 403 403 403 403 403 403 200
GET    admin.wifi_list                       302 403 403 403 403 403 403 403 200
GET    admin.wifi_package                    302 403 403 403 403 403 403 403 200
POST   admin.wifi_package_change             302 403 403 403 403 403 403 403 303
POST   admin.wifi_package_new                302 403 403 403 403 403 403 403 303
POST   admin.wifi_package_sale               302 403 403 403 403 403 403 403 303
GET    admin.wifi_packages                   302 403 403 403 403 403 403 403 200
POST   admin.wifi_withdrawal                 302 403 403 403 403 403 403 403 303
GET    api.orders                            401 200 200 200 200 200 200 200 200
POST   api.place_order                       401 201 201 201 403 403 403 403 403
GET    api.order                             401 404 200 404 200 200 404 404 200
POST   api.request_cancellation              401 404 201 404 403 403 404 404 403
GET    api.order_history                     401 404 200 404 200 200 404 404 200
POST   api.acknowledge_stop                  401 404 403 404 200 200 404 404 200
POST   api.order_transition                  401 404 200 404 200 200 404 404 200
POST   api.start_payment                     401 404 201 404 403 403 403 403 201
GET    api.payment                           401 404 200 404 404 404 404 404 200
GET    api.restaurants                       401 200 200 200 200 200 200 200 200
GET    api.restaurant                        401 200 200 200 200 200 200 200 200
GET    api.tokens                            401 200 200 200 200 200 200 200 200
POST   api.issue_token                       201 201 201 201 201 201 201 201 201
DELETE api.end_token                         401 404 204 404 404 404 404 404 404
POST   api.request_ticket                    401 404 201 404 403 403 403 403 403
GET    api.customer_ticket                   401 404 200 404 403 403 403 403 403
GET    api.admin_tickets                     401 403 403 403 403 403 403 403 200
GET    api.admin_ticket                      401 403 403 403 403 403 403 403 200
POST   api.offer_ticket                      401 403 403 403 403 403 403 403 200
POST   api.withdraw_ticket                   401 403 403 403 403 403 403 403 200
GET    api.admin_drivers                     401 403 403 403 403 403 403 403 200
POST   api.driver_location                   401 403 403 403 403 403 403 202 403
POST   api.driver_duty                       401 403 403 403 403 403 403 200 403
GET    api.driver_tickets                    401 403 403 403 403 403 403 200 403
GET    api.driver_ticket                     401 403 403 403 403 403 403 200 403
POST   api.driver_accept                     401 403 403 403 403 403 403 200 403
POST   api.driver_decline                    401 403 403 403 403 403 403 200 403
POST   api.driver_at_pickup                  401 403 403 403 403 403 403 200 403
POST   api.driver_picked_up                  401 403 403 403 403 403 403 200 403
POST   api.driver_at_dropoff                 401 403 403 403 403 403 403 200 403
POST   api.driver_delivered                  401 403 403 403 403 403 403 200 403
POST   api.driver_failed                     401 403 403 403 403 403 403 200 403
POST   api.driver_returning                  401 403 403 403 403 403 403 200 403
POST   api.driver_returned                   401 403 403 403 403 403 403 200 403
GET    api_docs.docs                         200 200 200 200 200 200 200 200 200
GET    api_docs.openapi                      200 200 200 200 200 200 200 200 200
GET    customer.orders                       302 200 200 200 403 403 403 403 403
GET    customer.order                        302 404 200 404 403 403 403 403 403
POST   customer.order_cancellation           302 404 303 404 403 403 403 403 403
POST   customer.order_cancellation_request   302 404 303 404 403 403 403 403 403
GET    customer.order_fragment               302 404 200 404 403 403 403 403 403
POST   customer.order_payment                302 404 303 404 403 403 403 403 403
POST   customer.order_link                   302 404 303 404 403 403 403 403 403
POST   customer.order_links_withdrawal       302 404 303 404 403 403 403 403 403
GET    customer.manifest                     200 200 200 200 200 200 200 200 200
GET    customer.offline                      200 200 200 200 200 200 200 200 200
GET    customer.worker                       200 200 200 200 200 200 200 200 200
GET    customer.order_receipt                302 404 200 404 403 403 403 403 403
GET    customer.picture                      200 200 200 200 200 200 200 200 200
GET    customer.orders_live                  302 200 200 200 403 403 403 403 403
GET    customer.orders_past                  302 200 200 200 403 403 403 403 403
GET    customer.browse                       200 200 200 200 200 200 200 200 200
GET    customer.menu                         200 200 200 200 200 200 200 200 200
POST   customer.menu_order                   422 303 303 303 403 403 403 403 403
GET    customer.tracked                      200 200 200 200 200 200 200 200 200
GET    customer.tracked_fragment             200 200 200 200 200 200 200 200 200
GET    driver.home                           302 403 403 403 403 403 403 200 403
GET    driver.worker                         200 200 200 200 200 200 200 200 200
GET    health.healthz                        200 200 200 200 200 200 200 200 200
GET    health.readyz                         200 200 200 200 200 200 200 200 200
GET    static                                200 200 200 200 200 200 200 200 200
GET    vendor.board                          302 403 403 403 200 200 200 403 403
GET    vendor.done                           302 403 403 403 200 200 200 403 403
GET    vendor.menu                           302 403 403 403 200 200 200 403 403
POST   vendor.menu_availability              302 403 403 403 303 303 404 403 403
GET    vendor.menu_list                      302 403 403 403 200 200 200 403 403
GET    vendor.mode                           302 403 403 403 200 200 200 403 403
POST   vendor.mode_change                    302 403 403 403 303 303 303 403 403
POST   vendor.item_tick                      302 403 403 403 303 303 404 403 403
GET    vendor.kitchen_ticket                 302 403 403 403 200 200 404 403 403
POST   vendor.kitchen_ticket_print           302 403 403 403 303 303 404 403 403
POST   vendor.order_acceptance               302 403 403 403 303 303 404 403 403
POST   vendor.order_cancellation             302 403 403 403 303 303 404 403 403
GET    vendor.order_card                     302 403 403 403 200 200 404 403 403
POST   vendor.order_handover                 302 403 403 403 303 303 404 403 403
GET    vendor.order_list                     302 403 403 403 200 200 200 403 403
POST   vendor.order_readiness                302 403 403 403 303 303 404 403 403
POST   vendor.order_recall                   302 403 403 403 303 303 404 403 403
POST   vendor.order_start                    302 403 403 403 303 303 404 403 403
POST   vendor.order_stop_acknowledgement     302 403 403 403 303 303 404 403 403
POST   webhooks.mpesa_callback               200 200 200 200 200 200 200 200 200
GET    vendor.orders                         302 403 403 403 200 200 200 403 403
GET    vendor.receipt                        302 403 403 403 200 200 404 403 403
POST   vendor.receipt_print                  302 403 403 403 303 303 404 403 403
GET    vendor.settings                       302 403 403 403 200 200 200 403 403
GET    vendor.capacity                       302 403 403 403 200 200 200 403 403
POST   vendor.settings_capacity              302 403 403 403 303 303 303 403 403
POST   vendor.settings_change                302 403 403 403 303 303 303 403 403
POST   vendor.settings_stations              302 403 403 403 303 303 404 403 403
GET    vendor.statistics                     302 403 403 403 200 200 200 403 403
GET    vendor.team                           302 403 403 403 200 200 200 403 403
POST   vendor.team_activity                  302 403 403 403 303 303 404 403 403
POST   vendor.team_role                      302 403 403 403 303 303 404 403 403
POST   language.change                       303 303 303 303 303 303 303 303 303
POST   webhooks.sms_receipt                  200 200 200 200 200 200 200 200 200
GET    wifi.purchase                         200 200 200 200 200 200 200 200 200
GET    wifi.purchase_fragment                200 200 200 200 200 200 200 200 200
GET    wifi.shop                             200 200 200 200 200 200 200 200 200
POST   wifi.shop_purchase                    422 422 422 422 422 422 422 422 422
"""

# Which state an order must be in for whoever may; everything else is asked of one that is placed.
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
    "admin.menu_import_table": {"text": "heading,name,description,price\nPlates,Fish,,1"},
    "admin.menu_item_move": {"way": "up"},
    "admin.restaurant_days": {"first": "2099-12-24"},
    "admin.restaurant_mode": {"mode": "paused", "minutes": "20", "lasting": "60"},
    "admin.restaurant_week": {"day_0": "11:00-15:00"},
    "admin.ticket_transitions": {"to": "at_pickup"},
    "admin.transition_change": {"roles": ["vendor"], "version": "0"},
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
    # Whoever asks acts as nobody; the customer is active, has a password, and no second factor: said on the next page.
    "accounts.acting_stop",
    "admin.person_invitation",
    "admin.person_reactivation",
    "admin.person_second_factor_reset",
    # Of a person it is a column, of a stranger a cookie.
    "language.change",
)
# Posted, and written nowhere.
READS = (
    "account.second_factor_begin",
    "admin.menu_import_table",
    "admin.order_bulk_preview",
    "admin.reconciliation_statement",
)
# What is written by whoever may, and answered so.
DONE = (200, 201, 202, 204, 303)

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off", "daraja")]


def lines():
    """The table as a mapping: what each member is answered, by method and endpoint."""
    return {
        (method, endpoint): dict(zip(MEMBERS, map(int, answers), strict=True))
        for method, endpoint, *answers in map(str.split, TABLE.strip().splitlines())
    }


def addresses(app):
    """Every method and endpoint of the application."""
    return {
        (method, rule.endpoint): rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def ask(app, cast, as_person, bearer):
    """The answer to a member who asks for an address, about an order of its own."""

    deliveries = {}

    def answer(method, endpoint, name, *, by_token=False):
        if endpoint in DELIVERIES and endpoint not in deliveries:
            deliveries[endpoint] = ticket_in(cast, DELIVERIES[endpoint])
            photographed(deliveries[endpoint])
        ticket = deliveries.get(endpoint)
        delivered = {"fulfilment": "delivery", "address": "1 Street"} if endpoint == "api.request_ticket" else {}
        placed = place(cast, **delivered)
        order = placed.order if endpoint not in STATES else order_in(cast, STATES[endpoint])
        paid = {"payment": "needs_review", "refund": "paid"}
        payment = next((payment_of(placed.order, how) for word, how in paid.items() if word in endpoint), None)
        if endpoint == "admin.payment_wifi_refund":
            payment = payment_of(wifi_package(cast.restaurant))
        person = cast.people().get(name)
        headers = bearer(person) if by_token and person else {}
        browser = as_person(None if by_token else person)
        about = {"order": order, "token": placed.tracking_token, "ticket": ticket, "payment": payment}
        path = path_of(app, endpoint, **about, cast=cast, bearer=bearer)
        body = TOLD[endpoint](cast, order, ticket) if endpoint in TOLD else BODIES.get(endpoint, {})
        said = {"json": body}
        if not endpoint.startswith("api."):
            version = (payment or ticket or order).version
            said = {"data": {**checkout(cast), **body, "expected_version": str(version)}}
        before = written()
        with browser.open(path, method=method, headers=headers, **({} if method == "GET" else said)) as response:
            return response.status_code, written() != before

    return answer


def photographed(ticket):
    """Where it was proved with a code, let it have been a photograph as well."""
    with atomic() as session:
        if proof := session.get(DropProof, ticket.id):
            proof.photo, proof.photo_type = b"\xff\xd8\xff", "image/jpeg"


def path_of(app, endpoint, *, order, token, ticket, payment, cast, bearer):
    """The address about this order, its link, this ticket, a token of `customer`, or a file."""
    rule = next(app.url_map.iter_rules(endpoint))
    values = {"number": order.number, "slug": "first", "token": token, "filename": "css/passline.css"}
    values |= {"start": "placed", "to": "accepted", "person_id": cast.customer.id, "handle": "not-there"}
    # A line of the order, or a dish of the menu.
    values |= {"item_id": order.items[0].id if endpoint == "vendor.item_tick" else cast.items()[2].id}
    values |= {"ticket_id": ticket.id if ticket else None, "driver_id": cast.driver.id}
    provider = "mpesa" if endpoint == "webhooks.mpesa_callback" else "sms"
    values |= {"secret": app.config["PASSLINE"].webhook_secret(provider)}
    if "payment_id" in rule.arguments:
        values["payment_id"] = (payment or attempt(order)).id
    if endpoint.startswith("vendor.team"):
        values["person_id"] = new_cook(cast).id
    if "refund_id" in rule.arguments:
        values["refund_id"] = refund_of(payment).id
    if "message_id" in rule.arguments:
        # Each of a phone of its own: how often one may have its code again is limited.
        values["message_id"] = messages.resend(pass_for(cast, phone=f"+2547{secrets.randbelow(10**8):08}")).id
    if endpoint.startswith(("wifi.", "admin.wifi")):
        user = mint(package(cast))
        bought = db.session.get(Payment, user.payment_id)
        values |= {"pass_id": user.id, "package_id": user.package_id, "transaction_id": bought.transaction_id}
    if endpoint.startswith("account_links.") and "token" in rule.arguments:
        values["token"] = one_time_token(cast, "invitation" if "invitation" in endpoint else "password_reset")
    if "category_id" in rule.arguments:
        values["category_id"] = cast.items()[0].category_id
        if endpoint.startswith("admin.menu_category"):
            values["category_id"] = menus.add_category(cast.restaurant, "Sweets", by=cast.admin).id
    if "day" in rule.arguments:
        opening_hours.set_days(cast.restaurant, date(2099, 12, 24), date(2099, 12, 24), "", by=cast.admin)
        values["day"] = "2099-12-24"
    if endpoint == "admin.menu_item_restoration":
        menus.remove_item(cast.restaurant, cast.items()[2], by=cast.admin)
    if endpoint == "admin.menu_picture_removal":
        menu_pictures.hang(cast.items()[2], png(), by=cast.admin)
    if "digest" in rule.arguments:
        values["digest"] = menu_pictures.hang(cast.items()[0], png(), by=cast.admin)
    if "token_id" in rule.arguments:
        bearer(cast.customer)
        values["token_id"] = db.session.scalars(select(func.max(ApiToken.id))).one()
    if "filter_id" in rule.arguments:
        values["filter_id"] = saved_filters.save(cast.admin, "Mine", "status=placed").id
    if "job_id" in rule.arguments:
        values["job_id"] = dead_job().id
    with app.test_request_context():
        return app.url_for(endpoint, **{name: values[name] for name in rule.arguments})


def new_cook(cast):
    with atomic() as session:
        cook = Person(email=f"{secrets.token_hex(6)}@example.com", name="A Cook", role="vendor", staff_role="cook")
        cook.password_hash, cook.restaurant_id = cast.vendor.password_hash, cast.restaurant.id
        session.add(cook)
    return cook


def dead_job():
    with atomic() as session:
        job = jobs.add(session, "query_payment", secrets.token_hex(8), {})
    job_runs.fail(job_runs.claim(job.id), ValueError())
    return job


def one_time_token(cast, purpose):
    with atomic() as session:
        return links.make(session, purpose, cast.other_driver, mailed=False)


def checkout(cast):
    soup, *_ = cast.items()
    return {f"quantity-{soup.id}": "1", "fulfilment": "pickup", "when": "now", "payment": "cash"}


def body_of_order(cast):
    soup, *_ = cast.items()
    items = [{"menu_item_id": soup.id, "quantity": 1}]
    return {"restaurant": "first", "items": items, "fulfilment": "pickup", "payment": "cash"}


def written():
    """What every table holds, as far as one call can change it."""
    db.session.rollback()
    # But for the row of each process, which a gateway of another test may be writing just now.
    tables = [table for name, table in db.metadata.tables.items() if name not in ("processes", "recoveries")]
    counts = [db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
    dead = db.session.scalars(select(func.count(Job.id)).where(Job.status == "dead")).one()
    packages = db.session.execute(select(WifiPackage.price_minor, WifiPackage.is_sold).order_by(WifiPackage.id)).all()
    changed = (func.sum(Order.version), func.sum(Payment.version), func.count(Refund.sent_at))
    return [*counts, *(db.session.scalars(select(each)).one() for each in changed), dead, packages]


def test_every_address_has_a_line(app):
    assert addresses(app).keys() == lines().keys()


# What the people of one kitchen are answered about an order of it, by their duty (domain/staff.py).
DUTIES = """
                                 cook counter manager
GET  api.orders                  403  200     200
GET  api.order                   200  200     200
GET  api.order_history           403  200     200
POST api.acknowledge_stop        200  403     200
POST api.order_transition        200  403     200
"""


@pytest.mark.parametrize("line", DUTIES.strip().splitlines()[1:])
def test_a_program_is_answered_by_the_duty_of_its_person(ask, cast, line):
    method, endpoint, *answers = line.split()
    answered = []
    for duty in ("cook", "counter", "manager"):
        with atomic():
            cast.colleague.staff_role = duty
        answered.append(ask(method, endpoint, "colleague", by_token=True)[0])
    assert answered == [int(answer) for answer in answers]


def test_it_names_no_address_twice():
    assert len(TABLE.strip().splitlines()) == len(lines())


@pytest.mark.parametrize("line", lines(), ids=" ".join)
def test_each_member_is_answered_as_the_table_says(ask, line):
    answered = {name: ask(*line, name) for name in MEMBERS}
    assert {name: status for name, (status, _) in answered.items()} == lines()[line]
    method, endpoint = line
    if endpoint not in (*OF_ACCOUNTS, *READS):
        assert {name: wrote for name, (_, wrote) in answered.items()} == {
            name: method != "GET" and status in DONE for name, (status, _) in answered.items()
        }


@pytest.mark.parametrize("line", [line for line in lines() if line[1].startswith("api.")], ids=" ".join)
def test_a_token_opens_what_a_session_opens(ask, line):
    assert {name: ask(*line, name, by_token=True)[0] for name in MEMBERS} == lines()[line]
