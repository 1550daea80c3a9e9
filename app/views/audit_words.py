"""The actions of the audit trail in words. One that has none here is read off its dotted name."""

_WORDS = {
    "person.created": "Made the account of",
    "person.invited": "Invited",
    "person.invitation_accepted": "Accepted the invitation",
    "person.changed": "Changed",
    "person.deactivated": "Deactivated",
    "person.reactivated": "Reactivated",
    "person.password_changed": "Changed the password",
    "person.password_reset": "Set a new password by a link",
    "person.reset_link_sent": "Had a link for a new password mailed to",
    "person.reset_link_made": "Made a link for a new password of",
    "person.second_factor_added": "Set up a second factor",
    "person.second_factor_removed": "Removed the second factor",
    "person.second_factor_reset": "Reset the second factor of",
    "person.recovery_code_used": "Used a recovery code",
    "person.recovery_codes_renewed": "Made new recovery codes",
    "person.logged_in": "Logged in",
    "person.logged_out": "Logged out everywhere",
    "person.token_issued": "Got an app token",
    "person.acting_started": "Began to act as",
    "person.acting_stopped": "Stopped acting as",
    "person.access_ended": "Ended a log-in",
}


def audit_words(action: str) -> str:
    """An action for people: `restaurant.paused` is "Restaurant: paused"."""
    kind, _, what = action.partition(".")
    return _WORDS.get(action) or f"{kind.capitalize()}: {what.replace('_', ' ')}"
