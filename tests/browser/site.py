"""The site as people reach it: a web process and a gateway of their own, on a test's database."""

from tests.conftest import settings
from tests.gateway.process import Gateway
from tests.processes import Web
from tests.services import free_port


class Site:
    """Both processes. `http` is the address that a person opens."""

    def __init__(self, database_url: str) -> None:
        self.web = Web(settings(database_url, gateway_port=free_port()))
        self.http = self.web.http
        self.gateway = Gateway(settings(database_url, allowed_origins=(self.http,)), self.web.config.gateway_port)

    def start(self) -> "Site":
        self.gateway.start()
        self.web.start()
        return self

    def remove(self) -> None:
        self.web.remove()
        self.gateway.remove()
