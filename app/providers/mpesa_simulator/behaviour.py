"""The switches of the M-Pesa simulator: everything that a provider has been seen to do, and a liar besides."""

from app.providers.switches import Choice, Number, Table

BEHAVIOUR: Table = {
    "push": Choice(
        "A push",
        {
            "answer": "is answered",
            "error": "gets error 500, no prompt",
            "hang": "prompts, and is never answered",
            "swallow": "is lost: no prompt, no answer",
        },
    ),
    "push_delay_ms": Number("Answers to pushes take (ms)", 0, 60_000),
    "query": Choice(
        "A query",
        {"answer": "is answered", "processing": "always says “being processed”", "error": "gets error 500"},
    ),
    "pin": Choice(
        "The PIN",
        {
            "manual": "is entered on the phone",
            "approve": "is entered by itself",
            "cancel": "is refused by itself",
            "wrong": "is wrong by itself",
        },
    ),
    "pin_delay_ms": Number("By itself after (ms)", 0, 600_000),
    "prompt_s": Number("A prompt stays (s)", 60, 3600),
    "callbacks": Choice(
        "Callbacks come",
        {
            "once": "once",
            "twice": "twice",
            "never": "never",
            "out_of_order": "out of order: the later attempt's first",
            "success_then_failure": "success, then failure",
            "failure_then_success": "failure, then success",
        },
    ),
    "late_s": Number("Callbacks are late (s)", 0, 3600),
    "forged": Choice(
        "Before them a forged one",
        {
            "none": "does not come",
            "checkout_id": "with another CheckoutRequestID",
            "amount": "with another amount",
            "phone": "from another phone",
            "secret": "to an address with a wrong secret",
            "token": "to the address of no payment",
        },
    ),
}
