"""Text messages go out by a job, so that nobody waits for the provider and nothing is lost where it does not answer."""

from collections.abc import Mapping

from app.domain import messages


def send_credentials(payload: Mapping[str, int]) -> None:
    """Send the code of the pass `pass` to its phone, for the time `send`. Raises where it is to be tried again."""
    messages.send_credentials(payload["pass"], payload["send"])
