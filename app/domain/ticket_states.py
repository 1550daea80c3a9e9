"""The machine of a delivery ticket: its states and its edges, as tables on one screen. ticket_transition.py walks them.

    unassigned -> offered -> assigned -> at_pickup -> picked_up -> at_dropoff -> delivered
         beside it: needs_dispatcher, failed -> returning -> returned, cancelled

What changes hands (picked_up, delivered, failed) is walked by the order, and the ticket follows it (deliveries.py).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.contract.times import now
from app.language import N_
from app.models import Ticket

from .edges import Edge, edge

LABELS = {
    "unassigned": N_("Looking for a driver"),
    "offered": N_("Asking a driver"),
    "needs_dispatcher": N_("Needs a dispatcher"),
    "assigned": N_("Driver on the way to the restaurant"),
    "at_pickup": N_("Driver at the restaurant"),
    "picked_up": N_("On its way"),
    "at_dropoff": N_("Driver at the door"),
    "delivered": N_("Delivered"),
    "failed": N_("Could not be delivered"),
    "returning": N_("On its way back"),
    "returned": N_("Back at the restaurant"),
    "cancelled": N_("Cancelled"),
}
# Nobody has it yet, or nobody any more.
SEARCHING = frozenset({"unassigned", "offered", "needs_dispatcher"})
# Between these the customer may know who comes, and the driver whom to call.
UNDER_WAY = frozenset({"assigned", "at_pickup", "picked_up", "at_dropoff"})
WITH_THE_FOOD = frozenset({"picked_up", "at_dropoff"})
FETCHING = UNDER_WAY - WITH_THE_FOOD
# Until then it can be offered, or given, to somebody else.
BEFORE_PICKUP = SEARCHING | FETCHING
# A driver who has one of these is not free.
BUSY = UNDER_WAY | {"failed", "returning"}
ENDS = frozenset({"delivered", "returned", "cancelled"})

# How long a driver has to answer, on the server's clock; the same one is asked again for a ticket after so long.
OFFER_LASTS = timedelta(seconds=45)
NOT_AGAIN_WITHIN = timedelta(minutes=10)
# After so many refusals, or so long, a person must look for somebody.
MOST_REFUSALS = 5
SOUGHT_FOR = timedelta(minutes=10)
# So many lapses in a row set a driver off duty: the phone lies somewhere else.
MOST_LAPSES = 3

EDGES: Mapping[tuple[str, str], Edge] = {
    (line.start, line.to): line
    for line in (
        # from           to                  verb            who                               must give a reason
        edge("unassigned", "offered", "offer", "system admin"),
        edge("needs_dispatcher", "offered", "offer", "admin"),
        edge("offered", "assigned", "accept", "driver"),
        edge("unassigned", "assigned", "take", "driver"),
        edge("needs_dispatcher", "assigned", "take", "driver"),
        edge("offered", "unassigned", "end_offer", "driver system admin"),
        edge("unassigned", "needs_dispatcher", "call_dispatcher", "system admin"),
        edge("assigned", "unassigned", "give_back", "driver system admin", reason="driver admin"),
        edge("at_pickup", "unassigned", "give_back", "driver system admin", reason="driver admin"),
        edge("assigned", "at_pickup", "arrive", "driver admin"),
        edge("assigned", "picked_up", "pick_up", "driver vendor admin"),
        edge("at_pickup", "picked_up", "pick_up", "driver vendor admin"),
        edge("picked_up", "at_dropoff", "reach", "driver admin"),
        edge("picked_up", "delivered", "deliver", "driver admin"),
        edge("at_dropoff", "delivered", "deliver", "driver admin"),
        edge("picked_up", "failed", "fail", "driver admin", reason="driver admin"),
        edge("at_dropoff", "failed", "fail", "driver admin", reason="driver admin"),
        edge("failed", "returning", "bring_back", "driver admin"),
        edge("returning", "returned", "hand_back", "driver vendor admin"),
        *(
            edge(start, "cancelled", "cancel", "system customer vendor admin")
            for start in ("unassigned", "offered", "needs_dispatcher", "assigned", "at_pickup")
        ),
    )
}


def allowed(ticket: Ticket, role: str, at: datetime | None = None) -> list[Edge]:
    """The edges that `role` may walk from where `ticket` is, in the table's order."""
    at = at or now()
    return [
        line
        for line in EDGES.values()
        if line.start == ticket.status and role in line.roles and line.refusal(ticket, at) is None
    ]
