"""One search over orders, people, restaurants and pages."""

import re

import pytest

from app.domain import finding
from app.extensions import db
from tests.factories import place

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def hits(answer) -> dict[str, str]:
    assert answer.status_code == 200
    links = re.findall(r'<a class="pl-result"[^>]*href="([^"]+)".*?pl-result-title">([^<]+)<', answer.text, re.DOTALL)
    return {title: url for url, title in links}


@pytest.mark.parametrize("path", ["/admin/search", "/admin/search/results"])
def test_it_finds_orders_by_the_start_of_their_number(cast, as_person, path):
    number = place(cast).order.number
    place(cast)
    found = hits(as_person(cast.admin).get(path, query_string={"q": number[:6].lower()}))
    assert found[number] == f"/admin/orders/{number}"


@pytest.mark.parametrize("text", ["vendor pers", "VENDOR", "vendor@example.com"])
def test_it_finds_people_by_name_and_address(cast, as_person, text):
    page = as_person(cast.admin).get("/admin/search", query_string={"q": text}).text
    assert "Vendor Person" in page
    assert "vendor@example.com" in page


def test_a_customer_leads_to_their_page_or_orders(cast, as_person):
    found = hits(as_person(cast.admin).get("/admin/search?q=outsider"))
    assert list(found) == ["Outsider Person"]


def test_it_finds_restaurants(cast, as_person):
    assert "The Second Table" in hits(as_person(cast.admin).get("/admin/search?q=second"))


def test_it_goes_to_pages_by_their_names_and_what_they_are_about(cast, as_person):
    admin = as_person(cast.admin)
    assert hits(admin.get("/admin/search/results?q=dispa")) == {"Dispatch": "/admin/dispatch"}
    assert "Payments" in hits(admin.get("/admin/search/results?q=mpesa"))
    assert {"Dashboard", "Orders", "Jobs"} <= hits(admin.get("/admin/search/results")).keys()


@pytest.mark.parametrize("text", ["%", "_", "zzzz", "' or 1=1", "x" * 300])
def test_what_is_not_there_is_said(cast, as_person, text):
    page = as_person(cast.admin).get("/admin/search", query_string={"q": text})
    assert page.status_code == 200
    assert "Nothing is called" in page.text


def test_the_palette_hears_of_a_list_with_options(cast, as_person):
    page = as_person(cast.admin).get("/admin/search/results?q=second").text
    assert 'role="listbox"' in page
    assert page.count('role="option"') == page.count('aria-selected="false"') == 1
    assert 'role="option"' not in as_person(cast.admin).get("/admin/search?q=second").text


def test_people_are_found_by_phone_and_only_from_five_digits_on(cast, as_person):
    with_app = db.session()
    assert finding.people(with_app, "35191")
    assert not finding.people(with_app, "3519")
