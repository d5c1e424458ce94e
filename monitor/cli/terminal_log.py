"""What the log says, as sentences for whoever sits at a terminal. Files and pipes get JSON."""

import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any

# by event; what stands in braces is a field of it, and one that is not there is left as it is
SENTENCES: Mapping[str, str] = {
    "mail.cannot_leave": "Mail cannot leave. {reason}. Every message waits.",
    "mail.server_unavailable": "This try to send mail did not get through. {reason}.",
    "mail.one_connection_less": "One connection to the mail server less. {reason}.",
    "mail.leaves_again": "Mail leaves again.",
    "mail.bounces_not_read": "Mail that came back cannot be read. {reason}.",
    "mail.bounces_read_again": "Mail that came back is read again.",
    "mail.bounces_mailbox_rebuilt": "The mailbox of bounces was rebuilt: all of it is read again.",
    "mail.bounce_passed_over": "Mail {uid} in the mailbox of bounces is passed over: {readings} readings broke off at it.",
    "mail.returned": "A message came back: {weight}.",
    "mail.bounce_not_believed": "A message that says that ours came back is not believed: {reason}.",
    "mail.comes_back": "Mail comes back because of us. {reason}.",
    "watch.not_well": "Not all is well: {reasons}. The watch outside is told.",
    "mail.waits": "Mail has waited for hours: {messages} of it.",
    "mail.sent": "A message was sent ({kind}).",
    "mail.released": "A message waits: it was not tried after all.",
    "mail.held": "A message waits: the mail server takes it not from us.",
    "mail.retried": "A message is tried again later ({state}, try {attempt}).",
    "poll.complete": "{source} answered in full ({kind}): {records} records, {new} of them new.",
    "poll.failed": "{source} did not answer in full: {fault}. It is asked again.",
    "poll.broke": "{source} could not be asked: something of ours broke.",
    "use_feed.asked": "The feed of use {feed} answered in full; the draft it brought: {wave}.",
    "use_feed.failed": "The feed of use {feed} is not kept: {fault}. It is asked again.",
    "http.retry": "{host} did not answer ({fault}): asked again in {seconds} seconds.",
    "comparison.not_configured": "{source} is not compared: its settings do not allow it.",
    "job.failed": "The job “{job}” failed.",
    "job.heartbeat_not_written": "The job “{job}” could not note how it went.",
    "schedule.clock_jumped": "The clock jumped by {seconds} seconds: every job is planned anew.",
    "import.not_now": "File {file} is not brought in now: {reason}.",
    "import.broke": "File {file} could not be brought in: something of ours broke.",
    "page.broken": "The page {path} broke ({error}).",
    "healthz.database": "The database does not answer ({error}).",
    "page.unavailable": "The page {path} could not be shown: {reason}.",
    "poll.own_trouble": "{source} could not be asked, for a reason of our own.",
    "poll.lease_not_prolonged": "A poll could not prolong its hold of its source ({error}).",
    "schedule.broke_off": "The schedule broke off and goes on: {error}.",
    "schedule.election_lost": "Another process runs the jobs now: this one stands by.",
    "files.open_to_others": "Other users of this machine may read {path}.",
    "settings.advice": "{advice}",
    "refusal.not_noted": "A refusal could not be written into the ledger ({error}).",
    "sign_in.throttled": "Too many wrong sign-ins from {remote}: it has to wait.",
    "sign_in.failed": "A sign-in from {remote} was refused.",
}
_MARKS = {"warning": "Look: ", "error": "Wrong: ", "critical": "Wrong: "}
_ALWAYS = frozenset({"event", "level", "timestamp", "exc_info", "exception", "stack"})


def sentence(logger: object, name: str, event: MutableMapping[str, Any]) -> str:  # noqa: ARG001 - structlog's signature
    """Write one entry of the log as a sentence, with its time; a traceback follows as it is."""
    what = str(event.get("event", ""))
    fields = {key: value for key, value in event.items() if key not in _ALWAYS}
    said = SENTENCES.get(what)
    words = said.format_map(_Known(fields)) if said else _plain(what, fields)
    told = f"{_time(event)}{_MARKS.get(str(event.get('level')), '')}{words.replace('..', '.')}"
    trace = _trace(event)
    return f"{told}\n{trace}" if trace else told


class _Known(dict[str, Any]):
    """Fields by name; one that is not there is called unknown."""

    def __missing__(self, key: str) -> str:
        return "unknown"


def _plain(what: str, fields: Mapping[str, Any]) -> str:
    name = what.replace(".", ": ", 1).replace("_", " ")
    more = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in fields.items())
    return f"{name[:1].upper()}{name[1:]}{f' ({more})' if more else ''}."


def _time(event: Mapping[str, Any]) -> str:
    """Give the time of day here, as the person at the terminal reads it off the wall."""
    try:
        at = datetime.fromisoformat(str(event.get("timestamp")))
    except ValueError:
        return ""
    return f"{at.astimezone():%H:%M:%S} "


def _trace(event: Mapping[str, Any]) -> str:
    kept = event.get("exception")
    if kept:
        return str(kept)
    info = event.get("exc_info")
    error = info if isinstance(info, BaseException) else None
    if info is True:
        error = sys.exc_info()[1]
    elif isinstance(info, tuple):
        error = info[1]
    return "".join(traceback.format_exception(error)).rstrip() if error else ""
