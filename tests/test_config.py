"""Settings: typed, explained, and all that is wrong said at once."""

import os
import stat

import pytest

from app import config as configuration
from app.config import Config, ConfigError

KEY = "k" * 40


def read(**environ: str) -> Config:
    return Config.from_env({"SECRET_KEY": KEY, **environ})


@pytest.fixture(autouse=True)
def own_instance(tmp_path, monkeypatch):
    """No test reads or makes the folder of a real installation."""
    monkeypatch.setattr(configuration, "INSTANCE", tmp_path / "own")


def test_it_is_production_unless_told():
    assert read().env == "production"
    assert read().allowed_origins == ()


def test_it_names_everything_that_is_wrong_at_once():
    wrong = {
        "PASSLINE_ENV": "staging",
        "DATABASE_URL": "mysql://x",
        "REDIS_URL": "http://x",
        "WEB_PORT": "70000",
        "GATEWAY_PORT": "x",
        "GATEWAY_URL": "gateway:1",
        "ALLOWED_ORIGINS": "*, example.com",
        "TRUSTED_PROXIES": "10.0.0.0/33",
        "TILE_URL": "https://tiles.example/no-place.png",
        "LOG_RETENTION_HOURS": "0",
        "SESSION_IDLE_HOURS": "0",
        "ADMIN_IDLE_HOURS": "x",
        "REQUIRE_SECOND_FACTOR": "everybody",
        "SMTP_URL": "mail.example.com",
        "LOG_LEVEL": "LOUD",
    }
    with pytest.raises(ConfigError) as error:
        Config.from_env(wrong)
    for name in (*wrong, "SECRET_KEY"):
        assert f"{name}:" in str(error.value)


def test_mail_needs_a_sender_and_an_address_of_our_own_for_its_links():
    url = "smtps://user:secret@mail.example.com"
    for missing in ("PUBLIC_URL", "MAIL_FROM"):
        given = {"SMTP_URL": url, "PUBLIC_URL": "https://a.example", "MAIL_FROM": "Passline <a@example.com>"}
        assert read(**given).sends_mail
        del given[missing]
        with pytest.raises(ConfigError, match=f"{missing}: required with SMTP_URL"):
            read(**given)


def test_production_sends_no_mail_unless_told_how():
    assert not read().sends_mail
    assert read(PASSLINE_ENV="test").sends_mail


@pytest.mark.parametrize("host", ["a.example; script-src *", "user:secret@a.example", "*", "{s}a.example"])
def test_the_host_of_the_tiles_is_a_host_and_no_more(host):
    """It goes into a header of every page."""
    with pytest.raises(ConfigError, match="TILE_URL"):
        Config.from_env({"PASSLINE_ENV": "test", "TILE_URL": f"https://{host}/{{z}}/{{x}}/{{y}}.png"})


def test_it_wants_a_long_key_in_production():
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_env({"SECRET_KEY": "short"})


def test_it_says_how_to_call_a_command_beside_the_demo():
    with pytest.raises(ConfigError, match=r"PASSLINE_ENV=demo \.venv/bin/flask --app wsgi"):
        Config.from_env({})


def test_it_reads_a_secret_from_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n", encoding="utf-8")
    assert Config.from_env({"SECRET_KEY_FILE": str(path)}).secret_key == KEY


def test_it_says_which_file_is_missing():
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE"):
        Config.from_env({"SECRET_KEY_FILE": "/nowhere/key"})


@pytest.mark.parametrize("url", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_it_takes_postgresql_in_every_spelling(url):
    assert read(DATABASE_URL=url).database_url == "postgresql+psycopg://h/d"


def test_it_lets_the_demo_use_both_names_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "INSTANCE", tmp_path)
    demo = Config.from_env({"PASSLINE_ENV": "demo", "WEB_PORT": "8000"})
    assert demo.allowed_origins == ("http://localhost:8000", "http://127.0.0.1:8000")


def test_it_keeps_the_demo_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "INSTANCE", tmp_path)
    with pytest.raises(ConfigError, match="LISTEN_HOST"):
        Config.from_env({"PASSLINE_ENV": "demo", "LISTEN_HOST": "0.0.0.0"})  # noqa: S104


def test_it_makes_the_demos_key_once_and_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "INSTANCE", tmp_path / "instance")
    first = Config.from_env({"PASSLINE_ENV": "demo"}).secret_key
    assert Config.from_env({"PASSLINE_ENV": "demo"}).secret_key == first
    assert len(first) == 64
    assert stat.S_IMODE(os.stat(tmp_path / "instance" / "secret_key").st_mode) == 0o600


def test_it_keeps_its_own_database_in_a_folder_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(configuration, "INSTANCE", tmp_path / "instance")
    assert read().database_url == f"sqlite:///{tmp_path}/instance/passline.db"
    assert stat.S_IMODE(os.stat(tmp_path / "instance").st_mode) == 0o700


def test_it_never_shows_a_secret():
    assert KEY not in repr(read(DATABASE_URL="postgresql://me:word@h/d"))
    assert "word" not in repr(read(DATABASE_URL="postgresql://me:word@h/d"))
