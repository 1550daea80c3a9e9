"""Mail as it leaves: to a server that speaks SMTP, or into a file."""

import email
import socketserver
import stat
import threading
from dataclasses import dataclass

import pytest

from app.providers import mail

MESSAGE = {"to": "ada@example.com", "subject": "Your invitation", "text": "Hello Ada,\n\nhttps://a.example/x\n"}


@dataclass
class Settings:
    smtp_url: str | None = None
    mail_from: str = "Passline <orders@example.com>"
    mail_folder: str = ""


class Server(socketserver.ThreadingTCPServer):
    """As much SMTP as a mail needs; `refuses` is the command that it says no to."""

    allow_reuse_address = True

    def __init__(self, refuses: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.refuses, self.taken = refuses, []


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == self.server.refuses:
                self.say("550 no")
            elif word == "DATA":
                self.say("354 go on")
                self.server.taken.append(self.data())
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def data(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)


@pytest.fixture
def server():
    """Start a mail server."""
    started = []

    def start(refuses=""):
        started.append(Server(refuses))
        threading.Thread(target=started[-1].serve_forever, kwargs={"poll_interval": 0.05}).start()
        return started[-1]

    yield start
    for each in started:
        each.shutdown()
        each.server_close()


def url_of(server, who=""):
    return f"smtp://{who}127.0.0.1:{server.server_address[1]}"


def test_a_server_takes_it(server):
    to = server()
    mail.send(Settings(url_of(to)), **MESSAGE)
    message = email.message_from_bytes(to.taken[0])
    assert (message["From"], message["To"]) == ("Passline <orders@example.com>", "ada@example.com")
    assert "https://a.example/x" in message.get_payload()


def test_a_password_never_goes_over_an_open_line(server):
    to = server()
    with pytest.raises(mail.NotSent):
        mail.send(Settings(url_of(to, "user:secret@")), **MESSAGE)
    assert to.taken == []


@pytest.mark.parametrize("refuses", ["MAIL", "RCPT", "DATA"])
def test_what_a_server_refuses_may_be_tried_again(server, refuses):
    with pytest.raises(mail.NotSent) as error:
        mail.send(Settings(url_of(server(refuses))), **MESSAGE)
    assert "ada@example.com" not in str(error.value)


def test_a_server_that_is_away_may_be_tried_again(server):
    gone = server()
    url = url_of(gone)
    gone.shutdown()
    gone.server_close()
    with pytest.raises(mail.NotSent):
        mail.send(Settings(url), **MESSAGE)


def test_without_a_server_it_is_a_file_for_its_owner_alone(tmp_path):
    mail.send(Settings(mail_folder=str(tmp_path / "mail")), **MESSAGE)
    [file] = (tmp_path / "mail").iterdir()
    assert email.message_from_bytes(file.read_bytes())["Subject"] == "Your invitation"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_header_is_smuggled_in(tmp_path):
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        mail.send(Settings(mail_folder=str(tmp_path)), **{**MESSAGE, "to": "a@example.com\nBcc: b@example.com"})
