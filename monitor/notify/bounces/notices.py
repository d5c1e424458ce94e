"""Reads a mail that may be a bounce: which addresses failed, why, and what it says of the original.

Everything in it is hostile: anybody can send one. Nothing is believed here, and nothing is decoded
that need not be; a mail that cannot be read is said to be no notice of failure. Understood are RFC
3464 with RFC 6533, and two forms that say as surely what they are: qmail's (QSBMF) and Exim's of
before it wrote RFC 3464. Whatever else looks like one is not guessed at. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from monitor.kernel.errors import InvalidInput

LARGEST = 1_000_000  # bytes of one mail; what is longer is the original, quoted whole
_PARTS = 40  # nested further, it is made to be hard to read
_NESTS = re.compile(rb"boundary\s*=|message/", re.IGNORECASE)
_IDS = re.compile(r"<[^<>\s\x00-\x1f\x7f]{3,300}>")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPED = re.compile(r"^[\w-]+\s*;\s*")
_QMAIL = re.compile(r"^Hi\. This is the ", re.MULTILINE)
_QMAIL_FAILURE = re.compile(r"^<([^<>\s]+@[^<>\s]+)>:\n((?:.+\n)+)", re.MULTILINE)
_QMAIL_ENDS = re.compile(r"^--- .*copy of the message", re.MULTILINE)
_EXIM = re.compile(r"created automatically by mail delivery software")
_EXIM_FOR_GOOD = re.compile(r"This is a permanent error")
_EXIM_ENDS = re.compile(r"^-{6} This is a copy of .*message", re.MULTILINE)
# what Python's parser raises of one made to break it; whatever else came through would stop a mailbox
_UNREADABLE = (MessageError, RecursionError, LookupError, ValueError, AttributeError, TypeError)
_WHERE_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "Original-Recipient")


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that was not reached: their address as sent to and in the end, in lower case."""

    recipients: frozenset[str]
    status: str  # RFC 3463, as "5.1.1", or nothing
    diagnostic: str  # what the other server said


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice of failure says. ``envelope``: whom it was sent to, with what it returned of it.

    ``originals``: Message-IDs of what failed; ``envids``: RFC 3461 envelope ids of it, where they
    have the form of ours. All in lower case.
    """

    failures: tuple[Failure, ...]
    originals: frozenset[str]
    envids: frozenset[str]
    envelope: str


def read(raw: bytes) -> Notice:
    """Read one mail.

    Raises:
        InvalidInput: it is no notice of failure that can be read; says why.
    """
    if len(_NESTS.findall(raw[:LARGEST])) > _PARTS:
        raise InvalidInput("it is nested too deeply to be read")
    try:
        mail = BytesParser(policy=compat32).parsebytes(raw[:LARGEST])
        return _read(mail)
    except _UNREADABLE as error:
        raise InvalidInput("it cannot be read as a mail") from error


def _read(mail: Message) -> Notice:
    report = _report_of(mail)
    if report is not None:
        return _standard(mail, report)
    if mail.is_multipart():
        raise InvalidInput("it is no notice of failure (RFC 3464)")
    text = _text(mail)
    if mail.get("X-Failed-Recipients") and _EXIM.search(text):
        return _exim(mail, text)
    if _QMAIL.search(text[:500]) and _QMAIL_ENDS.search(text):
        return _qmail(mail, text)
    raise InvalidInput("it is no notice of failure (RFC 3464)")


def _report_of(mail: Message) -> Message | None:
    """Find the part with the delivery status, where the mail is a report of one."""
    kind = str(mail.get_param("report-type", "")).lower()
    if mail.get_content_type() != "multipart/report" or kind != "delivery-status":
        return None
    for part in mail.walk():
        if part.get_content_type() in {
            "message/delivery-status",
            "message/global-delivery-status",
        }:
            return part
    raise InvalidInput("it is a report without a delivery status")


def _standard(mail: Message, report: Message) -> Notice:
    groups = list(_groups(report))
    if not groups:
        raise InvalidInput("its delivery status is empty")
    whole, *each = groups
    failures = tuple(_failure(group) for group in each if _action(group) == "failed")
    if not failures:
        said = sorted({_action(group) or "nothing" for group in each}) or ["nothing"]
        raise InvalidInput(f"it tells of no failure (but: {', '.join(said)[:60]})")
    returned = list(_returned(mail))
    return Notice(
        failures=failures,
        originals=_ids(mail, returned),
        envids=_envids(whole),
        envelope=_envelope(mail, returned),
    )


def _groups(report: Message) -> Iterator[Message]:
    """Give the groups of fields of a delivery status: of the message first, then of each recipient."""
    payload = report.get_payload()
    text = "\n\n".join(map(_fields, payload)) if isinstance(payload, list) else _text(report)
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        if block.strip():
            yield BytesParser(policy=compat32).parsebytes(
                block.strip().encode("utf-8", "replace"), headersonly=True
            )


def _fields(group: Message) -> str:
    """Write fields as they came: to fold them anew fails at what is no line end to everybody."""
    head = "\n".join(f"{name}: {value}" for name, value in group.raw_items())
    return head if group.is_multipart() else f"{head}\n\n{_text(group)}"


def _failure(group: Message) -> Failure:
    named = (_header(group, "Final-Recipient"), _header(group, "Original-Recipient"))
    addresses = frozenset(
        _TYPED.sub("", recipient).strip().strip("<>").lower() for recipient in named
    )
    return Failure(
        addresses - {""}, _header(group, "Status"), _header(group, "Diagnostic-Code")[:1000]
    )


def _action(group: Message) -> str:
    return _header(group, "Action").partition("(")[0].strip().lower()


def _returned(mail: Message) -> Iterator[Message]:
    """Give the original as far as it came back: its headers."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"} and isinstance(part.get_payload(), list):
            yield part.get_payload(0)  # type: ignore[misc]  # a list of messages, as asked
        elif kind in {"text/rfc822-headers", "message/global-headers", "message/rfc822-headers"}:
            inner = part.get_payload(0) if part.is_multipart() else None
            yield inner if isinstance(inner, Message) else _headers(_text(part))


def _exim(mail: Message, text: str) -> Notice:
    if not _EXIM_FOR_GOOD.search(text):
        raise InvalidInput("it tells of no failure for good")
    told, original = _cut(text, _EXIM_ENDS)
    named = re.split(r"[\s,]+", _header(mail, "X-Failed-Recipients").lower())
    failures = tuple(
        Failure(frozenset({address}), "", _said_of(told, address))
        for address in named
        if "@" in address
    )
    returned = [_headers(original)]
    return Notice(failures, _ids(mail, returned), frozenset(), _envelope(mail, returned))


def _said_of(told: str, address: str) -> str:
    """Give what stands indented below an address, as Exim tells each."""
    match = re.search(
        rf"^ +{re.escape(address)}\b.*\n((?: {{4,}}.*\n)+)", told, re.MULTILINE | re.IGNORECASE
    )
    return " ".join(match[1].split())[:1000] if match else ""


def _qmail(mail: Message, text: str) -> Notice:
    told, original = _cut(text, _QMAIL_ENDS)
    failures = tuple(
        Failure(frozenset({address.lower()}), "", " ".join(said.split())[:1000])
        for address, said in _QMAIL_FAILURE.findall(told)
    )
    if not failures:
        raise InvalidInput("it names no address that failed")
    returned = [_headers(original)]
    return Notice(failures, _ids(mail, returned), frozenset(), _envelope(mail, returned))


def _cut(text: str, where: re.Pattern[str]) -> tuple[str, str]:
    """Cut what is told from the copy of the original behind it."""
    match = where.search(text)
    if not match:
        return text, ""
    return text[: match.start()], text[match.end() :].partition("\n")[2].lstrip()


def _headers(text: str) -> Message:
    return BytesParser(policy=compat32).parsebytes(
        text.lstrip().encode("utf-8", "replace"), headersonly=True
    )


def _ids(mail: Message, returned: list[Message]) -> frozenset[str]:
    said = [_header(mail, "In-Reply-To"), _header(mail, "References")]
    said += [_header(original, "Message-ID") for original in returned]
    return frozenset(
        message_id.lower() for text in said for message_id in _IDS.findall(text[:5000])
    )


def _envids(whole: Message) -> frozenset[str]:
    match = _UUID.fullmatch(_header(whole, "Original-Envelope-Id").strip().lower())
    return frozenset({match[0]}) if match else frozenset()


def named_in(ids: Iterable[str]) -> frozenset[str]:
    """Give the numbers of the messages whose Message-IDs these would be; others are passed over.

    >>> sorted(named_in(["<0f0f0f0f-0000-4000-8000-000000000001@example.org>", "<a@b>"]))
    ['0f0f0f0f-0000-4000-8000-000000000001']
    """
    numbers = (_UUID.fullmatch(message_id[1:].partition("@")[0]) for message_id in ids)
    return frozenset(match[0] for match in numbers if match)


def _envelope(mail: Message, returned: list[Message]) -> str:
    said = [value for name in _WHERE_TO for value in _headers_named(mail, name)]
    said += [value for original in returned for value in _headers_named(original, "Return-Path")]
    return "\n".join(said)[:20_000]


def _headers_named(mail: Message, name: str) -> list[str]:
    return [str(value) for value in mail.get_all(name, [])[:20]]


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = (
        payload
        if isinstance(payload, bytes)
        else str(part.get_payload()).encode("utf-8", "replace")
    )
    return content.decode("utf-8", "replace").replace("\r\n", "\n")
