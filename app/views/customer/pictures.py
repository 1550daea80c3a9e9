"""Pictures of dishes, by their hash: an address that never means another picture, so browsers keep it for a year."""

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.models import MenuPicture
from app.views import loading

from . import bp

# Bytes that a stranger chose: no browser shall take them for anything but a picture.
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@bp.get("/pictures/<digest>")
def picture(digest: str) -> Response:
    query = select(MenuPicture).where(MenuPicture.hash == digest).options(undefer(MenuPicture.data)).limit(1)
    row = loading.one(query)
    return Response(row.data, content_type=row.kind, headers=_HEADERS)
