"""The review's own table for admins: what holds, what a file would do before it counts, and its withdrawal.

A file is read from the form and shown back in it: nothing is kept before an admin says yes to what
was shown, and what is said yes to is what was shown.
"""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor import workflow
from monitor.accounts import actors
from monitor.accounts import queries as accounts
from monitor.accounts.tables import Role
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import Contradicted, TableStep
from monitor.evidence.baseline.table import COLUMNS, LARGEST, ReviewTable, TableFaults, read
from monitor.gap.previews.baseline import BaselinePreview, preview
from monitor.kernel.errors import InvalidInput
from monitor.web import auth, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed

blueprint = Blueprint("baseline", __name__)
blueprint.before_request(auth.only(Role.ADMIN))

_CHANGED = "The table has changed since you saw what it would do. This is what it would do now"


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table that was read and not brought in: its text, its name, and what it would do."""

    text: str
    name: str
    digest: str
    told: BaselinePreview


@blueprint.get("/status/baseline")
@turns.large
def table() -> str:
    """Show what holds, every version, what is contested, and the form."""
    return _page(Typed(), None)


def _again(typed: Typed, problems: Problems | None) -> str:
    return _page(typed, problems)


@blueprint.post("/status/baseline")
@posting.form(_again)
def bring() -> ResponseReturnValue:
    """Show what a table would do; with ``step`` "bring", bring in what was shown."""
    typed = request.form
    text, name = _sent(typed)
    try:
        read_table = read(text.encode(), service().catalogue.slugs)
    except TableFaults as error:
        told = Problems({"table": str(error)})
        return _page(Typed({"table": text, "name": name}), told), 400
    if typed.get("step") != "bring":
        return _page(typed, None, _shown(read_table, text, name))
    if typed.get("digest") != read_table.digest:
        return _page(typed, Problems({"form": _CHANGED}), _shown(read_table, text, name))
    step = TableStep(auth.actor(), now(), typed.get("because", ""), name)
    try:
        with service().database.write() as session:
            workflow.change_baseline(session, service(), read_table, step)
    except Contradicted:
        problems = Problems({"because": "Say why the table is right, or correct it"})
        return _page(typed, problems, _shown(read_table, text, name)), 409
    return redirect(url_for("baseline.table"), code=303)


@blueprint.post("/status/baseline/withdraw")
@posting.form(_again, {"because": "why"})
def withdraw() -> ResponseReturnValue:
    """Take the table back, for a reason."""
    step = TableStep(auth.actor(), now(), request.form.get("why", ""))
    with service().database.write() as session:
        workflow.change_baseline(session, service(), None, step)
    return redirect(url_for("baseline.table"), code=303)


def _sent(typed: Typed) -> tuple[str, str]:
    """Give the text and name of the table sent: a file, else what stands in the form.

    Raises:
        InvalidInput: there is neither, or the file is no text.
    """
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        raw = sent.stream.read(LARGEST + 1)
        try:
            return raw.decode("utf-8-sig"), sent.filename
        except UnicodeDecodeError:
            raise InvalidInput(
                "The file is not UTF-8: save it as “CSV UTF-8”", field="file"
            ) from None
    if not (text := typed.get("table", "")).strip():
        raise InvalidInput("Choose a file, or paste the table", field="file")
    return text, typed.get("name", "") or "pasted"


def _shown(read_table: ReviewTable, text: str, name: str) -> ShownTable:
    with service().database.read() as session:
        told = preview(session, service().catalogue, read_table, at=now())
    return ShownTable(text, name, read_table.digest, told)


def _page(typed: Typed, problems: Problems | None, shown: ShownTable | None = None) -> str:
    faults = (problems.of.pop("table", "") if problems else "").splitlines()
    with service().database.read() as session:
        standing = baselines.standing(session)
        versions = baselines.versions(session)
        contested = baselines.contested(session, service().catalogue)
        names = {actors.of_user(person.id): person.name for person in accounts.people(session)}
    return render_template(
        "staff/studies/baseline.html",
        standing=standing,
        versions=versions,
        contested=contested,
        names=names,
        columns=COLUMNS,
        faults=faults,
        typed=typed,
        problems=problems,
        shown=shown,
        at=now(),
    )
