"""Who is connected, and who is in which room."""

from types import SimpleNamespace

from app.contract.identity import Identity, Role
from gateway.registry import Registry
from tests.gateway.sockets import members, socket_of


def socket(sid, credential="session:a", person_id=1):
    eio = SimpleNamespace(closed=False)
    return socket_of(Identity(credential, person_id, Role.ADMIN), eio, sid)


def test_it_finds_sockets_by_credential_and_by_person():
    registry = Registry()
    first, second, other = socket("1"), socket("2", "token:7"), socket("3", "token:8", 2)
    for each in (first, second, other):
        registry.add(each)
    assert set(registry.holding(credential="session:a", person_id=None)) == {first}
    assert set(registry.holding(credential=None, person_id=1)) == {first, second}
    assert registry.holding(credential="session:b", person_id=None) == ()
    assert registry.holding(credential=None, person_id=None) == ()


def test_a_socket_is_in_a_room_under_one_prefix():
    registry, one = Registry(), socket("1")
    registry.add(one)
    registry.join(one, "user.1", "")
    registry.join(one, "user.1", "private-")
    assert members(registry) == {"user.1": {"private-": {one}}}


def test_nothing_is_left_of_a_socket_that_is_removed():
    registry, one = Registry(), socket("1")
    registry.add(one)
    for room in ("a", "b", "c"):
        registry.join(one, room, "")
    registry.enliven(one)
    registry.remove(one)
    registry.remove(one)
    assert (registry.rooms, registry.sockets, set(registry.live)) == ({}, {}, set())
    assert (registry._by_credential, registry._by_person) == ({}, {})


def test_those_who_stay_stay():
    registry, goes, stays = Registry(), socket("1"), socket("2")
    for each in (goes, stays):
        registry.add(each)
        registry.join(each, "a", "")
    registry.remove(goes)
    registry.leave(stays, "never joined")
    assert members(registry) == {"a": {"": {stays}}}
