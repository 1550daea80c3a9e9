"""Steady load: writers who walk orders back and forth over HTTP, and try again whatever happens to the servers."""

import itertools
import threading
import time
from dataclasses import dataclass

import requests


@dataclass(frozen=True)
class Writer:
    """An order, and the token of somebody who may walk it."""

    number: str
    token: str


class Load:
    """One thread for each writer. Between `begin` and `pause` they write, `rate` changes a second all together."""

    def __init__(self, http: str, writers: list[Writer], rate: float) -> None:
        self._http = http
        self._pause = len(writers) / rate
        self._may_write = threading.Event()
        self._stopping = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()
        self.answered = 0
        self.failed = 0
        self.unexpected: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(writer,), daemon=True) for writer in writers]
        for thread in self._threads:
            thread.start()

    def begin(self) -> None:
        """Write from now on."""
        self._may_write.set()

    def pause(self) -> None:
        """Write no more; returns when nothing is on its way any more."""
        self._may_write.clear()
        while self._busy:
            time.sleep(0.02)

    def close(self) -> None:
        """End all threads."""
        self._stopping.set()
        self._may_write.set()
        for thread in self._threads:
            thread.join()

    def _run(self, writer: Writer) -> None:
        states = itertools.cycle(("ready_for_pickup", "preparing"))
        address = f"{self._http}/api/orders/{writer.number}/transitions"
        with requests.Session() as client:
            client.headers["Authorization"] = f"Bearer {writer.token}"
            while not self._stopping.is_set():
                self._may_write.wait()
                with self._lock:
                    self._busy += 1
                try:
                    if self._may_write.is_set() and not self._stopping.is_set():
                        self._walk(client, address, next(states))
                finally:
                    with self._lock:
                        self._busy -= 1
                time.sleep(self._pause)

    def _walk(self, client: requests.Session, address: str, to: str) -> None:
        try:
            answer = client.post(address, json={"to": to}, timeout=15)
        except requests.RequestException:
            # Nobody there, or hung up on: it may have been committed all the same.
            self.failed += 1
            return
        if answer.status_code == 200:
            self.answered += 1
        elif answer.status_code >= 500:
            self.failed += 1
        else:
            self.unexpected.append(f"{answer.status_code} {answer.text[:200]}")
