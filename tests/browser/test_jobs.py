"""The page of jobs asks for itself: no event tells of them."""

from playwright.sync_api import Page, expect

from app.domain import job_runs, jobs
from app.extensions import atomic
from tests.browser.conftest import Visit, is_live
from tests.cast import Cast


def test_it_follows_by_itself_and_a_person_has_a_dead_job_tried_again(visit: Visit, cast: Cast):
    page: Page = is_live(visit(cast.admin, "/admin/jobs"))
    with atomic() as session:
        job = jobs.add(session, "query_payment", "payment:7:1", {"payment": 7})
    job_runs.fail(job_runs.claim(job.id), TimeoutError("no answer"))
    failed = page.locator('[data-part="failed"]')
    expect(failed).to_contain_text("TimeoutError: no answer", timeout=30_000)
    failed.get_by_role("button", name="Retry now").click()
    expect(failed).to_contain_text("To be tried anew")
