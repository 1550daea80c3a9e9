"""What the database is asked of those who come: who they are, what they had, which orders they may see.

Each question is gathered (gathering.py): ten thousand who come back at once cost some dozens of statements. Nothing is
remembered here, so nothing has to be dropped when an access ends.
"""

from app.contract.identity import Identity

from .gathering import Gathering
from .store import Admission, Extent, Knock, Store
from .threads import Threads


class Checks:
    """The questions of one gateway. They wait, and raise Away or TookTooLong."""

    def __init__(self, store: Store, threads: Threads) -> None:
        self._admissions: Gathering[Knock, Admission] = Gathering(store.admissions, threads)
        self._orders: Gathering[tuple[Identity, str], int] = Gathering(store.see_orders, threads)
        self._extents: Gathering[None, Extent] = Gathering(lambda asked: [store.extent()] * len(asked), threads)

    def admission(self, knock: Knock) -> Admission:
        """The rows behind what somebody presents."""
        return self._admissions.ask(knock)

    def version_of(self, number: str, identity: Identity) -> int:
        """The version of the order with this number; 0: there is none that `identity` may see, as on pages and API."""
        return self._orders.ask((identity, number))

    def extent(self) -> Extent:
        """How far the log reaches, forwards and back."""
        return self._extents.ask(None)
