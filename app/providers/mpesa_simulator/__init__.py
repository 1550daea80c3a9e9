"""M-Pesa's stand-in: Daraja's own endpoints (daraja.py), the phones behind them, and the switches to mistreat us with.

`GET /phone` shows a phone: its owner enters the PIN or cancels. Money is really moved here: every receipt stands in the
ledger (`GET /control/ledger`), so that a test can compare it with what we believe. Callbacks go out once and are not
repeated, as Daraja does it. All of it is in memory and gone with the process.

Only for demo and tests: whoever reaches the page may pay with anybody's money.
"""

from flask import Blueprint, Flask, current_app

from app.config import Config
from app.providers.clockwork import Clockwork

from .wallets import Wallets

bp = Blueprint("mpesa_simulator", __name__)
_NAME = "mpesa_simulator"


def install(app: Flask, config: Config, clock: Clockwork) -> None:
    """Put the endpoints and pages onto `app`, with nobody's money moved yet."""
    app.extensions[_NAME] = Wallets(config, clock)
    app.register_blueprint(bp)


def wallets() -> Wallets:
    """The state of the simulator that is asked."""
    found: Wallets = current_app.extensions[_NAME]
    return found


from . import control, daraja, pages  # noqa: E402, F401  (they put their views onto bp)
