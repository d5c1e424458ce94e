"""Pages to bring in a file of references: choose it, see what it would bring, say yes or no.

A request only puts the file away; a job reads it. Each person sees their own files, admins all.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from monitor.accounts import actors
from monitor.accounts import queries as accounts
from monitor.accounts.tables import Role
from monitor.feeds.files import shelf, uploads
from monitor.feeds.files.intake import FileOrigin
from monitor.feeds.sources.databases import DATABASES
from monitor.feeds.tables import ImportFile, ImportState
from monitor.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from monitor.kernel.language.uk import uk_day_of
from monitor.literature.ingest.novelty import Novelty
from monitor.web import auth, errors, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed

blueprint = Blueprint("imports", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

REFRESH_SECONDS = 3
_FORM = 64 * 1024  # what the form itself adds to a file

STATES = {
    ImportState.READING: "being read",
    ImportState.READY: "waits for your yes",
    ImportState.WAITING: "being brought in",
    ImportState.DONE: "brought in",
    ImportState.FAILED: "could not be used",
    ImportState.DISCARDED: "discarded",
}
NOVELTIES = {
    Novelty.NEW.value: "New",
    Novelty.KNOWN.value: "Already known",
    Novelty.REPEATED.value: "Already in this file",
    Novelty.UNREADABLE.value: "Cannot be read",
}


def allow_upload() -> None:
    """Let a reviewer send a whole file to this one page; before anything reads the form."""
    if request.endpoint == "imports.upload" and _may_bring():
        request.max_content_length = _limit() + _FORM


@blueprint.get("/import")
@turns.large
def files() -> str:
    """Show the form, and the files brought so far."""
    return _files(Typed(), None)


def _files(typed: Typed, problems: Problems | None) -> str:
    is_admin = auth.reader().role is Role.ADMIN
    with service().database.read() as session:
        listed = uploads.listed(session, None if is_admin else auth.actor())
        names = {actors.of_user(person.id): person.name for person in accounts.people(session)}
    return render_template(
        "staff/sources/imports.html",
        files=listed,
        typed=typed,
        databases=DATABASES,
        names=names if is_admin else {},
        problems=problems,
        states=STATES,
        most=service().settings.web.max_upload_mb,
        at=now(),
    )


@blueprint.post("/import")
@posting.form(_files)
def upload() -> ResponseReturnValue:
    """Put a file away to be read."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInput("Choose a file", field="file")
    origin = _origin(request.form)
    folder = service().settings.var / "imports"
    shelved = _shelve(folder, sent)
    try:
        with service().database.write() as session:
            name = shelf.shown_name(sent.filename)
            file_id = uploads.add(
                session, shelved, name=name, by=auth.actor(), at=now(), origin=origin
            ).id
    except Conflict as error:
        shelf.remove(folder, shelved.token)
        return _files(request.form, Problems({"file": str(error)})), 409
    except Unavailable:
        shelf.remove(folder, shelved.token)
        raise
    return redirect(url_for("imports.file", file_id=file_id), code=303)


def _origin(form: Mapping[str, str]) -> FileOrigin | None:
    """Read where the file comes from.

    Raises:
        InvalidInput: no such database, no such day, or one that has not come yet.
    """
    name, written = form.get("source", ""), form.get("exported", "").strip()
    if not name:
        return None
    if name not in DATABASES:
        raise InvalidInput("Choose a database of the list", field="source")
    today = uk_day_of(now()).date
    try:
        day = date.fromisoformat(written) if written else today
    except ValueError:
        raise InvalidInput("Write the day of the export as a date", field="exported") from None
    if day > today:
        raise InvalidInput("That day has not come yet", field="exported")
    return FileOrigin(name, day)


def _shelve(folder: Path, sent: FileStorage) -> shelf.Shelved:
    try:
        return shelf.put(folder, sent.stream, _limit())
    except InvalidInput as error:
        raise InvalidInput(str(error), field="file") from error


@blueprint.errorhandler(413)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:  # noqa: ARG001 - Flask's signature
    """Say what is too much, where the file was chosen."""
    if not _may_bring():
        return errors.page(413)
    return _files(Typed(), Problems({"file": shelf.too_large(_limit())})), 413


@blueprint.get("/import/<int:file_id>")
@turns.large
def file(file_id: int) -> Response:
    """Show where one file stands. While it is worked on, the page looks again by itself."""
    return _file(Typed(), None, file_id=file_id)


def _file(typed: Typed, problems: Problems | None, *, file_id: int) -> Response:  # noqa: ARG001 - buttons alone
    file = _found(file_id)
    under_way = file.state in {ImportState.READING, ImportState.WAITING}
    still = "still" in request.args
    page = make_response(
        render_template(
            "staff/sources/import.html",
            file=file,
            still=still,
            under_way=under_way,
            words=NOVELTIES,
            problems=problems,
        )
    )
    if under_way and not still:
        page.headers["Refresh"] = str(REFRESH_SECONDS)
    return page


@blueprint.post("/import/<int:file_id>/bring-in")
@posting.form(_file)
def bring_in(file_id: int) -> ResponseReturnValue:
    """Say yes to what the preview told."""
    _found(file_id)
    with service().database.write() as session:
        uploads.say_yes(session, file_id, by=auth.actor(), at=now())
    return redirect(url_for("imports.file", file_id=file_id), code=303)


@blueprint.post("/import/<int:file_id>/discard")
@posting.form(_file)
def discard(file_id: int) -> ResponseReturnValue:
    """Think better of it: nothing comes in, the file is thrown away."""
    file = _found(file_id)
    with service().database.write() as session:
        uploads.discard(session, file_id, by=auth.actor(), at=now())
    shelf.remove(service().settings.var / "imports", file.token)
    return redirect(url_for("imports.files"), code=303)


def _found(file_id: int) -> ImportFile:
    """Read a file of one's own; an admin may see them all.

    Raises:
        NotFound: there is none that this person may see.
    """
    with service().database.read() as session:
        file = uploads.find(session, file_id)
    if file.by != auth.actor() and auth.reader().role is not Role.ADMIN:
        raise NotFound("There is no such file.")
    return file


def _may_bring() -> bool:
    user = auth.current_user()
    return user is not None and user.role is not Role.COMMISSIONER


def _limit() -> int:
    return service().settings.web.max_upload_mb * 2**20
