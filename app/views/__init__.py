"""HTTP in, HTTP out: load through the person, validate, one verb, answer. One blueprint per audience."""

from flask import Flask

from . import (
    account,
    account_links,
    accounts,
    admin,
    api,
    customer,
    driver,
    formats,
    health,
    language,
    problems,
    security,
    vendor,
    webhooks,
    wifi,
)


def register(app: Flask) -> None:
    """Put every blueprint, filter and error page onto `app`."""
    security.register(app)
    problems.register(app)
    formats.register(app)
    language.register(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(accounts.bp)
    app.register_blueprint(account.bp)
    app.register_blueprint(account_links.bp)
    app.register_blueprint(customer.bp)
    app.register_blueprint(driver.bp)
    app.register_blueprint(wifi.bp)
    api.register(app)
    app.register_blueprint(vendor.bp)
    app.register_blueprint(admin.bp)
    app.register_blueprint(webhooks.bp)
