"""Where providers call back, each at an address with a secret part. What comes is stored first and answered at once."""

from flask import Blueprint, request

# No provider has that much to say (bytes).
_BIGGEST = 64 * 1024

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.url_value_preprocessor
def _bound(_endpoint: object, _values: object) -> None:
    # Before the application's own checks, which read a form.
    request.max_content_length = _BIGGEST


from . import mpesa, sms  # noqa: E402, F401  (they put their views onto bp)
