"""Menus: headings and dishes in their order, what is taken off, and whole menus as tables."""

import pytest
from sqlalchemy import select

from app.domain import menu_sheet, menus
from app.domain.menus import Terms
from app.errors import Conflict, Invalid, LostRace
from app.extensions import atomic, db
from app.models import AuditEntry, Category, MenuItem, Person, Restaurant
from tests.at_once import behind
from tests.factories import place

HEAD = "id,heading,name,description,price\n"


@pytest.fixture
def plates(cast) -> Category:
    return menus.categories(cast.restaurant)[0]


def names(cast):
    return [[item.name.split()[-1] for item in category.shown] for category in menus.categories(cast.restaurant)]


def actions():
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_dish_is_added_changed_and_moved_to_another_heading(cast, plates):
    sweets = menus.add_category(cast.restaurant, " Sweets ", by=cast.admin)
    cake = menus.add_item(cast.restaurant, plates, Terms(name="cake", description="", price_minor=500), by=cast.admin)
    menus.change_item(
        cast.restaurant, cake, Terms(name="pie", description="Warm", price_minor=600), sweets, by=cast.admin
    )
    assert names(cast) == [["soup", "stew", "special"], ["pie"]]
    assert actions() == ["menu.category_added", "menu.item_added", "menu.item_changed"]


def test_dishes_and_headings_are_ordered(cast, plates):
    soup, stew, special = cast.items()
    menus.arrange(cast.restaurant, plates, [special.id, soup.id, stew.id], by=cast.admin)
    drinks = menus.add_category(cast.restaurant, "Drinks", by=cast.admin)
    menus.arrange_categories(cast.restaurant, [drinks.id, plates.id], by=cast.admin)
    assert names(cast) == [[], ["special", "soup", "stew"]]


def test_an_order_of_other_dishes_than_there_are_is_refused(cast, plates):
    soup, stew, _ = cast.items()
    with pytest.raises(LostRace):
        menus.arrange(cast.restaurant, plates, [stew.id, soup.id], by=cast.admin)
    assert names(cast) == [["soup", "stew", "special"]]


def test_what_was_ordered_is_taken_off_and_kept(cast):
    soup, *_ = cast.items()
    order = place(cast).order
    menus.remove_item(cast.restaurant, soup, by=cast.admin)
    assert names(cast) == [["stew", "special"]]
    assert order.items[0].menu_item_id == soup.id
    assert db.session.get(MenuItem, soup.id) is not None
    menus.restore_item(cast.restaurant, soup, by=cast.admin)
    assert names(cast) == [["soup", "stew", "special"]]


def test_a_heading_goes_when_nothing_stands_under_it(cast, plates):
    with pytest.raises(Conflict):
        menus.remove_category(cast.restaurant, plates, by=cast.admin)
    for item in cast.items():
        menus.remove_item(cast.restaurant, item, by=cast.admin)
    menus.remove_category(cast.restaurant, plates, by=cast.admin)
    assert names(cast) == []
    menus.restore_item(cast.restaurant, cast.items()[0], by=cast.admin)
    assert names(cast) == [["soup"]], "its heading comes back with it"


def test_no_dish_comes_under_a_heading_that_goes(app, cast):
    """Whose form still has it, adds to it, moves a dish there, or puts one back that stood there."""
    sweets = menus.add_category(cast.restaurant, "Sweets", by=cast.admin)
    terms = Terms(name="cake", description="", price_minor=500)
    gone = menus.add_item(cast.restaurant, sweets, terms, by=cast.admin)
    menus.remove_item(cast.restaurant, gone, by=cast.admin)
    house_id, sweets_id, stew_id, gone_id, admin_id = (
        row.id for row in (cast.restaurant, sweets, cast.items()[1], gone, cast.admin)
    )

    def read():
        rows = ((Restaurant, house_id), (Category, sweets_id), (MenuItem, stew_id), (MenuItem, gone_id))
        return [db.session.get_one(table, id) for table, id in rows], db.session.get_one(Person, admin_id)

    def add():
        (house, heading, *_), by = read()
        menus.add_item(house, heading, terms, by=by)

    def move():
        (house, heading, stew, _), by = read()
        menus.change_item(house, stew, terms, heading, by=by)

    def put_back():
        (house, *_, dish), by = read()
        menus.restore_item(house, dish, by=by)

    def remove():
        menus.remove_category(cast.restaurant, sweets, by=cast.admin)

    assert isinstance(behind(app, remove, add), LostRace)
    with atomic():
        sweets.is_hidden = False
    assert isinstance(behind(app, remove, move), LostRace)
    with atomic():
        sweets.is_hidden = False
    assert behind(app, remove, put_back) is None
    assert names(cast) == [["soup", "stew", "special"], ["cake"]]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_goes_out_comes_in_and_changes_nothing(cast):
    table = [*menu_sheet.rows(cast.restaurant)]
    with_work = menu_sheet.COLUMNS.index("work_minutes")
    assert table[1][with_work] == ""
    text = "\n".join(",".join(map(str, row)) for row in table)
    plan = menu_sheet.plan(cast.restaurant, text)
    assert [line.does for line in plan.lines] == ["same"] * 3
    assert not plan.does_something


def test_a_table_changes_and_adds_dishes(cast):
    soup, *_ = cast.items()
    text = f"{HEAD}{soup.id},plates,Soup of the day,Hot,4.75\n,Drinks,'+1 Water,,2\n"
    plan = menu_sheet.plan(cast.restaurant, text)
    assert [line.does for line in plan.lines] == ["change", "new"]
    assert plan.lines[0].changes["price"] == ("4.50", "4.75")
    menu_sheet.carry_out(cast.restaurant, text, seal=plan.seal, by=cast.admin)
    db.session.refresh(soup)
    assert (soup.name, soup.description, soup.price_minor) == ("Soup of the day", "Hot", 475)
    water = menus.categories(cast.restaurant)[1].shown[0]
    assert (water.name, water.price_minor) == ("+1 Water", 200)


def test_a_menu_that_has_changed_meanwhile_is_looked_at_again(cast, plates):
    soup, *_ = cast.items()
    text = f"{HEAD}{soup.id},Plates,{soup.name},,9\n"
    seal = menu_sheet.plan(cast.restaurant, text).seal
    menus.change_item(
        cast.restaurant, soup, Terms(name=soup.name, description="", price_minor=800), plates, by=cast.admin
    )
    with pytest.raises(LostRace):
        menu_sheet.carry_out(cast.restaurant, text, seal=seal, by=cast.admin)
    db.session.refresh(soup)
    assert soup.price_minor == 800


@pytest.mark.parametrize("backend", ["sqlite"])
def test_each_wrong_line_says_what_is_wrong_and_none_is_done(cast):
    soup, *_ = cast.items()
    lines = [
        "999999,Plates,Ghost,,1",
        f"{soup.id},Plates,Soup,,1",
        f"{soup.id},Plates,Again,,1",
        ",,No heading,,1",
        ",Plates,,,1",
        ",Plates,Free,,cheap",
        ",Plates,Owed,,-1",
        ",Plates,Crumbs,,0.001",
    ]
    text = HEAD + "\n".join(lines)
    plan = menu_sheet.plan(cast.restaurant, text)
    assert [line.does for line in plan.lines] == ["wrong", "change", *["wrong"] * 6]
    assert all(line.errors for line in plan.lines if line.does == "wrong")
    with pytest.raises(Invalid):
        menu_sheet.carry_out(cast.restaurant, text, seal=plan.seal, by=cast.admin)
    assert names(cast) == [["soup", "stew", "special"]]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("text", ["", "a,b\n1,2", HEAD, HEAD + ",P,x,,1\n" * 1001])
def test_what_is_no_table_of_dishes_is_refused(cast, text):
    with pytest.raises(Invalid):
        menu_sheet.plan(cast.restaurant, text)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_semicolons_and_decimal_commas_are_read(cast):
    [line] = menu_sheet.plan(cast.restaurant, "Heading;Name;Description;Price\nPlates;Fish;;12,50").lines
    assert (line.does, line.terms["price_minor"]) == ("new", 1250)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("house", "cell", "minor"),
    [
        ("first", "1,20", 120),
        ("first", "1200.5", 120_050),
        ("first", "1,200", None),
        ("first", "1.200", None),
        ("first", "1,200.00", None),
        ("first", "1e3", None),
        ("second", "1000", 1000),
        ("second", "1,000", None),
        ("second", "1.000", None),
    ],
)
def test_a_price_that_could_be_two_is_none(cast, house, cell, minor):
    restaurant = {"first": cast.restaurant, "second": cast.other_restaurant}[house]
    [line] = menu_sheet.plan(restaurant, f'{HEAD},Plates,Fish,,"{cell}"').lines
    assert (line.does, line.terms["price_minor"]) == (("wrong", 0) if minor is None else ("new", minor))


def test_a_table_that_is_sent_twice_is_carried_out_once(cast):
    text = f"{HEAD},Plates,Fish,,12\n"
    seal = menu_sheet.plan(cast.restaurant, text).seal
    menu_sheet.carry_out(cast.restaurant, text, seal=seal, by=cast.admin)
    with pytest.raises(LostRace):
        menu_sheet.carry_out(cast.restaurant, text, seal=seal, by=cast.admin)
    assert names(cast) == [["soup", "stew", "special", "Fish"]]
    assert menu_sheet.plan(cast.restaurant, text).lines[0].is_double


def test_a_table_may_say_how_much_work_a_dish_is(cast):
    soup, stew, _ = cast.items()
    text = f"{HEAD[:-1]},work_minutes\n{soup.id},Plates,{soup.name},,4.50,12\n,Plates,Bread,,1,\n"
    plan = menu_sheet.plan(cast.restaurant, text)
    assert plan.lines[0].changes == {"work_minutes": ("", "12")}
    menu_sheet.carry_out(cast.restaurant, text, seal=plan.seal, by=cast.admin)
    db.session.refresh(soup)
    assert [soup.work_minutes, stew.work_minutes, cast.items()[-1].work_minutes] == [12, None, None]
    assert [
        line.does for line in menu_sheet.plan(cast.restaurant, f"{HEAD}{soup.id},Plates,{soup.name},,4.50").lines
    ] == ["same"], "a table that does not say it leaves it"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("work", ["some", "-1", "601", "1.5"])
def test_work_that_is_no_number_of_minutes_is_wrong(cast, work):
    text = f"{HEAD[:-1]},work_minutes\n,Plates,Bread,,1,{work}\n"
    assert menu_sheet.plan(cast.restaurant, text).lines[0].does == "wrong"
