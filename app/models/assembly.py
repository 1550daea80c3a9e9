"""Entities made from plain rows, for the two questions of nearly every request: whose session is it, which order is it.

What is made is what a query of the ORM would have made: persistent, one object per row and session, its relations
loaded when somebody looks at them. The ORM plans anew, for each result, how every column gets to its attribute: with
its own queries in these two places a transition takes 2.6 ms of CPU time instead of 1.9. Everything else asks the ORM.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict, instance_state, set_committed_value


class Assembly:
    """Makes entities of one class out of values in the order of `columns`, of which the first is the key."""

    def __init__(self, entity: Any) -> None:
        mapper = inspect(entity)
        self._entity = entity
        self._manager = mapper.class_manager
        key = mapper.primary_key[0].name
        self._names = sorted(mapper.column_attrs.keys(), key=lambda name: name != key)
        self.columns: list[Column[Any]] = [entity.__table__.c[name] for name in self._names]

    def make(self, session: Session, values: Sequence[Any]) -> Any:
        """The entity of this row, as the row has it now, whatever the session remembered of it."""
        key = (self._entity, (values[0],), None)
        known = session.identity_map.get(key)
        if known is not None:
            for name, value in zip(self._names, values, strict=True):
                set_committed_value(known, name, value)
            return known
        # As sqlalchemy.orm.loading does it with a row that the session has not seen.
        made = self._manager.new_instance()
        state = instance_state(made)
        state.key = key
        state.session_id = session.hash_key
        instance_dict(made).update(zip(self._names, values, strict=True))
        session.identity_map.add(state)
        return made


class Assemblies:
    """Several entities side by side in one row: `columns` is what to select for all of them; more may follow."""

    def __init__(self, *entities: Any) -> None:
        self._parts = [Assembly(entity) for entity in entities]
        self.columns = [column for part in self._parts for column in part.columns]

    def make(self, session: Session, row: Sequence[Any]) -> list[Any]:
        """The entities of this row, in order."""
        made, start = [], 0
        for part in self._parts:
            end = start + len(part.columns)
            made.append(part.make(session, row[start:end]))
            start = end
        return made
