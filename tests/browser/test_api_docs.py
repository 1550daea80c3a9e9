"""The page of the API draws its document from files of ours alone, and speaks as the person who is logged in."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import Cast


def operation(page, name: str):
    return page.locator(f"[id$='-{name}'].opblock")


def test_it_draws_every_operation_without_a_stranger(visit: Visit, cast: Cast):
    page = visit(None, "/login")
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(page.url.replace("/login", "/api/docs"))
    home = re.match(r"http://[^/]+/", page.url)[0]
    paths = page.request.get(f"{home}api/openapi.json").json()["paths"]
    calls = [call for path in paths.values() for call in path if call in ("get", "post", "put", "patch", "delete")]
    expect(page.locator(".opblock")).to_have_count(len(calls))
    assert [url for url in asked if not url.startswith((home, "data:"))] == []
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_follows_light_and_dark(visit: Visit, cast: Cast, theme: str):
    page = visit(None, "/api/docs", color_scheme=theme)
    expect(page.locator("html.dark-mode")).to_have_count(int(theme == "dark"))


def test_what_is_tried_is_sent_as_whoever_is_logged_in(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/api/docs")
    call = operation(page, "place_order")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    # The example's restaurant is the demo's: understood, with the page's CSRF token, and refused by name.
    expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("422")
    expect(call.locator(".live-responses-table")).to_contain_text("No restaurant has this slug.")


def test_it_says_without_javascript_where_the_document_is(visit: Visit, cast: Cast):
    page = visit(None, "/api/docs", java_script_enabled=False)
    expect(page.get_by_role("link", name="/api/openapi.json")).to_be_visible()
