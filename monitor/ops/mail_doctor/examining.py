"""Looks at all that decides whether our mail arrives, and says of each how it stands. Sends nothing."""

from datetime import datetime
from functools import partial

from monitor.kernel.errors import ConfigError, MailboxUnavailable, MailFault
from monitor.kernel.language.english import plural
from monitor.kernel.mailbox_settings import Tls
from monitor.kernel.settings import MailTransport, Settings
from monitor.notify.bounces import imap
from monitor.notify.rules import domain
from monitor.notify.smtp import probing, signing
from monitor.ops.mail_doctor import rules
from monitor.ops.mail_doctor.lookups import LookupAnswer, Resolver
from monitor.ops.mail_doctor.rules import CheckedLine, LineVerdict

_SERVER, _PROTECTED, _SIGN_IN = "mail server", "TLS", "sign-in"
_MAILBOX = "mailbox of bounces"


def examine(settings: Settings, names: Resolver, now: datetime) -> list[CheckedLine]:
    """Look at everything: settings, mail server, DNS."""
    lines = rules.settings(settings.mail, settings.web)
    if settings.mail.transport is MailTransport.SMTP:
        lines += _server(settings, now)
    if settings.mail.imap.host:
        lines.append(_mailbox(settings))
    own = domain(settings.mail.from_address)
    if rules.is_nowhere(own):
        return [*lines, rules.unknown("DNS", f"{own} is no domain that could be looked up")]
    return [*lines, *_records(settings, names, own)]


def _records(settings: Settings, names: Resolver, own: str) -> list[CheckedLine]:
    mail = settings.mail
    envelope = domain(mail.bounce_address or mail.from_address)
    texts = names.texts(envelope)
    return [
        _takes_mail(envelope, names.mail_servers(envelope)),
        rules.spf(envelope, texts.answers, texts.why),
        _dkim(settings, names, own),
        _dmarc(names, own),
    ]


def _takes_mail(name: str, servers: LookupAnswer) -> CheckedLine:
    what = f"bounces to {name}"
    if servers.answers is None:
        return rules.unknown(what, servers.why)
    if not servers.answers or servers.answers == ("0 .",):
        words = "no server takes mail for it, so no bounce arrives: give it an MX record"
        return CheckedLine(what, LineVerdict.NOT_OK, words)
    return CheckedLine(
        what, LineVerdict.OK, f"mail to it goes to {', '.join(sorted(servers.answers))}"
    )


def _dkim(settings: Settings, names: Resolver, own: str) -> CheckedLine:
    selector = settings.mail.dkim_selector
    if not selector:
        words = (
            "mail is not signed here. Where the mail server signs, set mail.dkim_selector to its "
            "selector (s= of DKIM-Signature in a mail that arrived); else set mail.dkim_key_file too"
        )
        return rules.unknown("DKIM", words)
    record = f"{selector}._domainkey.{own}"
    texts, is_ours = names.texts(record), None
    if settings.mail.dkim_key_file is not None:
        is_ours = partial(signing.is_of_our_key, settings)
    return rules.dkim(record, texts.answers, is_ours, texts.why)


def _dmarc(names: Resolver, own: str) -> CheckedLine:
    """Look for the domain's own policy, then for those of the domains it stands below (RFC 7489, 6.6.3)."""
    labels = own.split(".")
    line = rules.dmarc(own, ())
    for start in range(len(labels) - 1):
        texts = names.texts("_dmarc." + ".".join(labels[start:]))
        line = rules.dmarc(own, texts.answers, texts.why)
        if line.verdict is not LineVerdict.NOT_OK or texts.answers:
            return line
    return rules.dmarc(own, ())


def _server(settings: Settings, now: datetime) -> list[CheckedLine]:
    try:
        met = probing.probe(settings)
    except ConfigError as error:
        return [CheckedLine(_SIGN_IN, LineVerdict.NOT_OK, str(error))]
    where = f"{settings.mail.host}:{settings.mail.port}"
    asks = "nobody is asked to sign in" if not settings.mail.username else "it lets us in"
    if met.fault is None:
        return [
            CheckedLine(_SERVER, LineVerdict.OK, f"{where} answers"),
            *_protected(settings, met, now),
            CheckedLine(_SIGN_IN, LineVerdict.OK, asks),
        ]
    said = met.words
    not_asked = "the mail server could not be asked"
    if met.fault is MailFault.UNREACHABLE:
        verdict = LineVerdict.NOT_OK if met.is_refused else LineVerdict.UNKNOWN
        return [
            CheckedLine(_SERVER, verdict, said),
            rules.unknown(_PROTECTED, not_asked),
            rules.unknown(_SIGN_IN, not_asked),
        ]
    if met.fault is MailFault.UNPROTECTED:
        return [
            CheckedLine(_PROTECTED, LineVerdict.NOT_OK, said),
            rules.unknown(_SIGN_IN, not_asked),
        ]
    if met.fault is MailFault.SIGN_IN:
        return [
            CheckedLine(_SERVER, LineVerdict.OK, f"{where} answers"),
            CheckedLine(_SIGN_IN, LineVerdict.NOT_OK, said),
        ]
    return [CheckedLine(_SERVER, LineVerdict.NOT_OK, said)]


def _mailbox(settings: Settings) -> CheckedLine:
    """Sign in to the mailbox of bounces and open its folder, as for reading; reads no mail."""
    box = settings.mail.imap
    try:
        with imap.opened(box, settings.secret(box.password_file) or "") as mailbox:
            words = f"{box.host}:{box.port} lets us in, and {box.folder} opens: {plural(mailbox.count, 'mail')}"
            return CheckedLine(_MAILBOX, LineVerdict.OK, words)
    except MailboxUnavailable as error:
        if error.kind is MailFault.BOX_UNREACHABLE:
            return rules.unknown(_MAILBOX, str(error))
        return CheckedLine(_MAILBOX, LineVerdict.NOT_OK, str(error))
    except ConfigError as error:
        return CheckedLine(_MAILBOX, LineVerdict.NOT_OK, str(error))


def _protected(settings: Settings, met: probing.Probe, now: datetime) -> list[CheckedLine]:
    if met.certificate_ends is not None:
        return [rules.certificate(met.certificate_ends, now)]
    if settings.mail.tls is Tls.NONE:
        return []  # the settings' line tells it
    return [rules.unknown("TLS certificate", "the mail server’s could not be read")]
