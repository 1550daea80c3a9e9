"""Menus: headings and dishes in their order, what is taken off, and whole menus as tables."""

import pytest
from sqlalchemy import select

from app.domain import menu_sheet, menus
from app.domain.menus import Terms
from app.errors import Conflict, Invalid, LostRace
from app.extensions import db
from app.models import AuditEntry, Category, MenuItem
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
