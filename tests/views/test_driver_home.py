"""The driver's page brings what its scripts need: who it is for, where the log was, and the reasons to give up."""

from app.domain.order_states import REASONS
from app.views.reasons import AFTER_PICKUP, BEFORE_PICKUP


def test_it_is_the_drivers_own(cast, as_person):
    page = as_person(cast.driver).get("/driver/").text
    assert f'data-person="{cast.driver.id}"' in page
    assert '<meta name="passline-position"' in page


def test_it_offers_the_reasons_of_either_half_of_the_way(cast, as_person):
    page = as_person(cast.driver).get("/driver/").text
    before, after = page.split('data-sheet="reason-before"')[1].split('data-sheet="reason-after"')
    assert [code for code in REASONS if f'value="{code}"' in before] == sorted(BEFORE_PICKUP, key=list(REASONS).index)
    assert [code for code in REASONS if f'value="{code}"' in after] == sorted(AFTER_PICKUP, key=list(REASONS).index)


def test_its_service_worker_serves_its_page_and_nothing_else(cast, as_person):
    with as_person(None).get("/driver/worker.js") as worker:
        assert worker.content_type.startswith("text/javascript")
        # A browser lets it answer for what lies below its own address, and no header of ours widens that.
        assert "Service-Worker-Allowed" not in worker.headers
