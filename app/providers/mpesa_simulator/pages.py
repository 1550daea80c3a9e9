"""The page of a phone: its prompt with a PIN pad, its messages, and beside it the switches for whoever tests."""

from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.providers import sms_simulator

from . import bp, wallets
from .behaviour import BEHAVIOUR
from .daraja import decide
from .wallets import PIN, Note, Prompt

_MOST = 30


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page shows of the phones, of one of them above all."""

    phone: str
    phones: list[str]
    waiting: set[str]
    prompt: Prompt | None
    past: list[Prompt]
    thread: list[tuple[str, Note]]
    balance: int


@bp.get("/phone")
def phone() -> str:
    screen = _screen()
    switches = wallets().switches
    return render_template(
        "simulator/phone.html",
        screen=screen,
        table=BEHAVIOUR,
        positions=switches.positions(request.args.get("of", "")),
        of_phone=request.args.get("of", ""),
        own=list(switches.phones()),
        pin=PIN,
    )


@bp.get("/phone/screen")
def phone_screen() -> str:
    return render_template("simulator/_screen.html", screen=_screen(), pin=PIN)


@bp.post("/phone/answer")
def phone_answer() -> ResponseReturnValue:
    """The PIN, or that it was cancelled."""
    prompt = wallets().prompts.get(request.form["checkout_request_id"]) or abort(404)
    is_right = request.form.get("pin", "") == PIN
    decide(wallets(), prompt, 1032 if "cancel" in request.form else 0 if is_right else 2001)
    return redirect(url_for(".phone", number=prompt.phone), 303)


@bp.post("/phone/switches")
def phone_switches() -> ResponseReturnValue:
    of_phone, number = request.form.get("of", ""), request.form.get("number", "")
    if refusal := wallets().switches.read_form(request.form, of_phone):
        abort(422, refusal)
    return redirect(url_for(".phone", number=number or None, of=of_phone or None), 303)


def _screen() -> Screen:
    state = wallets()
    phones = state.seen_phones()
    for written in sms_simulator.texts().seen_phones():
        if written not in phones:
            phones.append(written)
    number = request.args.get("number") or next(iter(phones), "")
    past = state.prompts_of(number) if number else []
    texts = [("Passline", Note(each.at, each.text)) for each in sms_simulator.texts().to(number)] if number else []
    thread = [*(("M-PESA", note) for note in state.notes.get(number, ())), *texts]
    return Screen(
        phone=number,
        phones=phones,
        waiting=set(state.open),
        prompt=state.open.get(number),
        past=[prompt for prompt in past if not prompt.is_open][:_MOST],
        thread=sorted(thread, key=lambda each: each[1].at, reverse=True)[:_MOST],
        balance=state.balances.get(number, state.balances[""]) if number else 0,
    )
