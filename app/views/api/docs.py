"""The OpenAPI document, and the page that draws it: Swagger UI from files of ours, so that no network is needed."""

from flask import Blueprint, Response, current_app, render_template

bp = Blueprint("api_docs", __name__, url_prefix="/api")

DOCUMENT = "passline_openapi"


@bp.get("/openapi.json")
def openapi() -> Response:
    return Response(current_app.extensions[DOCUMENT], content_type="application/json")


@bp.get("/docs")
def docs() -> str:
    return render_template("api/docs.html")
