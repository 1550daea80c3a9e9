"""The admin's people: found, invited, changed, let go; and acting as one of them."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import event

from app.domain import password_resets, people, second_factors, sessions
from app.domain.passwords import NOT_CHOSEN
from app.errors import WrongCredentials
from app.extensions import db
from app.models import AuditEntry, Job, OneTimeLink, OrderChange, Person, Session
from tests.cast import PASSWORD
from tests.factories import place, token_of, two_factors
from tests.views.test_access_of_actors import LOCKED, OPEN

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]


@pytest.fixture
def admin(cast, as_person):
    return as_person(cast.admin)


def names(page):
    return re.findall(r'<a class="pl-name" href="/admin/people/\d+">([^<]+)</a>', page)


def kept(person):
    return db.session.get_one(Person, person.id)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=vendor", ["Other Vendor Person", "Vendor Person"]),
        ("q=VENDOR%40", ["Vendor Person"]),
        ("q=%2B351+91", None),
        ("q=100%25", []),
        ("role=driver", ["Other Driver Person", "Driver Person"]),
        ("restaurant=second", ["Other Vendor Person"]),
        ("role=vendor&restaurant=first&q=coll", ["Colleague Person"]),
        ("state=off", ["Outsider Person"]),
        ("state=invited", ["New Person"]),
    ],
)
def test_people_are_found(cast, admin, query, found):
    people.deactivate(cast.outsider)
    admin.post("/admin/people/new", data={"email": "new@example.com", "name": "New Person", "role": "customer"})
    listed = names(admin.get(f"/admin/people?{query}").text)
    assert len(listed) == 9 if found is None else listed == found


def test_a_long_list_goes_by_pages(cast, admin):
    for n in range(45):
        people.create(email=f"p{n}@example.com", name=f"P {n}", role="customer", password_hash="x")
    first = admin.get("/admin/people?role=customer").text
    older = re.search(r'href="(/admin/people\?[^"]*after=\d+)"', first)[1].replace("&amp;", "&")
    listed = names(first) + names(admin.get(older).text)
    assert len(listed) == len(set(listed)) == 48


def test_guests_are_listed_where_they_are_asked_for(cast, admin):
    people.create(email="g@guests.invalid", name="Ann", role="customer", password_hash=NOT_CHOSEN, is_guest=True)
    assert "Ann" not in names(admin.get("/admin/people").text)
    assert names(admin.get("/admin/people?state=invited").text) == []
    page = admin.get("/admin/people?state=guests").text
    assert names(page) == ["Ann"]
    assert '<span class="pl-tag">Guest</span>' in page
    assert "guests.invalid" not in page


def test_a_guests_made_up_address_is_shown_nowhere(cast, admin):
    made_up = {"email": "guest-855fa4@guests.invalid", "password_hash": NOT_CHOSEN, "is_guest": True}
    guest = people.create(name="Ann", role="customer", phone="+254712345678", **made_up)
    order = place(cast, customer=guest).order
    pages = (f"/admin/people/{guest.id}", f"/admin/orders/{order.number}", "/admin/search?q=Ann")
    for page in (admin.get(path).text for path in pages):
        assert "+254712345678" in page
        assert "Guest" in page
        assert "guests.invalid" not in page


def test_a_page_looks_through_a_window_and_says_so(cast, admin, monkeypatch):
    monkeypatch.setattr("app.domain.people_lists.WINDOW", 5)
    page = admin.get("/admin/people?q=vendor").text
    assert names(page) == []
    assert "This page looked through 5 people" in page
    older = re.search(r'href="(/admin/people\?[^"]*after=\d+)"', page)[1].replace("&amp;", "&")
    assert names(admin.get(older).text) == ["Other Vendor Person", "Vendor Person"]
    assert names(admin.get("/admin/people?q=vendor@example.com").text) == ["Vendor Person"], "a whole address"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "ix_people_with_account_id"),
        ("role=driver", "ix_people_with_account_role_id"),
        ("role=driver&q=driver", "ix_people_with_account_role_id"),
        ("restaurant=second", "ix_people_restaurant_id"),
    ],
)
def test_a_page_is_read_along_an_index(cast, admin, query, index):
    asked = []
    note = lambda _connection, _cursor, *statement: asked.append(statement[:2])  # noqa: E731  (removed again below)
    event.listen(db.engine, "before_cursor_execute", note)
    admin.get(f"/admin/people?{query}")
    event.remove(db.engine, "before_cursor_execute", note)
    pages = [each for each in asked if "is_guest IS 0" in each[0] and "LIMIT" in each[0]]
    connection = db.session.connection()
    plans = [connection.exec_driver_sql(f"explain query plan {statement}", values).all() for statement, values in pages]
    assert plans
    assert all(index in str(plan) for plan in plans)


def test_it_invites_and_shows_the_link_once(cast, admin, as_person):
    form = {"email": "Cook@Example.com", "name": "A Cook", "role": "vendor", "restaurant": "first", "phone": ""}
    place_of_page = admin.post("/admin/people/new", data=form).location
    page = admin.get(place_of_page).text
    link = re.search(r'value="http://localhost(/invitation/[\w-]{43})"', page)[1]
    assert "/invitation/" not in admin.get(place_of_page).text
    assert Job.query.one().kind == "send_mail"
    as_person(None).post(link, data={"password": "a cook's own password"})
    assert sessions.sign_in("cook@example.com", "a cook's own password").person.restaurant_id == cast.restaurant.id


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"email": "vendor@example.com"}, "It is taken."),
        ({"email": "nothing"}, "This is no e-mail address."),
        ({"role": "vendor", "restaurant": ""}, "Vendor staff belong to a restaurant"),
        ({"role": "king"}, "Not a valid choice"),
        ({"phone": "0700"}, "With the country&#39;s code"),
    ],
)
def test_it_says_what_is_wrong_with_an_invitation(cast, admin, changes, told):
    form = {"email": "new@example.com", "name": "New", "role": "customer", **changes}
    answer = admin.post("/admin/people/new", data=form)
    assert answer.status_code == 422
    assert told in answer.text


def test_another_restaurant_ends_what_they_are_logged_in_with(cast, admin, as_person):
    vendor = as_person(cast.vendor)
    form = {"name": "Vera", "phone": "", "role": "vendor", "restaurant": "second"}
    admin.post(f"/admin/people/{cast.vendor.id}/details", data=form)
    assert (kept(cast.vendor).restaurant_id, kept(cast.vendor).name) == (cast.other_restaurant.id, "Vera")
    assert vendor.get("/vendor/").location.startswith("/login")
    entry = AuditEntry.query.filter_by(action="person.changed").one()
    assert '"The Second Table"' in entry.after
    assert entry.address == "127.0.0.1"


def test_who_is_moved_or_invited_has_the_least_duty_unless_another_is_chosen(cast, admin):
    form = {"name": "Vera", "phone": "", "role": "vendor", "restaurant": "second"}
    admin.post(f"/admin/people/{cast.vendor.id}/details", data=form)
    assert kept(cast.vendor).staff_role == "cook"
    admin.post(f"/admin/people/{cast.vendor.id}/details", data={**form, "staff_role": "counter"})
    assert kept(cast.vendor).staff_role == "counter"
    admin.post("/admin/people/new", data={**form, "email": "new@example.com"})
    admin.post("/admin/people/new", data={**form, "email": "head@example.com", "staff_role": "manager"})
    duties = [Person.query.filter_by(email=f"{who}@example.com").one().staff_role for who in ("new", "head")]
    assert duties == ["cook", "manager"]


def test_another_duty_ends_what_they_are_logged_in_with(cast, admin, as_person):
    vendor = as_person(cast.vendor)
    form = {"name": "Vera", "phone": "", "role": "vendor", "restaurant": "first", "staff_role": "cook"}
    admin.post(f"/admin/people/{cast.vendor.id}/details", data=form)
    assert vendor.get("/vendor/").location.startswith("/login")
    assert '"duty":"cook"' in AuditEntry.query.filter_by(action="person.changed").one().after


def test_nobody_becomes_another_admin_by_making_them_less_meanwhile(cast, admin, as_person):
    other = people.create(email="boss@example.com", name="Boss", role="admin", password=PASSWORD)
    details = f"/admin/people/{other.id}/details"
    admin.post(details, data={"name": "Boss", "role": "customer"})
    by_link = password_resets.hand_over(other, by=cast.admin)
    people.change_password(other, "known to the other one")
    admin.post(details, data={"name": "Boss", "role": "admin"})
    answer = as_person(None).post(f"/password-reset/{by_link}", data={"password": "known to the other one"})
    assert answer.status_code == 404
    with pytest.raises(WrongCredentials):
        sessions.sign_in("boss@example.com", "known to the other one")


@pytest.mark.parametrize(
    ("env", "told"), [("demo", "A link is on its way to"), ("production", "flask users reset-link")]
)
def test_an_invitation_of_an_admin_is_shown_to_no_other(app, cast, admin, monkeypatch, env, told):
    monkeypatch.setitem(app.config, "PASSLINE", replace(app.config["PASSLINE"], env=env))
    form = {"email": "boss@example.com", "name": "Boss", "role": "admin"}
    page = admin.get(admin.post("/admin/people/new", data=form).location).text
    assert told in page
    boss = Person.query.filter_by(email="boss@example.com").one()
    admin.post(f"/admin/people/{boss.id}/invitation")
    page += admin.get(f"/admin/people/{boss.id}").text
    assert "/invitation/" not in page.replace(f"/admin/people/{boss.id}/invitation", "")
    assert {link.token_hash for link in OneTimeLink.query} <= {None}


def test_a_new_name_ends_nothing(cast, admin, as_person):
    vendor = as_person(cast.vendor)
    form = {"name": "Vera", "phone": "+351910000009", "role": "vendor", "restaurant": "first"}
    admin.post(f"/admin/people/{cast.vendor.id}/details", data=form)
    assert vendor.get("/vendor/").status_code == 200


def test_an_admin_does_not_take_their_own_rights_away(cast, admin):
    admin.post(f"/admin/people/{cast.admin.id}/deactivation")
    form = {"name": "Me", "role": "customer", "restaurant": ""}
    assert admin.post(f"/admin/people/{cast.admin.id}/details", data=form).status_code == 409
    assert (kept(cast.admin).role, kept(cast.admin).is_active) == ("admin", True)


def test_it_lets_go_and_takes_back(cast, admin):
    admin.post(f"/admin/people/{cast.vendor.id}/deactivation")
    assert not kept(cast.vendor).is_active
    assert "Reactivate" in admin.get(f"/admin/people/{cast.vendor.id}").text
    admin.post(f"/admin/people/{cast.vendor.id}/reactivation")
    assert sessions.sign_in("vendor@example.com", PASSWORD)


def test_it_ends_one_log_in_or_all(cast, admin, as_person):
    one, other = as_person(cast.vendor), as_person(cast.vendor)
    token_of(cast.vendor)
    page = admin.get(f"/admin/people/{cast.vendor.id}").text
    ends = re.findall(r'action="(/admin/people/\d+/accesses/\w{24}/end)"', page)
    assert len(ends) == 3
    admin.post(ends[0])
    assert len(re.findall(r"accesses/\w{24}/end", admin.get(f"/admin/people/{cast.vendor.id}").text)) == 2
    admin.post(f"/admin/people/{cast.vendor.id}/accesses/end")
    assert {browser.get("/vendor/").status_code for browser in (one, other)} == {302}


def test_it_resets_a_second_factor_but_not_its_own(cast, admin):
    for person in (cast.vendor, cast.admin):
        two_factors(person)
        admin.post(f"/admin/people/{person.id}/second-factor-reset")
    assert second_factors.of(cast.vendor) is None
    assert second_factors.of(cast.admin) is not None


def test_where_no_mail_goes_out_it_hands_a_link_over(app, cast, admin, monkeypatch, as_person):
    monkeypatch.setitem(
        app.config, "PASSLINE", replace(app.config["PASSLINE"], env="production", public_url="https://a.example")
    )
    admin.post(f"/admin/people/{cast.vendor.id}/reset-link")
    page = admin.get(f"/admin/people/{cast.vendor.id}").text
    assert re.search(r'value="https://a.example/password-reset/[\w-]{43}"', page)
    admin.post(f"/admin/people/{cast.admin.id}/reset-link")
    assert "/password-reset/" not in admin.get(f"/admin/people/{cast.admin.id}").text
    asked = as_person(None).post("/password-reset", data={"email": "vendor@example.com"})
    assert "Ask an admin for a link" in asked.text
    assert OneTimeLink.query.count() == 1


def test_where_mail_goes_out_it_shows_no_link(cast, admin):
    admin.post(f"/admin/people/{cast.vendor.id}/reset-link")
    assert "/password-reset/" not in admin.get(f"/admin/people/{cast.vendor.id}").text
    assert (OneTimeLink.query.one().token_hash, Job.query.count()) == (None, 1)


def test_acting_is_marked_on_every_page_and_told_in_histories(cast, admin):
    order = place(cast).order
    assert admin.post(f"/admin/people/{cast.vendor.id}/acting").location == "/"
    for path in ("/vendor/", "/account", "/r/first", "/admin/"):
        assert 'You act as <strong class="pl-name">Vendor Person' in admin.get(path).text, path
    admin.post(f"/vendor/orders/{order.number}/acceptance", data={"expected_version": "1", "prep_minutes": "20"})
    change = OrderChange.query.order_by(OrderChange.id.desc()).first()
    assert change.actor_name == "Vendor Person (by Admin Person)"
    assert admin.post("/acting/stop").location == f"/admin/people/{cast.vendor.id}"
    assert "You act as" not in admin.get("/admin/").text
    assert "Began to act as" in admin.get(f"/admin/people/{cast.vendor.id}").text


@pytest.mark.parametrize("who", ["vendor", "customer", "driver"])
def test_who_acts_has_the_other_ones_addresses_and_no_admins(app, cast, admin, who):
    admin.post(f"/admin/people/{getattr(cast, who).id}/acting")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and "GET" in rule.methods and not rule.arguments:
            assert admin.get(rule.rule).status_code == 403, rule.endpoint
    assert admin.post(f"/admin/people/{cast.outsider.id}/acting").status_code == 403
    homes = {"vendor": "/vendor/", "customer": "/orders/", "driver": "/driver/"}
    assert {name: admin.get(home).status_code for name, home in homes.items()} == {
        name: 200 if name == who else 403 for name in homes
    }


def test_who_acts_changes_nothing_that_is_the_persons_alone(cast, admin):
    two_factors(cast.vendor)
    token_of(cast.vendor)
    admin.post(f"/admin/people/{cast.vendor.id}/acting")
    before = (kept(cast.vendor).password_hash, kept(cast.vendor).name)
    token_id = admin.get("/api/tokens").json["items"][0]["id"]
    assert admin.delete(f"/api/tokens/{token_id}").status_code == 403
    for path in LOCKED:
        assert (
            admin.post(path, data={"name": "X", "old": PASSWORD, "password": PASSWORD, "code": "1"}).status_code == 403
        )
    for path in OPEN:
        assert admin.get(path).status_code == 200
    assert before == (kept(cast.vendor).password_hash, kept(cast.vendor).name)


def test_who_logs_out_while_acting_is_logged_out_alone(cast, admin, as_person):
    vendor = as_person(cast.vendor)
    admin.post(f"/admin/people/{cast.vendor.id}/acting")
    admin.post("/logout")
    assert admin.get("/vendor/").location.startswith("/login")
    assert vendor.get("/vendor/").status_code == 200
    assert Session.query.filter(Session.ended_at.is_(None)).count() == 1


def test_a_program_acts_as_nobody(app, cast, bearer):
    answer = app.test_client().post(f"/admin/people/{cast.vendor.id}/acting", headers=bearer(cast.admin))
    assert answer.status_code == 302
