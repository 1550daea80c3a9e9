"""Codes that people read, say and type: of orders, deliveries and passes."""

import secrets

# Without the letters and digits that are mistaken for one another at a noisy counter.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def fresh(length: int) -> str:
    """A code that nobody can guess; whether it is used already, whoever stores it asks."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
