"""An access point that listens for Disconnect-Requests on a real socket, and answers as a test wants it to."""

import socket
import threading
from types import TracebackType
from typing import Self

from pyrad import packet
from pyrad.packet import CoAPacket

from app.providers.radius import dictionary


class Listener:
    """Takes packets that are signed with SECRET; `answer` is the code it answers (None: nothing), `cause` why not."""

    SECRET = "a secret of access points"

    def __init__(self, answer: int | None = packet.DisconnectACK, cause: int | None = None) -> None:
        self.answer, self.cause = answer, cause
        self.heard: list[CoAPacket] = []
        self.forged = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while True:
            data, source = self.socket.recvfrom(4096)
            if not data:
                return
            request = CoAPacket(secret=self.SECRET.encode(), dict=dictionary(), packet=data)
            if not request.VerifyCoARequest():
                self.forged += 1
                continue
            self.heard.append(request)
            if self.answer is not None:
                reply = request.CreateReply()
                reply.code = self.answer
                if self.cause is not None:
                    reply["Error-Cause"] = self.cause
                self.socket.sendto(reply.ReplyPacket(), source)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An empty packet is the sign to stop.
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
