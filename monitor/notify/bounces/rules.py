"""What a bounce says of an address, and when soft ones have become many. Pure.

Status codes are RFC 3463's. A refusal of us (5.7.x: policy, block list, sender) says nothing of the
reader, who is not let go for it; nor does one of the message (5.3.4, 5.6.x: its size, its content).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.notify.smtp.refusals import RefusalCause, RefusedCommand, judge
from monitor.notify.words import BounceWeight

# So many messages in a row that came back softly, over so long, are of an address that is gone.
# Mailman's score of days does not fit mail that goes out once a month.
SOFT_IN_A_ROW = 5
SOFT_FOR = timedelta(weeks=4)

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_CODE = re.compile(r"(?<![\d.])[45]\d\d(?![\d.])")
_SAYS_NOTHING = re.compile(r"[45]\.[0135]\.0")
# of the address (RFC 3463, 3.2), save what it says of the sender and of its syntax; mailbox disabled
_GONE = re.compile(r"5\.1\.([0-6]|9|10)|5\.2\.1")


def weigh(status: str, diagnostic: str) -> BounceWeight:
    """Say what a failure is about, by its status and what the server said.

    >>> weigh("5.1.1", "smtp; 550 5.1.1 <a@b.org>: user unknown").value
    'gone'
    >>> weigh("5.2.2", "smtp; 552 mailbox full").value
    'for now'
    >>> weigh("5.7.1", "smtp; 554 5.7.1 blocked using a list").value
    'ours'
    """
    said = diagnostic.partition(";")[2].strip() or diagnostic.strip()
    number = _number(status, said)
    if number.startswith("4"):
        return BounceWeight.FOR_NOW
    about = judge(
        RefusedCommand.RECIPIENT, _code(said), f"{_code(said)} {number} {_without_numbers(said)}"
    )
    if about is RefusalCause.US:
        return BounceWeight.OURS
    if about is RefusalCause.MAILBOX or _GONE.fullmatch(number):
        return BounceWeight.GONE
    group = number.split(".")[1] if number else ""
    if group == "6" or number == "5.3.4":
        return BounceWeight.MESSAGE
    return BounceWeight.FOR_NOW  # among them what says only that it failed


def gone_softly(queued: Sequence[datetime]) -> bool:
    """Tell whether messages that came back softly in a row are enough; ``queued``: when each was."""
    return len(queued) >= SOFT_IN_A_ROW and max(queued) - min(queued) >= SOFT_FOR


def _number(status: str, said: str) -> str:
    """Give the status that says most: the server's own where the notice's says nothing."""
    match = _STATUS.match(status.strip())
    number = match[0] if match else ""
    own = _STATUS.search(said)
    if own and (not number or (_SAYS_NOTHING.fullmatch(number) and own[0][0] == number[0])):
        return own[0]
    if not number and (code := _CODE.search(said)):
        return f"{code[0][0]}.0.0"
    return number


def _code(said: str) -> int:
    code = _CODE.search(said)
    return int(code[0]) if code and code[0].startswith("5") else 550


def _without_numbers(said: str) -> str:
    return _STATUS.sub(" ", _CODE.sub(" ", said))
