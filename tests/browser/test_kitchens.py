"""Five kitchens work for a while, and at the end each board shows what the database says.

`KITCHENS_SECONDS` is for how long (the suite: some seconds; by hand 600), `KITCHENS_SEED` which evening it is.
"""

import os
import sys

from tests.browser.conftest import Visit, is_live
from tests.browser.evening import Evening, kitchens
from tests.cast import Cast

SECONDS = float(os.environ.get("KITCHENS_SECONDS", "20"))
SEED = int(os.environ.get("KITCHENS_SEED", "5"))


def test_five_boards_equal_the_database_after_a_busy_evening(visit: Visit, cast: Cast):
    evening = Evening(cast, kitchens(cast, 5), SEED)
    for kitchen in evening.kitchens:
        kitchen.board = is_live(visit(kitchen.cook, "/vendor/"))
        kitchen.context = kitchen.board.context
    evening.last(SECONDS)
    sys.stdout.write(f"{SECONDS:.0f} s, seed {SEED}: {evening.done}\n")
    assert evening.differences() == {}
    assert evening.done["order"]
