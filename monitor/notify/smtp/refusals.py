"""What a mail server's refusal is about: the mailbox, this message, or us. Pure.

RFC 5321's reply code says whether, RFC 3463's code behind it says what about; the words decide
where neither does. A refusal of us (no relaying, sign in first, blocked, a quota, a sender that is
not ours) says nothing of the reader, who is not let go for it. Only who is told in so many words
that there is no such mailbox is.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class RefusedCommand(StrEnum):
    """The command that was refused."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    CONTENT = "the message"


class RefusalCause(StrEnum):
    """What a refusal is about, and so what follows from it."""

    MAILBOX = "mailbox"  # there is no such mailbox: the reader is let go
    MESSAGE = "message"  # this message, or this reader's mailbox, for good
    LATER = "later"  # the same for now: tried again
    US = "us"  # us or the server: nobody's mail is taken, nothing of this message was judged


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal, as the server said it."""

    step: RefusedCommand
    code: int
    reply: str  # with its code in front

    @property
    def about(self) -> RefusalCause:
        """What it is about."""
        return judge(self.step, self.code, self.reply)

    @property
    def status(self) -> str:
        """Its numbers, as "554 5.7.1": never a word of the server's."""
        found = _ENHANCED.match(_behind_the_code(self.reply))
        return f"{self.code} {found[0]}" if found else str(self.code)

    @property
    def named(self) -> bool:
        """Whether it was made knowing whom the message was for."""
        return self.step is not RefusedCommand.SENDER and self.code != _CLOSING

    @property
    def reason(self) -> str:
        """Say why the server takes no mail from us, and what to check: our own words only."""
        said = _said(self.reply)
        if self.code == _CLOSING:
            return f"takes no mail for now ({self.status})"
        for pattern, code, words, check in _REASONS:
            if self.code == code or pattern.search(said):
                return f"{words} ({self.status}): {check}"
        return f"takes no mail from us ({self.status}): look at its own log, or ask who runs it"


_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_CODE = re.compile(r"\d{3}[ -]?")
_NAMES = re.compile(r"<[^>]*>|\S+@\S+|https?://\S+|\b\d+(?:\.\d+){3}\b")

_CLOSING = 421
# sign in first, or in another way; not understood; no mail here; TLS is missing
_OURS = frozenset({454, 455, 500, 502, 503, 504, 521, 523, 530, 534, 535, 538, 555})
_TOO_BIG = 552

# RFC 3463: bad mailbox, bad system, bad syntax, moved without address, null MX (RFC 7505)
_NO_SUCH_MAILBOX = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})
_SENDERS = frozenset({"1.7", "1.8"})  # the sender's address
_FULL = "2.2"
_ABOUT_IT = frozenset({"1.4", "1.5", "1.9", "3.4", "4.1", "4.4", "4.7"})
_SAYS_NOTHING = frozenset({"0.0", "1.0", "3.0", "5.0"})

# Words that are about us whatever number stands before them.
_SURELY_US = re.compile(
    r"relay(ing)?\b.{0,30}\b(denied|prohibited|not (allowed|permitted)|refused|disabled|rejected)"
    r"|(unable|not (allowed|permitted|authori[sz]ed)|cannot|can't|won't|will not|do(es)? not) (to )?relay"
    r"|(denied|refus\w+|no|not permitted to|not allowed to) (to )?relay"
    r"|sender\b.{0,40}\b(rejected|denied|refused|not (owned|allowed|authori[sz]ed|permitted|verified)|invalid|unknown)"
    r"|not (owned|authori[sz]ed|allowed|permitted)\b.{0,30}\b(by user|sender|send|from|use)"
    r"|send[ -]?as\b|as this sender|from this (address|sender|domain)"
    r"|auth\w* (is )?(required|needed|failed)|must (be )?(authenticat|sign|log)\w*|not authenticated"
    r"|(sign|log) ?in first|authenticate first|authentication first"
    r"|(block|black|deny|black hole) ?-?list\w*|\bdnsbl\b|\brbl\b|spamhaus|barracuda|spamcop"
    r"|client host|your (ip|host|server|domain|account|network)\b|\bhelo\b|\behlo\b|reverse (dns|host)|\bptr\b"
    r"|relay domains|rcpthosts|sender (address )?verif|verification failed for|dynamic ip"
    r"|starttls|tls (is )?required|must use (tls|encryption)"
    r"|too many (invalid|unknown|bad|unrecogni[sz]ed|non-?existent)\b"
    r"|pop(3)?[ -]before[ -]smtp|check (your |for )?(new )?mail\b.{0,20}\bbefore sending"
    r"|not (a )?verified\b.{0,60}\bidentit|(verified )?sender identity|authenticated user"
    r"|(e-?mails|mails|messages) per (minute|hour|day)|credits? exceeded|sending (is )?paused"
)
# Words that are about us unless a number says that they are about the recipient.
_LIKELY_US = re.compile(
    r"quota|rate.?limit|too many (messages|mails|emails|connections|recipients today)"
    r"|(daily|hourly|sending|message|mail|user) (\w+ )?limit|limit\b.{0,20}\b(exceeded|reached)|throttl"
    r"|\bblocked\b|banned|suspended|reputation|\bspf\b|\bdkim\b|\bdmarc\b|\bspam\b"
    r"|access (is )?denied|access restrict|not authori[sz]ed|unauthori[sz]ed|policy|administrative"
    r"|insufficient (system )?(storage|resources)|system (is )?not accepting|service (is )?(un|not )available"
)
_NO_MAILBOX = re.compile(
    r"(no such|unknown|invalid|non-?existent) (local )?(user|mailbox|recipient|address|account|person)"
    r"|(user|mailbox|recipient|address|account|person)\b.{0,20}\b"
    r"(unknown|not found|not exist|doesn't exist|does not exist|not known|non-?existent)"
    r"|(user|mailbox|recipient|account|address) (is )?(unknown|invalid)"
    r"|no mailbox (here|by)|not a (known|valid) (user|mailbox|recipient|address|account)"
    r"|not our customer|mailbox unavailable or not local"
)
_MAILBOX_FULL = re.compile(
    r"(mailbox|inbox|user|recipient)\b.{0,20}\bfull|over ?quota|(mailbox|inbox|recipient).{0,20}quota"
)
# pattern of the words, or a code that says it alone; what it means; what to check. In this order.
_REASONS = (
    (
        re.compile(r"tls|encrypt"),
        523,
        "wants a protected connection",
        'check mail.tls: "starttls" or "tls"',
    ),
    (
        re.compile(
            r"authenticat\w* (is )?(required|needed)|auth\w* first|must (be )?(auth|sign|log)|not auth"
        ),
        530,
        "wants us to sign in first",
        "check mail.username and mail.password_file",
    ),
    (
        re.compile(r"relay|rcpthosts"),
        None,
        "does not pass mail on for us",
        "it must permit this machine, or the sign-in in mail.username",
    ),
    (
        re.compile(r"sender|send[ -]?as|not owned|from this (address|domain)|\bspf\b|dmarc"),
        None,
        "does not take this sender's mail",
        "check that it lets us send as mail.from_address",
    ),
    (
        re.compile(r"quota|limit|too many|throttl"),
        None,
        "says that we have sent too much for now",
        "it passes; if it lasts, ask who runs it for a higher limit",
    ),
    (
        re.compile(r"storage|resources|not accepting|unavailable"),
        None,
        "cannot take mail now",
        "it mostly passes; if it lasts, ask who runs it",
    ),
    (
        re.compile(r"block|list|spam|reputation|policy|banned|suspended"),
        None,
        "turns our mail away as unwanted",
        "ask who runs it, and see whether this machine's address stands on a block list",
    ),
)
_GREY = re.compile(r"gr[ae]y")


def judge(step: RefusedCommand, code: int, reply: str) -> RefusalCause:
    """Tell what a refusal is about.

    >>> judge(Step.RECIPIENT, 550, "550 5.1.1 no such user").value
    'mailbox'
    >>> judge(Step.RECIPIENT, 554, "554 5.7.1 <a@b.org>: Relay access denied").value
    'us'
    >>> judge(Step.RECIPIENT, 451, "451 4.7.1 greylisted, try again").value
    'later'
    """
    said, number = _said(reply), _number(reply)
    if code == _CLOSING or (step is RefusedCommand.SENDER and not _too_big(code, number, said)):
        return RefusalCause.US
    if _GREY.search(said) and 400 <= code < 500:  # noqa: PLR2004 - SMTP's own numbers
        return RefusalCause.LATER
    if _SURELY_US.search(said):
        return RefusalCause.US
    if 500 <= code < 600:  # noqa: PLR2004 - SMTP's own numbers
        return _for_good(step, code, number, said)
    return _for_now(code, number, said)


def same(reply: str, other: str) -> bool:
    """Tell whether two replies say the same, whomever they name.

    >>> same("550 5.0.0 <a@b.org>: no", "550 5.0.0 <c@d.org>:  No")
    True
    """
    return reply[:3] == other[:3] and _said(reply) == _said(other)


def _for_good(step: RefusedCommand, code: int, number: str, said: str) -> RefusalCause:
    if number in _NO_SUCH_MAILBOX:
        return RefusalCause.MAILBOX
    if number == _FULL or (_MAILBOX_FULL.search(said) and _group(number) != "7"):
        return RefusalCause.LATER
    if number in _ABOUT_IT or _group(number) in {"2", "6"}:
        return RefusalCause.MESSAGE
    if number and number not in _SAYS_NOTHING:
        return RefusalCause.US  # of the system, the network, the protocol, a policy
    if step is RefusedCommand.RECIPIENT and _NO_MAILBOX.search(said):
        return RefusalCause.MAILBOX
    return RefusalCause.US if code in _OURS or _LIKELY_US.search(said) else RefusalCause.MESSAGE


def _for_now(code: int, number: str, said: str) -> RefusalCause:
    """Judge a refusal for now, or what is no reply at all.

    "451 4.7.1" is what a greylisting server says as well, so its words must say that it is us.
    """
    if number in _SENDERS or _group(number) == "3":
        return RefusalCause.US
    if _group(number) == "2" or _MAILBOX_FULL.search(said):
        return RefusalCause.LATER
    return RefusalCause.US if code in _OURS or _LIKELY_US.search(said) else RefusalCause.LATER


def _too_big(code: int, number: str, said: str) -> bool:
    """Tell whether MAIL was refused for the size of the message, the one thing of it known there."""
    return code == _TOO_BIG and number in {"", "3.4", "2.3"} and not _LIKELY_US.search(said)


def _number(reply: str) -> str:
    """Give the subject and detail of the code behind the first one, such as "7.1"; or nothing."""
    found = _ENHANCED.match(_behind_the_code(reply))
    return found[0].partition(".")[2] if found else ""


def _group(number: str) -> str:
    return number.partition(".")[0]


def _said(reply: str) -> str:
    """Give a reply's words without the codes, and without whom or what they name."""
    words = _ENHANCED.sub("", _behind_the_code(reply))
    return " ".join(_NAMES.sub(" ", words).replace("’", "'").lower().split())


def _behind_the_code(reply: str) -> str:
    return _CODE.sub("", reply, count=1).strip() if _CODE.match(reply) else reply.strip()
