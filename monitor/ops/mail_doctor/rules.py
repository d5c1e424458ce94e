"""What DNS records and settings say of our mail, in a line each with what to fix. Pure.

A line says *ok* only where it was seen to be so. What could not be looked up is *not known*.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from monitor.kernel.mailbox_settings import Tls
from monitor.kernel.settings import MailSettings, MailTransport, WebSettings
from monitor.notify.rules import domain

SOON = timedelta(days=14)
_SEVERAL = "there are several, and together they count as none: keep one"
_NOWHERE = re.compile(r"(^|\.)(localhost|local|internal|invalid|test|example(\.(org|com|net))?)$")
_MODIFIER = re.compile(r"[a-z][\w.-]*=")
# what is looked up when a mail is judged, and how much of it may be (RFC 7208, 4.6.4)
_LOOKED_UP = re.compile(r"[-+~?]?(include|a|mx|ptr|exists)(?![\w.-])|redirect=")
_MOST_LOOKED_UP = 10
_DMARC = re.compile(r"\s*v\s*=\s*DMARC1\s*(;|$)", re.IGNORECASE)
_TAG = re.compile(r"\s*([A-Za-z]+)\s*=\s*([^;]*)")


class LineVerdict(StrEnum):
    """What a line says."""

    OK = "ok"
    NOT_OK = "not ok"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One thing that was looked at: how it stands, and what to do where it is not ok."""

    what: str
    verdict: LineVerdict
    words: str


Records = Sequence[str] | None  # the texts of a name; None: they could not be looked up


def unknown(what: str, why: str) -> CheckedLine:
    """Say that nobody knows."""
    return CheckedLine(what, LineVerdict.UNKNOWN, why)


def settings(mail: MailSettings, web: WebSettings) -> list[CheckedLine]:
    """Judge what can be judged without asking anybody."""
    lines = [
        _line(
            "transport",
            "mail is sent",
            ""
            if mail.transport is MailTransport.SMTP
            else 'no mail leaves: set mail.transport = "smtp"',
        ),
        _line(
            "From",
            f"mail comes from {mail.from_address}",
            f"{mail.from_address} is nobody’s address: set mail.from_address to one at your own domain"
            if is_nowhere(domain(mail.from_address))
            else "",
        ),
        _line(
            "List-Unsubscribe", "the link that stops mail is https, as RFC 8058 asks", _stops(web)
        ),
        _line(
            "contact",
            "readers are told whom to write to",
            "" if web.contact else "set contact in [web]: replies to a digest reach nobody else",
        ),
        _line(
            "TLS setting",
            f'mail.tls = "{mail.tls}"',
            'mail crosses the network in clear: set mail.tls = "starttls" or "tls"'
            if mail.tls is Tls.NONE and mail.host not in {"localhost", "127.0.0.1", "::1"}
            else "",
        ),
    ]
    if mail.bounce_address:
        lines.append(_aligned(mail))
    return lines


def is_nowhere(name: str) -> bool:
    """Tell whether a domain is one that no mail on the internet comes from."""
    return "." not in name or _NOWHERE.search(name.lower()) is not None


def spf(name: str, texts: Records, why: str = "") -> CheckedLine:
    """Judge the SPF record (RFC 7208) of the domain that our envelopes name."""
    what = f"SPF of {name}"
    if texts is None:
        return unknown(what, why)
    records = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return CheckedLine(
            what, LineVerdict.NOT_OK, _add(name, "v=spf1 include:YOUR-MAIL-SERVER’S-NAME ~all")
        )
    terms = [term for term in records[0].lower().split()[1:] if not _is_beside(term)]
    if wrong := _SEVERAL if len(records) > 1 else _wrong_with_spf(terms):
        return CheckedLine(what, LineVerdict.NOT_OK, wrong)
    permits = " ".join(terms[:-1]) or terms[-1]
    return CheckedLine(
        what, LineVerdict.OK, f"it permits {permits}: see that your mail server is among them"
    )


def _is_beside(term: str) -> bool:
    """Tell whether a term permits and forbids nothing: a modifier, such as exp= (RFC 7208, 6)."""
    return _MODIFIER.match(term) is not None and not term.startswith("redirect=")


def _wrong_with_spf(terms: Sequence[str]) -> str:
    if {"all", "+all"} & set(terms):
        return "+all lets anybody send as you: end it with ~all or -all"
    elsewhere = any(term.startswith("redirect=") for term in terms)
    if not elsewhere and not (terms and terms[-1] in {"~all", "-all"}):
        return "it forbids nobody: end it with ~all or -all"
    if not elsewhere and len(terms) == 1:
        return "it permits nobody: name your mail server in it"
    if sum(_LOOKED_UP.match(term) is not None for term in terms) > _MOST_LOOKED_UP:
        return f"it asks for more than {_MOST_LOOKED_UP} names, and then counts as none: name fewer"
    return ""


def dkim(
    name: str, texts: Records, is_ours: Callable[[str], bool] | None, why: str = ""
) -> CheckedLine:
    """Judge the record of a DKIM key (RFC 6376); ``is_ours``: of our key, where we sign."""
    what = f"DKIM key {name}"
    if texts is None:
        return unknown(what, why)
    known = (tags(text) for text in texts)
    records = [record for record in known if "p" in record and record.get("v", "DKIM1") == "DKIM1"]
    if not records:
        return CheckedLine(
            what, LineVerdict.NOT_OK, _add(name, "v=DKIM1; k=rsa; p=YOUR-PUBLIC-KEY")
        )
    if wrong := _wrong_with_dkim(records, is_ours):
        return CheckedLine(what, LineVerdict.NOT_OK, wrong)
    signs = "it is of the key that mail is signed with" if is_ours else "a key is published"
    return CheckedLine(what, LineVerdict.OK, signs)


def _wrong_with_dkim(
    records: Sequence[dict[str, str]], is_ours: Callable[[str], bool] | None
) -> str:
    if len(records) > 1:
        return "there are several, and any may be read: keep one"
    public = "".join(records[0]["p"].split())
    if not public:
        return "the key is revoked (p= is empty): publish the one in use"
    if is_ours is not None and not is_ours(public):
        return "it is of another key than mail.dkim_key_file: publish that one’s"
    if "y" in records[0].get("t", "").split(":"):
        return "it is marked as a test (t=y), so nobody heeds it: drop that"
    return ""


def dmarc(name: str, texts: Records, why: str = "") -> CheckedLine:
    """Judge the DMARC record (RFC 7489) of the domain that mail comes from."""
    what = f"DMARC of {name}"
    if texts is None:
        return unknown(what, why)
    records = [tags(text) for text in texts if _DMARC.match(text)]
    if not records:
        return CheckedLine(
            what,
            LineVerdict.NOT_OK,
            _add(f"_dmarc.{name}", "v=DMARC1; p=quarantine; rua=mailto:YOU"),
        )
    if len(records) > 1:
        return CheckedLine(what, LineVerdict.NOT_OK, _SEVERAL)
    policy = records[0].get("p", "").strip().lower()
    if policy not in {"none", "quarantine", "reject"}:
        return CheckedLine(
            what, LineVerdict.NOT_OK, "its policy cannot be read: p= is none, quarantine or reject"
        )
    asks = "; it only watches: quarantine once its reports are clean" if policy == "none" else ""
    return CheckedLine(what, LineVerdict.OK, f"p={policy}{asks}")


def certificate(ends: datetime, now: datetime) -> CheckedLine:
    """Judge how long a trusted certificate still holds."""
    what, day = "TLS certificate", ends.date().isoformat()
    if ends - now < SOON:
        return CheckedLine(
            what, LineVerdict.NOT_OK, f"it ends on {day}: have the mail server’s renewed"
        )
    return CheckedLine(what, LineVerdict.OK, f"it is trusted, until {day}")


def tags(text: str) -> dict[str, str]:
    """Read the tags of a record.

    >>> tags("v=DMARC1; p=none")
    {'v': 'DMARC1', 'p': 'none'}
    """
    return {tag[1].lower(): tag[2].strip() for tag in map(_TAG.match, text.split(";")) if tag}


def _aligned(mail: MailSettings) -> CheckedLine:
    sender, bounces = domain(mail.from_address).lower(), domain(mail.bounce_address).lower()
    same = sender == bounces or bounces.endswith("." + sender) or sender.endswith("." + bounces)
    words = (
        ""
        if same
        else f"SPF of {bounces} says nothing for {sender}: take a bounce address at {sender}"
    )
    return _line("bounce address", f"{bounces} belongs to {sender}", words)


def _stops(web: WebSettings) -> str:
    parts = urlsplit(web.public_url)
    if is_nowhere(parts.hostname or "") or (parts.hostname or "").replace(".", "").isdigit():
        return f"readers cannot reach {web.public_url}: set web.public_url to the service’s own address"
    if parts.scheme != "https":
        return f"{web.public_url} is not https, so mail programs offer no one-click stop: set web.public_url"
    return ""


def _line(what: str, good: str, bad: str) -> CheckedLine:
    return (
        CheckedLine(what, LineVerdict.NOT_OK, bad)
        if bad
        else CheckedLine(what, LineVerdict.OK, good)
    )


def _add(name: str, record: str) -> str:
    return f"there is none: add a TXT record at {name}, such as “{record}”"
