"""The actions of the audit trail in words. One that has none here is read off its dotted name."""

_WORDS = {
    "person.logged_in": "Logged in",
    "person.logged_out": "Logged out everywhere",
    "person.token_issued": "Got an app token",
    "person.acting_started": "Began to act as",
    "person.acting_stopped": "Stopped acting as",
    "person.access_ended": "Ended a log-in",
}


def audit_words(action: str) -> str:
    """An action for people: `person.second_factor_reset` is "Person: second factor reset"."""
    kind, _, what = action.partition(".")
    return _WORDS.get(action) or f"{kind.capitalize()}: {what.replace('_', ' ')}"
