"""What is wrong and what an admin can do, in plain words for pages and mails. Pure."""

from collections.abc import Mapping

from monitor.kernel.errors import MailFault, SourceFault

# in a form that fits "PubMed" and "Journal feeds" alike
_HEADLINES: Mapping[str, str] = {
    SourceFault.UNREACHABLE: "cannot be reached",
    SourceFault.REFUSED: "refused to answer",
    SourceFault.RATE_LIMITED: "said that we ask too often",
    SourceFault.MALFORMED: "sent what cannot be read",
    SourceFault.INCOMPLETE: "answered only in part",
    SourceFault.SCHEMA_CHANGED: "answered in another form than before",
    SourceFault.QUERY_CHANGED: "did not search for what we asked",
    SourceFault.FEWER_IDS: "listed fewer records than before",
    SourceFault.UNFIT: "sent a wave that cannot be kept",
    MailFault.UNREACHABLE: "cannot leave: its server cannot be reached",
    MailFault.UNPROTECTED: "cannot leave: its server cannot be trusted",
    MailFault.SIGN_IN: "cannot leave: its server refuses our sign-in",
    MailFault.TURNED_AWAY: "cannot leave: its server takes none from us",
    MailFault.REFUSED: "cannot leave: its server takes none from us",
    MailFault.PARTLY: "leaves only in part: its server refuses some of it",
    MailFault.NOT_WRITTEN: "cannot be written to its folder",
    MailFault.SETTINGS: "cannot leave: its settings are wrong",
    MailFault.WAITING: "has waited for hours",
    MailFault.APPROVAL: "waits for approval: a digest goes when an admin says so",
    MailFault.RETURNED: "comes back: others’ servers refuse it for a reason of ours",
    MailFault.BOX_UNREACHABLE: "that came back is not read: its mailbox cannot be reached",
    MailFault.BOX_UNPROTECTED: "that came back is not read: its mailbox cannot be trusted",
    MailFault.BOX_SIGN_IN: "that came back is not read: its mailbox refuses our sign-in",
    MailFault.BOX_FOLDER: "that came back is not read: its folder is not there as the settings say",
    MailFault.BOX_NONSENSE: "that came back is not read: its mailbox answers what was not asked",
    MailFault.BOX_SETTINGS: "that came back is not read: the settings of its mailbox are wrong",
    SourceFault.OURS: "could not be asked, for a reason of our own",
}
_OTHERWISE = "did not answer in full"
_URGENT = frozenset(
    {
        SourceFault.REFUSED,
        SourceFault.SCHEMA_CHANGED,
        SourceFault.QUERY_CHANGED,
        SourceFault.UNFIT,
        SourceFault.OURS,
        *(set(MailFault) - {MailFault.UNREACHABLE, MailFault.BOX_UNREACHABLE}),
    }
)
_OF_US = (
    "It is no reader’s fault. Ask who runs the mail server to let this machine send, and look "
    "at mail.username and mail.from_address in the settings."
)
_TRY_BOX = "`gap-monitor bounce --imap` tries it at once."
_REMEDIES: Mapping[str, str] = {
    SourceFault.UNREACHABLE: (
        "It mostly passes. If it lasts, look at the source’s own status page, at its address in "
        "the settings, and at this machine’s way to the internet."
    ),
    SourceFault.REFUSED: (
        "Look at its address and its key in the settings, and at the source’s own news: it may "
        "have moved, or want to be asked in another way."
    ),
    SourceFault.RATE_LIMITED: (
        "It mostly passes. If it lasts, see whether something else asks this source from the same "
        "address or with the same key."
    ),
    SourceFault.MALFORMED: (
        "It mostly passes: sources send such replies while they are down for maintenance. If it "
        "lasts, look at the source’s own status page."
    ),
    SourceFault.INCOMPLETE: (
        "It mostly passes. If it lasts, look at the source’s own status page."
    ),
    SourceFault.SCHEMA_CHANGED: (
        "Look for a newer version of Gap Monitor that reads the new form, and tell its makers if "
        "there is none."
    ),
    SourceFault.QUERY_CHANGED: (
        "Try the query on the source’s own pages: it may have dropped a word that we search for."
    ),
    SourceFault.UNFIT: (
        "Look under Status at what is wrong with it, and tell whoever makes the feed. Where it is "
        "another version of a wave that is published, withdraw that one, and this becomes a draft."
    ),
    MailFault.UNREACHABLE: (
        "It mostly passes. If it lasts, see whether the mail server runs, and look at mail.host "
        "and mail.port in the settings."
    ),
    MailFault.UNPROTECTED: (
        "Look at mail.tls and mail.port in the settings, and at the mail server’s certificate."
    ),
    MailFault.SIGN_IN: (
        "Look at mail.username and mail.password_file in the settings. The password is read anew "
        "for every try; other settings need a restart."
    ),
    MailFault.TURNED_AWAY: _OF_US,
    MailFault.REFUSED: _OF_US,
    MailFault.PARTLY: (
        "Look under Mail at what the server says of the messages that wait. Where it is right, "
        "they can be stopped there."
    ),
    MailFault.NOT_WRITTEN: "Look at the folder var/mail: is it there, ours, and the disk not full?",
    MailFault.SETTINGS: "Put the setting right; it is read anew for every try, or after a restart.",
    MailFault.WAITING: (
        "Look under Mail at what the server says of the messages that wait, and under Jobs whether "
        "“Send mail” runs."
    ),
    MailFault.APPROVAL: (
        "Look under Mail at what it says, and approve or stop it. The setting "
        "mail.approve_digests asks for that."
    ),
    MailFault.RETURNED: (
        "It is no reader’s fault. `gap-monitor doctor mail` says what of SPF, DKIM, DMARC and the "
        "mail server is not right; Mail shows what each server said. Then send again what came back."
    ),
    MailFault.BOX_UNREACHABLE: (
        "It mostly passes. If it lasts, see whether the mailbox’s server runs, and look at "
        f"mail.imap.host and mail.imap.port in the settings. {_TRY_BOX}"
    ),
    MailFault.BOX_UNPROTECTED: (
        "Look at mail.imap.tls, mail.imap.host and mail.imap.port in the settings, and at the "
        f"server’s certificate. {_TRY_BOX}"
    ),
    MailFault.BOX_SIGN_IN: (
        "Look at mail.imap.username and mail.imap.password_file in the settings; some servers want "
        f"a password made for one program. The password is read anew for every try. {_TRY_BOX}"
    ),
    MailFault.BOX_FOLDER: (
        "Look at mail.imap.folder and mail.imap.move_to in the settings: a folder is named as its "
        f"server lists it. {_TRY_BOX}"
    ),
    MailFault.BOX_NONSENSE: (
        "Look at mail.imap.host and mail.imap.port: is it an IMAP server? If it is, ask who runs it; "
        "meanwhile bring an mbox file with `gap-monitor bounce --mbox`."
    ),
    MailFault.BOX_SETTINGS: (
        f"Put right what is said here, under mail.imap in the settings. {_TRY_BOX}"
    ),
    SourceFault.OURS: (
        "The source is not to blame. Mend what is said here, on this machine or in its settings; "
        "the source is asked again every few minutes."
    ),
}
_REMEDY_OTHERWISE = "If it lasts, look at the source’s own status page."
_BY_HAND: Mapping[str, str] = {
    SourceFault.QUERY_CHANGED: (
        "Try the query on the source’s own pages. If the new reading is right, press “It is right "
        "now” on the Status page; if it is not, the query must change."
    ),
    SourceFault.FEWER_IDS: (
        "Look at the source’s own pages: are there really fewer? If the new number is right, press "
        "“It is right now” on the Status page."
    ),
}
_BY_HAND_OTHERWISE = (
    "Look at the source’s own pages. If all is well, press “It is right now” on the Status page."
)


def headline(title: str, kind: str) -> str:
    """Say what is wrong; ``kind`` is a SourceFault's or MailFault's word.

    >>> headline("PubMed", "unreachable"), headline("PubMed", "a word of later")
    ('PubMed cannot be reached', 'PubMed did not answer in full')
    """
    return f"{title} {_HEADLINES.get(kind, _OTHERWISE)}"


def uncompared(title: str, kind: str) -> str:
    """Say that a source was not compared for days, and why.

    >>> uncompared("PubMed", "incomplete")
    'PubMed could not be compared for days: it answered only in part'
    """
    return f"{title} could not be compared for days: it {_HEADLINES.get(kind, _OTHERWISE)}"


def remedy_uncompared() -> str:
    """Say what an admin can do about a source that is not compared for days."""
    return (
        "Look at the source’s own status page, and whether it lists more than it sends. Its polls "
        "go on; “Day by day” calls no day of it proved meanwhile."
    )


def remedy(kind: str, *, settled_by_hand: bool) -> str:
    """Say what an admin can do; ``settled_by_hand``: it lasts until one says that it is right."""
    if settled_by_hand:
        return _BY_HAND.get(kind, _BY_HAND_OTHERWISE)
    return _REMEDIES.get(kind, _REMEDY_OTHERWISE)


def urgent(kind: str) -> bool:
    """Tell whether a poll that fails in this way will hardly mend by itself."""
    return kind in _URGENT
