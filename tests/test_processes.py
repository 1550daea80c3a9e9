"""The processes that tests start read the settings that they are given."""

from dataclasses import fields
from ipaddress import ip_network

from app.config import Config
from tests.processes import environment


def test_every_setting_reaches_a_process():
    config = Config(
        env="test",
        secret_key="k" * 40,
        database_url="sqlite:////tmp/x.db",
        redis_url="redis://localhost/0",
        listen_host="127.0.0.2",
        web_port=1,
        gateway_port=2,
        gateway_url="https://one.example.com",
        allowed_origins=("https://one.example.com", "https://two.example.com"),
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1")),
        log_retention_hours=1,
        connections_per_address=1,
        connections_per_person=2,
        tile_url="https://tiles.example.com/{z}/{x}/{y}.png",
        tile_attribution="those who drew them",
        log_level="ERROR",
        session_idle_hours=1,
        admin_idle_hours=2,
        require_second_factor="admin",
        smtp_url="smtp://mail.example.com",
        mail_from="Us <us@example.com>",
        mail_folder="/tmp/mail",
        public_url="https://one.example.com",
        mpesa_url="https://mpesa.example.com",
        mpesa_consumer_key="a",
        mpesa_consumer_secret="b",
        mpesa_passkey="c",
        mpesa_shortcode="4",
        mpesa_sources=(ip_network("10.0.0.0/8"),),
        sms_url="https://sms.example.com",
        sms_username="e",
        sms_api_key="f",
        sms_sender="g",
        radius_secret="h",
        radius_coa_port=3,
        simulator_port=4,
    )
    assert all(getattr(config, setting.name) != setting.default for setting in fields(Config))
    assert Config.from_env(environment(config)) == config
