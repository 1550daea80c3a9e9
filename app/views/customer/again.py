"""Order again: an earlier order as the basket of the menu, without what cannot be had, and a word about that."""

from dataclasses import dataclass, field

from app.models import MenuItem, Order

from .basket import Basket


@dataclass(slots=True)
class Again:
    """`basket` holds what can be had; `missing` names what cannot, `dearer` what has another price now."""

    number: str
    basket: Basket
    missing: list[str] = field(default_factory=list)
    dearer: list[str] = field(default_factory=list)


def refill(order: Order, on_the_menu: dict[int, MenuItem]) -> Again:
    """What `order` asked for, as far as the menu has it today; the same dish of several lines becomes one."""
    typed: dict[str, str] = {}
    again = Again(order.number, Basket())
    for line in order.items:
        item = on_the_menu.get(line.menu_item_id or 0)
        if item is None or not item.available:
            again.missing.append(line.name)
            continue
        if item.price_minor != line.unit_price_minor:
            again.dearer.append(item.name)
        quantity = f"quantity-{item.id}"
        typed[quantity] = str(int(typed.get(quantity, "0")) + line.quantity)
        typed[f"note-{item.id}"] = line.note or typed.get(f"note-{item.id}", "")
    again.basket = Basket(typed)
    return again
