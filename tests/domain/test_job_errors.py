"""What is kept of an error: enough to act on, and nothing that is nobody's business."""

import pytest

from app.domain.job_errors import told


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", "ValueError"),
        ("no such order\nDETAIL: Key (phone)=(+254712345678)", "ValueError: no such order"),
        ("no answer for +254712345678, twice", "ValueError: no answer for +254•••••678, twice"),
        ("254712345678.", "ValueError: 254•••••678."),
        ("receipt NLJ7RT61SV of ws_CO_19122019102036", "ValueError: receipt NLJ7RT61SV of ws_CO_19122019102036"),
        (
            "401 for url 'https://me:pw@api.example.com/a/b?key=1'",
            "ValueError: 401 for url 'https://api.example.com/…'",
        ),
        ("refused bGlmZSBpcyBhIG15c3RlcnkgdG8gYmUgbGl2ZWQx=", "ValueError: refused …"),
        ("violates fk_hotspot_users_restaurant_id_restaurants", None),
    ],
)
def test_it_tells_type_and_first_line_without_secrets(message, shown):
    assert told(ValueError(message)) == (shown or f"ValueError: {message}")


def test_it_fits_its_column():
    assert len(told(ValueError("word " * 300))) == 500
