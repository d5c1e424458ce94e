"""Turn a claimed message into the bytes that are sent. The same claim always gives the same bytes.

Everything in a message may come from outside: it is one line of plain text before a template sees
it, and the HTML is autoescaped. No template is ever made from data.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from monitor.accounts.rules import LINK_LASTS
from monitor.accounts.tables import Role
from monitor.kernel import addresses
from monitor.kernel.language import english
from monitor.kernel.settings import Settings
from monitor.notify import draft_mail, export_mail, rules, survey_words
from monitor.notify.digests import practice
from monitor.notify.messages.outbox import Claimed
from monitor.notify.readers.answers import last_day
from monitor.notify.readers.tokens import (
    choices_token,
    confirm_token,
    helped_token,
    my_services_token,
    own_data_token,
    survey_token,
    unsubscribe_token,
    view_token,
)
from monitor.notify.tables import MessageKind
from monitor.notify.words import ANSWERS, Cadence, Copy
from monitor.notify.writing import digest_wording, meanings, wording
from monitor.usage.returns.rules import may_be_reminded

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "email"
SENDER_NAME = "Gap Monitor"
_ROLES = {
    Role.COMMISSIONER.value: "a commissioner",
    Role.REVIEWER.value: "a reviewer",
    Role.LEAD.value: "a lead reviewer",
    Role.ADMIN.value: "an admin",
}
_LINE = 68  # characters in a line of the text part
MAX_SUBJECT = 250
_MAX_TEXT = 2000  # characters of any one text from outside

# A folded List-Unsubscribe is no longer a URL (dependencies.md, trap 2): nothing is folded …
_UNFOLDED = SMTP.clone(max_line_length=998)
# … but a body's lines end at 76 (RFC 2045, 6.7), and so does an encoded word of a subject (RFC 2047, 2).
# A subject in ASCII is not folded either: broken at its first colon, it is shown with a space before it.
_BODY = SMTP.clone(max_line_length=76)


class _Policy(EmailPolicy):
    """Write each header on one line, save the subject, whose encoded words must stay short."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write one header as bytes."""
        folds = name == "Subject" and not value.isascii()
        return (_BODY if folds else _UNFOLDED).fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", max_line_length=998)


@dataclass(frozen=True, slots=True)
class Written:
    """What one message says: its subject, and the same twice, as text and as HTML."""

    subject: str
    text: str
    html: str


def write(claimed: Claimed, settings: Settings, secret: bytes) -> Written:
    """Write what a message says, whether it is sent, previewed, tried out or shown on the web."""
    base = settings.web.public_url
    view = _VIEWS[claimed.kind](claimed, base, secret)
    view |= {"base": base, "kind": claimed.kind.value, "notice": _notice(claimed, settings)}
    contact = settings.web.contact
    view |= {"contact": contact, "contact_link": addresses.contact_link(contact)}
    view |= {"of_copy": _of_copy(claimed), "on_the_web": _copy(claimed) is Copy.VIEW}
    subject = fill(claimed.kind, "subject.txt", view)
    return Written(
        subject=_subject(f"Test: {subject}" if _copy(claimed) is Copy.TEST else subject),
        text=fill(claimed.kind, "body.txt", view),
        html=fill(claimed.kind, "body.html", view),
    )


def render(claimed: Claimed, settings: Settings, secret: bytes) -> bytes:
    """Write one message whole, headers and both parts, ready for a mail server."""
    written = write(claimed, settings, secret)
    message = EmailMessage(policy=_BODY)
    for name, value in _headers(claimed, settings, secret, written.subject):
        message[name] = value
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{claimed.uuid}")
    return message.as_bytes(policy=_POLICY)


def _headers(
    claimed: Claimed, settings: Settings, secret: bytes, subject: str
) -> list[tuple[str, Any]]:
    base, sender = settings.web.public_url, settings.mail.from_address
    headers: list[tuple[str, Any]] = [
        ("From", Address(SENDER_NAME, addr_spec=sender)),
        ("To", Address(addr_spec=claimed.address)),
        ("Date", claimed.queued_at),
        ("Message-ID", claimed.message_id),
        ("Subject", subject),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: nobody's holiday reply answers it
        ("X-Gap-Monitor-Outbox-ID", claimed.uuid),
    ]
    listed = _list_of(claimed, base, secret)
    if listed is None:
        return headers
    name, stop = listed
    return [
        *headers,
        ("List-Id", f"{SENDER_NAME} {name} <{name}.{rules.domain(sender)}>"),  # RFC 2919
        ("List-Help", f"<{base}/method>"),
        ("List-Unsubscribe", f"<{stop}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
    ]


def _list_of(claimed: Claimed, base: str, secret: bytes) -> tuple[str, str] | None:
    """Name the list a message is of, and the link that stops it; None: it goes to one person alone."""
    if claimed.kind is MessageKind.SURVEY:
        return "returns", f"{base}/returns/{survey_token(secret, claimed.uuid)}/stop"
    if claimed.subscriber_id is None:
        return None
    return "changes", f"{base}/u/{unsubscribe_token(secret, claimed.uuid)}"


def _subject(words: str) -> str:
    """Make a subject that stays text: EmailMessage would decode what looks like an encoded word."""
    return rules.plain(words.replace("=?", "= ?"), MAX_SUBJECT)


def _change(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    content = _plain(claimed.content)
    followed = set(claimed.context["slugs"])
    changes = [change for change in content["changes"] if change["slug"] in followed]
    study, correction = content["study"], wording.takes_back(content, claimed.context)
    return {
        "at": datetime.fromisoformat(content["at"]),
        "share_changed": wording.share_changed(content),
        "caveat": content["caveat"],
        "correction": correction,
        "study_title": wording.study_title(study) if study else None,
        "again": study.get("again") if study else None,  # older announcements do not say it
        "reappraised": study.get("reappraised") if study else None,
        "doubts": study.get("doubts", []) if study else [],
        "subject": wording.subject(changes, correction=correction),
        "headline": wording.headline(
            changes, study, correction=correction, wave=content.get("wave")
        ),
        "changes": [_told(change, base) for change in changes],
        "meanings": meanings.together(changes),
        "study": study,
        "facts": wording.study_facts(study) if study else (),
        "paper": wording.study_link(study) if study else None,
        "study_url": base + study["path"] if study else None,
        "heard": [wording.heard(source) for source in content["sources"]],
        "promise": _promise(claimed.context),
        "quoted": _quoted(claimed.context.get("told")),
        **_links(claimed, base, secret),
    }


def _promise(context: Mapping[str, Any]) -> str:
    """Say why a reader gets this; one who takes digests also gets it where it is urgent."""
    cadence = context.get("cadence")
    if cadence is None:
        return wording.promise(context["following"])
    return digest_wording.promise(Cadence(cadence), context["following"], quiet=False)


def _quoted(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give what its reader was told before, and when; None: nothing of it."""
    if not told:
        return None
    return {"at": datetime.fromisoformat(told["at"]), "said": _plain(told["said"])}


def _digest(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    content, following = _plain(claimed.content), claimed.context["following"]
    return {
        "subject": digest_wording.subject(content),
        "kicker": digest_wording.kicker(content, following),
        "headline": digest_wording.headline(content),
        "lead": digest_wording.lead(content, following),
        "changes": digest_wording.changes(content, base),
        "added": [digest_wording.line(change["sentence"]) for change in content["added"]],
        "undone": [digest_wording.line(change["sentence"]) for change in content["undone"]],
        "told": [digest_wording.line(f"{change['sentence']}.") for change in content["told"]],
        "in_step": practice.told(content.get("in_step")),  # older digests do not say it
        "trials": content["trials"],
        "looked": digest_wording.looked(content),
        "quiet": not content["changes"],
        "caveat": content["caveat"],
        "promise": digest_wording.promise(
            Cadence(content["cadence"]), following, quiet=not content["changes"]
        ),
        **_links(claimed, base, secret),
    }


def _copy(claimed: Claimed) -> Copy | None:
    """Tell what a copy is for; None: it is the mail to its reader."""
    kind = claimed.context.get("copy")
    return Copy(kind) if kind else None


def _of_copy(claimed: Claimed) -> list[str]:
    """Say above a copy what it is; nothing in the mail to its reader."""
    copy = _copy(claimed)
    if copy is None:
        return []
    if copy is Copy.TEST:
        return ["This is a test. It counts as told to nobody, and has no links of a reader’s own."]
    sent = english.day(claimed.queued_at)
    corrected = [
        f"Corrected on {english.day(datetime.fromisoformat(correction['at']))}: {_plain(said)}"
        for correction in claimed.context.get("corrected", ())
        for said in correction["said"]
    ]
    how = "as it was sent" if claimed.context["sent"] else "which was not sent so far"
    return [f"This is the e-mail of {sent}, {how}.", *corrected]


def _helped(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    return {
        "told": _plain(claimed.context["told"]),
        "told_at": datetime.fromisoformat(claimed.context["told_at"]),
        "last_day": last_day(claimed.queued_at),
        "answers": list(ANSWERS.values()),
        "link": f"{base}/helped/{helped_token(secret, claimed.uuid)}",
        **_links(claimed, base, secret),
    }


def _links(claimed: Claimed, base: str, secret: bytes) -> dict[str, str]:
    """Give the links of a reader’s own; a copy has none, so that whoever sees it can change nothing."""
    if _copy(claimed):
        own = dict.fromkeys(("stop", "choose", "view", "chose"), "")
        return {**own, "ledger": f"{base}/changes"}
    before = claimed.context.get("chose")
    return {
        "chose": digest_wording.chose(before) if before else "",
        "view": f"{base}/m/{view_token(secret, claimed.uuid)}",
        "stop": f"{base}/u/{unsubscribe_token(secret, claimed.uuid)}",
        "choose": f"{base}/choices/{choices_token(secret, claimed.uuid)}",
        "ledger": f"{base}/changes",
    }


def _told(change: Mapping[str, Any], base: str) -> dict[str, Any]:
    return {
        "name": change["name"],
        "sentence": wording.in_brief(change),
        "rows": wording.rows(change),
        "url": base + change["path"],
    }


def _confirm(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    return {
        "names": [_plain(name) for name in claimed.context["names"]],
        "purpose": _plain(claimed.context["purpose"]),
        "link": f"{base}/confirm/{confirm_token(secret, claimed.uuid)}",
        "days": rules.CONFIRM_LASTS.days,
    }


def _my_services(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    return {
        "link": f"{base}/mine/open/{my_services_token(secret, claimed.uuid)}",
        "days": rules.PRIVATE_LINK_LASTS.days,
    }


def _invitation(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:  # noqa: ARG001 - one shape for all kinds
    return {
        "name": _plain(claimed.context["name"]),
        "role_words": _ROLES[claimed.context["role"]],
        "days": LINK_LASTS.days,
        "link": base + claimed.context["link"],
    }


def _incident(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:  # noqa: ARG001 - one shape for all kinds
    told: dict[str, Any] = _plain(claimed.context)
    page, words = "status", "How everything stands now"
    if told.get("phase") == export_mail.PHASE:
        page, words = "queries", "What to search for"
    elif told.get("phase") == draft_mail.PHASE:
        page, words = f"waves/{told['wave']}", "Look the wave over"
    elif told.get("under_mail"):
        page, words = "mail", "What to do about it, under Mail"
    return {**told, "status": f"{base}/{page}", "button": words}


def _own_data(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    return {
        "link": f"{base}/own-data/{own_data_token(secret, claimed.uuid)}",
        "again": f"{base}/own-data",
    }


def _survey(claimed: Claimed, base: str, secret: bytes) -> dict[str, Any]:
    asked = _plain(claimed.context)
    link = f"{base}/returns/{survey_token(secret, claimed.uuid)}"
    return {
        "service": asked["service"],
        "question": asked["question"],
        "asking": survey_words.asking(asked["promoters"], asked["service"]),
        "closes_on": date.fromisoformat(asked["closes_on"]),
        "reminder": asked["reminder"],
        "last": not may_be_reminded(asked["reminder"]),
        "promises": survey_words,
        "link": link,
        "stop": f"{link}/stop",
    }


_VIEWS: dict[MessageKind, Callable[[Claimed, str, bytes], dict[str, Any]]] = {
    MessageKind.CHANGE: _change,
    MessageKind.DIGEST: _digest,
    MessageKind.CONFIRM: _confirm,
    MessageKind.INVITATION: _invitation,
    MessageKind.INCIDENT: _incident,
    MessageKind.MY_SERVICES: _my_services,
    MessageKind.SURVEY: _survey,
    MessageKind.HELPED: _helped,
    MessageKind.OWN_DATA: _own_data,
}


def _notice(claimed: Claimed, settings: Settings) -> str:
    return rules.plain(claimed.content.get("notice") or settings.web.notice, 300)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Make every text in a JSON value one plain line, however it got there."""
    if isinstance(value, str):
        return rules.plain(value, _MAX_TEXT)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def fill(kind: MessageKind, part: str, view: dict[str, Any]) -> str:
    """Fill in one part of a kind of mail."""
    return _environment().get_template(f"{kind.value}/{part}").render(view)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": english.day, "wrapped": _wrapped}
    return environment


def _wrapped(text: str, indent: str = "") -> str:
    """Wrap a paragraph of the text part; later lines start with ``indent``; addresses stay whole."""
    return textwrap.fill(
        text, _LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
