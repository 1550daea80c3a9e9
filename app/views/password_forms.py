"""The field for a password that is to be, wherever one is chosen."""

from typing import Any

from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from app.domain.passwords import LONGEST, SHORTEST
from app.language import lazy_gettext as _l


def new_password(missing: Any) -> Any:
    """The field; `missing` is what is said where nothing was typed."""
    bounds = _l("From %(shortest)s to %(longest)s characters.", shortest=SHORTEST, longest=LONGEST)
    return PasswordField(_l("New password"), [InputRequired(missing), Length(SHORTEST, LONGEST, bounds)])
