"""The commands of the person who runs it, called by their words."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def run(app) -> Run:
    """A command by its words, with what is typed."""

    def invoke(*words: str, typed: str = "") -> Result:
        return app.test_cli_runner().invoke(args=words, input=typed)

    return invoke


@pytest.fixture
def production(app, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "PASSLINE", replace(app.config["PASSLINE"], env="production"))
