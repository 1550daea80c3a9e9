"""What every page that asks for a code of a second factor is made of: the form, and the picture that an app reads."""

import segno
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import TextInput

from app.language import lazy_gettext as _l


class _NeverShown(TextInput):
    """A code that was wrong is typed anew, not mended."""

    def __call__(self, field: Field, **attributes: object) -> Markup:
        return super().__call__(field, **{**attributes, "value": ""})


class CodeForm(FlaskForm):
    """A code of the app, or one of the recovery codes."""

    code = StringField(
        _l("Code"), [InputRequired(_l("The code that your app shows.")), Length(max=40)], widget=_NeverShown()
    )


def picture(address: str) -> str:
    """A QR code of `address` as a data: URI; dark on light in any theme, for cameras want it so."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#231e1a", light="#ffffff"))
