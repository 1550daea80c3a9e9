"""The cast: who appears in the tests. Two restaurants, people of every role in each, and an outsider."""

from dataclasses import dataclass, fields
from datetime import time

from app.contract.identity import Role
from app.domain import passwords
from app.extensions import atomic
from app.models import Category, MenuItem, OpeningHours, Person, Restaurant

# Where both restaurants are.
COUNTER = (38.7139, -9.1334)
PASSWORD = "correct horse battery"
_hash: list[str] = []


@dataclass
class Cast:
    """Everybody. `outsider` is a customer with no order and no restaurant of interest."""

    admin: Person
    vendor: Person
    colleague: Person
    other_vendor: Person
    customer: Person
    other_customer: Person
    driver: Person
    other_driver: Person
    outsider: Person
    restaurant: Restaurant
    other_restaurant: Restaurant

    def people(self) -> dict[str, Person]:
        """Every person by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), Person)}

    def items(self, restaurant: Restaurant | None = None) -> list[MenuItem]:
        """The menu of a restaurant (default: the first one): two items that can be had, and one that is sold out."""
        chosen = restaurant or self.restaurant
        return MenuItem.query.filter_by(restaurant_id=chosen.id).order_by(MenuItem.id).all()


def make_cast() -> Cast:
    """Write the cast into the database: plain rows and few statements, because nearly every test begins with it."""
    if not _hash:
        _hash.append(passwords.hashed(PASSWORD))
    first = _restaurant("first", "The First Table", "Europe/Lisbon", "EUR")
    second = _restaurant("second", "The Second Table", "Asia/Tokyo", "JPY")
    cast = Cast(
        admin=_person("admin", Role.ADMIN),
        vendor=_person("vendor", Role.VENDOR, first),
        colleague=_person("colleague", Role.VENDOR, first),
        other_vendor=_person("other_vendor", Role.VENDOR, second),
        customer=_person("customer", Role.CUSTOMER),
        other_customer=_person("other_customer", Role.CUSTOMER),
        driver=_person("driver", Role.DRIVER),
        other_driver=_person("other_driver", Role.DRIVER),
        outsider=_person("outsider", Role.CUSTOMER),
        restaurant=first,
        other_restaurant=second,
    )
    with atomic() as session:
        session.add_all([first, second, *cast.people().values()])
        session.flush()
        session.add_all([_menu(first), _menu(second)])
    return cast


def _person(name: str, role: Role, restaurant: Restaurant | None = None) -> Person:
    return Person(
        email=f"{name}@example.com",
        name=f"{name.replace('_', ' ').title()} Person",
        role=role,
        phone="+351910000001",
        password_hash=_hash[0],
        restaurant=restaurant,
    )


def _restaurant(slug: str, name: str, zone: str, currency: str) -> Restaurant:
    """A restaurant that is always open, at COUNTER."""
    restaurant = Restaurant(slug=slug, name=name, time_zone=zone, currency=currency)
    restaurant.latitude, restaurant.longitude = COUNTER
    restaurant.ride_pay_minor, restaurant.ride_pay_per_km_minor = 300, 50
    restaurant.hours = [OpeningHours(weekday=day, opens=time(0), closes=time(0)) for day in range(7)]
    return restaurant


def _menu(restaurant: Restaurant) -> Category:
    """Two items that can be had, and one that is sold out."""
    dishes = (("soup", 450, True), ("stew", 1250, True), ("special", 2000, False))
    category = Category(restaurant_id=restaurant.id, name="Plates")
    category.items = [
        MenuItem(restaurant_id=restaurant.id, name=f"{restaurant.name} {dish}", price_minor=price, available=available)
        for dish, price, available in dishes
    ]
    return category
