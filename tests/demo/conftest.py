"""The demo, loaded into the test's database: fewer orders than a first run has, enough to meet every kind."""

import pytest
from flask import Flask

from app.demo import load


@pytest.fixture
def demo(app: Flask) -> Flask:
    load.load(250, seed=3)
    return app
