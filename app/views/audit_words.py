"""The actions of the audit trail in words. One that has none here is read off its dotted name."""

from app.language import N_
from app.language import gettext as _

_WORDS = {
    "person.created": N_("Made the account of"),
    "person.invited": N_("Invited"),
    "person.invitation_accepted": N_("Accepted the invitation"),
    "person.changed": N_("Changed"),
    "person.deactivated": N_("Deactivated"),
    "person.reactivated": N_("Reactivated"),
    "person.password_changed": N_("Changed the password"),
    "person.password_reset": N_("Set a new password by a link"),
    "person.reset_link_sent": N_("Had a link for a new password mailed to"),
    "person.reset_link_made": N_("Made a link for a new password of"),
    "person.second_factor_added": N_("Set up a second factor"),
    "person.second_factor_removed": N_("Removed the second factor"),
    "person.second_factor_reset": N_("Reset the second factor of"),
    "person.recovery_code_used": N_("Used a recovery code"),
    "person.recovery_codes_renewed": N_("Made new recovery codes"),
    "person.logged_in": N_("Logged in"),
    "person.logged_out": N_("Logged out everywhere"),
    "person.token_issued": N_("Got an app token"),
    "person.acting_started": N_("Began to act as"),
    "person.acting_stopped": N_("Stopped acting as"),
    "person.access_ended": N_("Ended a log-in"),
    "person.set_off_duty": N_("Set off duty"),
    "wifi_package.created": N_("Wi-Fi package: created"),
    "wifi_package.changed": N_("Wi-Fi package: changed"),
    "wifi_package.put_on_sale": N_("Wi-Fi package: put on sale"),
    "wifi_package.taken_off_sale": N_("Wi-Fi package: taken off sale"),
    "wifi_pass.withdrawn": N_("Wi-Fi pass: withdrawn"),
    "wifi_pass.code_resent": N_("Wi-Fi pass: code sent again"),
}

# Those that are read off.
_READ_OFF = (
    N_("Board: settings"),
    N_("Job: discarded"),
    N_("Job: retried"),
    N_("Menu: arranged"),
    N_("Menu: category added"),
    N_("Menu: category changed"),
    N_("Menu: category removed"),
    N_("Menu: item added"),
    N_("Menu: item changed"),
    N_("Menu: item removed"),
    N_("Menu: item restored"),
    N_("Menu: item returned"),
    N_("Menu: item sold out"),
    N_("Menu: picture hung"),
    N_("Menu: picture taken down"),
    N_("Menu: stations"),
    N_("Order: links withdrawn"),
    N_("Order: stop acknowledged"),
    N_("Payment: confirmed"),
    N_("Payment: denied"),
    N_("Payment: pass taken back"),
    N_("Payment: refund sent"),
    N_("Policy: changed"),
    N_("Restaurant: busy"),
    N_("Restaurant: capacity changed"),
    N_("Restaurant: changed"),
    N_("Restaurant: created"),
    N_("Restaurant: days changed"),
    N_("Restaurant: hours changed"),
    N_("Restaurant: paused"),
    N_("Restaurant: resumed"),
    N_("Staff: activity"),
    N_("Staff: role"),
)


def audit_words(action: str) -> str:
    """An action for people: `restaurant.paused` is "Restaurant: paused"."""
    return _(_WORDS.get(action) or _read_off(action))


def _read_off(action: str) -> str:
    kind, _dot, what = action.partition(".")
    return f"{kind.capitalize()}: {what.replace('_', ' ')}"
