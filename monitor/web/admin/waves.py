"""Waves of use for admins: bring one in, see what publishing would do, publish, withdraw, discard."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from monitor import workflow
from monitor.accounts import actors
from monitor.accounts import queries as accounts
from monitor.accounts.tables import Role
from monitor.gap import in_step
from monitor.gap.previews import waves as wave_previews
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.language import english
from monitor.kernel.language.uk import uk_day_of
from monitor.notify import queries as notify
from monitor.notify.announcements import wave_news
from monitor.usage import queries as usage
from monitor.usage import service as waves
from monitor.usage import wave_table
from monitor.usage.draft_checks import look_over
from monitor.usage.returns import queries as returns
from monitor.usage.standing import MAIN_UNITS, WaveSurvey, in_order, period
from monitor.usage.tables import WaveState
from monitor.web import auth, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, ToMend, Typed
from monitor.web.public.usage import use_words

blueprint = Blueprint("waves", __name__)
blueprint.before_request(auth.only(Role.ADMIN))

_READ = "read"  # the box that says: I have read what will change
_BLANK = ("wave.csv", "wave.toml")  # empty files to begin with


@blueprint.get("/waves")
@turns.large
def listing() -> str:
    """List every wave, with the form to bring one in."""
    return _listing(Typed(), None)


def _listing(typed: Typed, problems: Problems | None, refused: Sequence[str] = ()) -> str:  # noqa: ARG001 - no file can be put back
    with service().database.read() as session:
        return render_template(
            "staff/use/waves.html",
            waves=usage.waves(session),
            names=_names(session),
            refused=refused,
            problems=problems,
            period=period,
            columns=", ".join(wave_table.COLUMNS),
        )


@blueprint.post("/waves")
@posting.form(_listing)
def bring() -> ResponseReturnValue:
    """Read a wave whole; keep it as a draft, or say everything that is wrong with it."""
    table, about = request.files.get("table"), request.files.get("about")
    problems = Problems()
    if not _is_chosen(table):
        problems.add("table", "Choose the table, a CSV file")
    if not _is_chosen(about):
        problems.add("about", "Choose the file about the wave, a TOML file")
    if problems or table is None or about is None:
        raise ToMend(problems)
    read = wave_table.read(table.stream.read(), about.stream.read(), service().catalogue)
    if read.problems:
        told = Problems(
            {"form": "Nothing was kept: mend what is named below, and bring both again"}
        )
        return _listing(Typed(), told, read.problems), 400
    with service().database.write() as session:
        wave = waves.draft(session, read, by=auth.actor(), at=now())
    return redirect(url_for("waves.wave", wave_id=wave.id), code=303)


@blueprint.get("/waves/blank/<file>")
def blank(file: str) -> Response:
    """Give an empty file to begin with: the table with the ten, or what is said about a wave."""
    if file not in _BLANK:
        raise NotFound(f"there is no such file: there are {english.listed(_BLANK)}")
    empty = render_template(
        f"staff/use/blank/{file}", columns=wave_table.COLUMNS, slugs=service().catalogue.slugs
    )
    answer = Response(empty, mimetype="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


@blueprint.get("/waves/<int:wave_id>")
@turns.large
def wave(wave_id: int) -> str:
    """Show a draft with what publishing it would do, or where another wave stands."""
    return _wave(Typed(), None, wave_id=wave_id)


def _wave(typed: Typed, problems: Problems | None, *, wave_id: int) -> str:
    catalogue = service().catalogue
    with service().database.read() as session:
        shown_wave = usage.wave(session, wave_id)
        is_draft = shown_wave.state is WaveState.DRAFT
        hindrance = waves.hindrance(session, shown_wave) if is_draft else None
        may_be_published = is_draft and hindrance is None
        preview = (
            wave_previews.of_publishing(session, catalogue, shown_wave)
            if may_be_published
            else None
        )
        survey = usage.survey(session, shown_wave)
        return render_template(
            "staff/use/wave.html",
            wave=shown_wave,
            survey=survey,
            when=period(shown_wave.field_from, shown_wave.field_to)
            or shown_wave.dated
            or "dates not known",
            response=use_words.response(survey, shown_wave.invited),
            is_draft=is_draft,
            hindrance=hindrance,
            preview=preview,
            readers=notify.followers(session, preview.news) if preview else 0,
            by_cadence=notify.followers_by_cadence(session, preview.news) if preview else {},
            told=wave_news.readers_told(session, shown_wave.id),
            checks=look_over(session, catalogue, shown_wave, uk_day_of(now()).date)
            if is_draft
            else [],
            lines=[
                (about, use_words.of_survey(catalogue.gap, survey, about.slug))
                for about in catalogue.interventions
            ],
            may_be_withdrawn=waves.may_be_withdrawn(shown_wave),
            later=_later(session, survey) if preview else None,
            collection=returns.of_wave(session, wave_id),
            names=_names(session),
            words=use_words,
            tau=in_step.figure,
            policy=catalogue.gap,
            plot=168,
            typed=typed,
            problems=problems,
        )


@blueprint.post("/waves/<int:wave_id>/publish")
@posting.form(_wave)
def publish(wave_id: int) -> ResponseReturnValue:
    """Publish a draft: recorded, reassessed and announced together, or not at all."""
    with service().database.read() as session:
        hindrance = waves.hindrance(session, usage.wave(session, wave_id))
    if hindrance:
        raise Conflict(hindrance.words)  # its page has nothing to tick
    if request.form.get(_READ) != "yes":
        raise InvalidInput("Tick that you have read what will change", field=_READ)
    with service().database.write() as session:
        workflow.publish_wave(
            session,
            service(),
            wave_id=wave_id,
            by=auth.actor(),
            at=now(),
            reason=request.form.get("reason", ""),
        )
    return redirect(url_for("waves.wave", wave_id=wave_id), code=303)


@blueprint.post("/waves/<int:wave_id>/discard")
@posting.form(_wave)
def discard(wave_id: int) -> ResponseReturnValue:
    """Let go of a draft."""
    with service().database.write() as session:
        waves.discard(session, wave_id, by=auth.actor(), at=now())
    return redirect(url_for("waves.listing"), code=303)


@blueprint.get("/waves/<int:wave_id>/withdraw")
@turns.large
def ask_withdraw(wave_id: int) -> ResponseReturnValue:
    """Ask before withdrawing a wave, with what that would do."""
    with service().database.read() as session:
        if not waves.may_be_withdrawn(usage.wave(session, wave_id)):
            return redirect(url_for("waves.wave", wave_id=wave_id), code=303)
    return _ask_withdraw(Typed(), None, wave_id=wave_id)


def _ask_withdraw(typed: Typed, problems: Problems | None, *, wave_id: int) -> str:
    with service().database.read() as session:
        shown_wave = usage.wave(session, wave_id)
        preview = wave_previews.of_withdrawing(session, service().catalogue, shown_wave)
        return render_template(
            "staff/use/wave_withdraw.html",
            wave=shown_wave,
            preview=preview,
            told=wave_news.readers_to_correct(session, shown_wave),
            typed=typed,
            problems=problems,
        )


@blueprint.post("/waves/<int:wave_id>/withdraw")
@posting.form(_ask_withdraw)
def withdraw(wave_id: int) -> ResponseReturnValue:
    """Withdraw a wave: undone, and corrected to whoever was told."""
    with service().database.write() as session:
        workflow.withdraw_wave(
            session,
            service(),
            wave_id=wave_id,
            reason=request.form.get("reason", ""),
            by=auth.actor(),
            at=now(),
        )
    return redirect(url_for("waves.wave", wave_id=wave_id), code=303)


def _later(session: Session, survey: WaveSurvey) -> str | None:
    """Name the published wave that was in the field after this one, and so stays what pages show."""
    if survey.unit not in MAIN_UNITS:
        return None
    newest = in_order([*usage.published(session), survey])[-1]
    return None if newest is survey else newest.name


def _names(session: Session) -> dict[str, str]:
    return {actors.of_user(person.id): person.name for person in accounts.people(session)}


def _is_chosen(sent: FileStorage | None) -> bool:
    return sent is not None and bool(sent.filename)
