"""What can be counted here, for Prometheus; a registry of its own, so that nothing else of the process slips in."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .refusals import ALL, Refusal
from .tally import Tally


class Metrics:
    """The numbers of one gateway. Some gauges are read when somebody asks (server.py says where from)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.tally = Tally()
        self.connections = self._gauge("connections", "Accepted sockets.")
        self.greenlets = self._gauge("greenlets", "At work for clients: HTTP requests, messages, farewells.")
        self.rooms = self._gauge("rooms", "Rooms with at least one socket.")
        self.remembered = self._gauge("recent_rows", "Rows of the log in memory for those who come back.")
        self.position = self._gauge("position", "Position of the last row that was fanned out.")
        self.lag = self._gauge("feed_lag_seconds", "Seconds since the log was last read to its end.")
        self.events = self._counter("events", "Rows of the log fanned out.")
        self.deliveries = self._counter("deliveries", "Frames given to sockets for those rows.")
        self.delay = Histogram(
            "passline_gateway_row_age_seconds",
            "Age of a row when it was fanned out, from its transaction's clock.",
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.fixes = self._counter("fixes", "Frames given to sockets for positions of drivers.")
        self.fix_delay = Histogram(
            "passline_gateway_fix_age_seconds",
            "Age of a driver's position when it was given to sockets, from its transaction's clock.",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.accepted = self._counter("accepted", "Sockets accepted.")
        self.replays = self._counter("replays", "Catching up, by where the rows came from.", "source")
        self.replayed = self._counter("replayed", "Rows replayed, by where they came from.", "source")
        self.refusals = self._counter("refusals", "Refusals, by number.", "code")
        self.receipts = self._counter("receipts", "Receipts written.")
        self.restarts = self._counter("log_restarts", "Times that the log began another life.")

    def refused(self, refusal: Refusal) -> None:
        """Count one refusal."""
        self.refusals.labels(refusal.code).inc()

    def refused_so_far(self) -> list[tuple[int, str, int]]:
        """Each refusal that was given since this gateway started: number, message, how often."""
        counts = {
            sample.labels["code"]: sample.value
            for metric in self.refusals.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }
        return [(each.code, each.message, int(counts[str(each.code)])) for each in ALL if counts.get(str(each.code))]

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"passline_gateway_{name}", text, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"passline_gateway_{name}", text, labels, registry=self.registry)
