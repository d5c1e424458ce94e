"""What services are promised when they are asked: the same sentences in the mail and on its pages. Pure."""

from collections.abc import Sequence
from datetime import date

from monitor.kernel.language.english import day, listed

US = "Gap Monitor"  # who asks, where nobody is named

APART = (
    "Your service’s answers are never shown on their own. Groups of fewer than 10 services are not "
    "shown."
)
LINK = (
    "The link opens your service’s answers and nothing else: whoever you forward it to can see and "
    "change them."
)


def asking(promoters: Sequence[str], service: str) -> str:
    """Say who asks what of whom: the first sentences of the mail."""
    asks = "ask" if len(promoters) > 1 else "asks"
    return (
        f"{listed(promoters) or US} {asks} services in the UK which of ten interventions for "
        f"children’s attachment they offer. Your answers are about {service}."
    )


def effort(closes_on: date) -> str:
    """Say how long it takes, and until when it may be changed."""
    return (
        "It takes about two minutes, without an account. You can stop and come back, and change your "
        f"answers until {day(closes_on)}."
    )
