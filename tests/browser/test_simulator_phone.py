"""The simulator's phone in a browser: it rings by itself, the pad types the PIN, and a PIN half typed is kept."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE
from tests.providers.conftest import OTHER, PHONE, Daraja
from tests.simulator import digits, within


@pytest.fixture
def daraja(simulator):
    return Daraja(simulator, "http://127.0.0.1:9/webhooks/mpesa/secret/token")


@pytest.fixture
def phone(chrome, simulator):
    """The page of a phone, at a phone's size."""
    context = chrome.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{simulator.url}/phone?number={digits(PHONE)}")
    yield page
    context.close()
    assert errors == []


def press(page, pin):
    for digit in pin:
        page.get_by_role("button", name=digit, exact=True).tap()


def test_the_pad_types_the_pin_and_the_money_goes(phone, daraja, simulator):
    expect(phone.get_by_text("No messages")).to_be_visible()
    daraja.push(PHONE, 650).raise_for_status()
    expect(phone.get_by_text("Pay KES 650 to Passline?")).to_be_visible()
    press(phone, "12")
    phone.get_by_role("button", name="Erase").tap()
    press(phone, "23")
    # Something happens elsewhere meanwhile: the page is drawn anew, and what was typed stays.
    daraja.push(OTHER, 20).raise_for_status()
    expect(phone.get_by_text("+254 798 765 432").first).to_be_visible()
    expect(phone.get_by_label("M-PESA PIN")).to_have_value("123")
    press(phone, "4")
    phone.get_by_role("button", name="Send").tap()
    expect(phone.get_by_text("Confirmed. Ksh650.00 sent to Passline")).to_be_visible()
    [receipt] = simulator.ledger()
    assert (receipt["phone"], receipt["amount"]) == (digits(PHONE), 650)


def test_cancel_asks_for_no_pin(phone, daraja, simulator):
    daraja.push(PHONE, 650).raise_for_status()
    phone.get_by_role("button", name="Cancel").tap()
    expect(phone.get_by_text("Cancelled", exact=True)).to_be_visible()
    within(5, lambda: simulator.prompts()[0]["result"] == 1032)
    assert simulator.ledger() == []
