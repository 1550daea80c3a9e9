"""The money of the simulator: phones with a balance, prompts that wait for a PIN, and the ledger of what was taken.

One lock guards all of it: a prompt is decided once, and the money moves in the same breath.
"""

import secrets
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.config import Config
from app.providers.clockwork import Clockwork
from app.providers.switches import Switches

from .behaviour import BEHAVIOUR

PIN = "1234"
BALANCE = 100_000  # whole shillings, until somebody says otherwise
TOKEN_LIFE = 3599  # seconds
NAIROBI = ZoneInfo("Africa/Nairobi")

# Daraja's result codes, in its own words.
RESULTS = {
    0: "The service request is processed successfully.",
    1: "The balance is insufficient for the transaction.",
    1032: "Request cancelled by user.",
    1037: "DS timeout user cannot be reached.",
    2001: "The initiator information is invalid.",
}
_RECEIPT = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that was taken: whole shillings."""

    receipt: str
    amount: int
    phone: str
    checkout_request_id: str
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Posted:
    """A callback that went out: what it said, and the status that it was answered with (or why with none)."""

    kind: str
    at: datetime
    answer: str


@dataclass(slots=True)
class Prompt:
    """A question on a phone, and what came of it: `result` is None until it is decided."""

    checkout_request_id: str
    merchant_request_id: str
    phone: str
    amount: int
    account: str
    description: str
    callback_url: str
    at: datetime
    result: int | None = None
    receipt: Receipt | None = None
    posted: list[Posted] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it is still on the phone's screen."""
        return self.result is None


@dataclass(frozen=True, slots=True)
class Note:
    """A message of M-Pesa's to a phone."""

    at: datetime
    text: str


class Wallets:
    """Everything that the simulator knows."""

    def __init__(self, config: Config, clock: Clockwork) -> None:
        self.config = config
        self.clock = clock
        self.switches = Switches(BEHAVIOUR)
        self.lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Begin anew: no prompts, no money moved, the usual behaviour."""
        with self.lock:
            self.switches.reset()
            self.tokens: dict[str, datetime] = {}
            self.prompts: dict[str, Prompt] = {}
            self.open: dict[str, Prompt] = {}
            self.ledger: list[Receipt] = []
            self.balances: defaultdict[str, int] = defaultdict(lambda: BALANCE)
            self.notes: defaultdict[str, list[Note]] = defaultdict(list)
            # Callbacks that wait for a later attempt's, by the account that is paid for.
            self.held: defaultdict[str, list[Prompt]] = defaultdict(list)

    def token(self) -> str:
        """A fresh access token."""
        token = secrets.token_urlsafe(21)
        with self.lock:
            self.tokens[token] = datetime.now(UTC) + timedelta(seconds=TOKEN_LIFE)
        return token

    def knows(self, token: str) -> bool:
        """Whether this access token was given out and is still good."""
        with self.lock:
            until = self.tokens.get(token)
        return until is not None and until > datetime.now(UTC)

    def ask(self, **asked: Any) -> Prompt | None:
        """Show a prompt on its phone; None where that has one already."""
        at = datetime.now(UTC)
        phone: str = asked["phone"]
        with self.lock:
            if phone in self.open:
                return None
            local = at.astimezone(NAIROBI)
            prompt = Prompt(
                checkout_request_id=f"ws_CO_{local:%d%m%Y%H%M%S}{local.microsecond // 1000:03}{phone[3:]}",
                merchant_request_id=f"{secrets.token_hex(2)}-4853-beb7-{secrets.token_hex(9)}",
                at=at,
                **asked,
            )
            self.prompts[prompt.checkout_request_id] = self.open[phone] = prompt
        return prompt

    def decide(self, prompt: Prompt, result: int) -> bool:
        """End the prompt; with 0 the money is taken, where there is enough. False where it was ended before."""
        with self.lock:
            if not prompt.is_open or self.open.get(prompt.phone) is not prompt:
                return False
            del self.open[prompt.phone]
            if result == 0 and self.balances[prompt.phone] < prompt.amount:
                result = 1
            prompt.result = result
            if result == 0:
                self._take(prompt)
            elif result == 1:
                self._tell(prompt, "Failed. You do not have enough money in your M-PESA account to pay that.")
        return True

    def set_balance(self, phone: str, shillings: int) -> None:
        """Give a phone so many whole shillings."""
        with self.lock:
            self.balances[phone] = shillings

    def seen_phones(self) -> list[str]:
        """Every phone that was prompted, the latest first."""
        with self.lock:
            return list(dict.fromkeys(prompt.phone for prompt in reversed(self.prompts.values())))

    def prompts_of(self, phone: str = "") -> list[Prompt]:
        """The prompts of a phone (of all), the latest first."""
        with self.lock:
            return [prompt for prompt in reversed(self.prompts.values()) if phone in ("", prompt.phone)]

    def _take(self, prompt: Prompt) -> None:
        self.balances[prompt.phone] -= prompt.amount
        at = datetime.now(UTC)
        prompt.receipt = Receipt(
            receipt=new_receipt(at),
            amount=prompt.amount,
            phone=prompt.phone,
            checkout_request_id=prompt.checkout_request_id,
            account=prompt.account,
            at=at,
        )
        self.ledger.append(prompt.receipt)
        local = at.astimezone(NAIROBI)
        self._tell(
            prompt,
            f"{prompt.receipt.receipt} Confirmed. Ksh{prompt.amount:,}.00 sent to Passline for account "
            f"{prompt.account} on {local.day}/{local.month}/{local:%y} at {local:%I:%M %p}. "
            f"New M-PESA balance is Ksh{self.balances[prompt.phone]:,}.00.",
        )

    def _tell(self, prompt: Prompt, text: str) -> None:
        self.notes[prompt.phone].append(Note(datetime.now(UTC), text))


def new_receipt(at: datetime) -> str:
    """Ten characters as M-Pesa's: year, month and day as one letter or digit each, then what is nobody else's."""
    day = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(at.year - 2007) % 26] + "ABCDEFGHIJKL"[at.month - 1]
    return f"{day}{'123456789ABCDEFGHIJKLMNOPQRSTUV'[at.day - 1]}" + "".join(secrets.choice(_RECEIPT) for _ in range(7))
