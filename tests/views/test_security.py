"""What every answer carries so that browsers keep their distance, and what only some carry."""

import pytest
from flask import Flask

from app.views import security
from tests.conftest import settings

HTTPS = "https://localhost"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("path", ["/login", "/nowhere", "/api/orders"])
def test_every_answer_is_kept_apart_from_other_sites(cast, as_person, path):
    headers = as_person(None).get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_drawn_loads_from_here_and_from_the_gateway_alone(cast, as_person):
    policy = as_person(None).get("/login").headers["Content-Security-Policy"]
    assert "default-src 'self'; connect-src 'self' http://localhost:5001 ws://localhost:5001;" in policy
    assert "Content-Security-Policy" not in as_person(None).get("/api/orders").headers


@pytest.mark.parametrize(
    ("env", "base_url", "insists"),
    [("production", HTTPS, True), ("production", "http://localhost", False), ("test", HTTPS, False)],
)
def test_only_production_insists_on_https_and_only_over_it(env, base_url, insists):
    app = Flask(__name__)
    app.config["PASSLINE"] = settings("sqlite://", env=env)
    security.register(app)
    answer = app.test_client().get("/nowhere", base_url=base_url)
    assert ("Strict-Transport-Security" in answer.headers) == insists
