"""Announcing: what a change tells, frozen, and one message for each reader it concerns.

Written in the transaction of the decision that caused it. Nobody is told what is known to be
wrong, and who may have been told is corrected.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import service as evidence
from monitor.gap.tables import Change
from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.kernel.settings import Settings
from monitor.notify import content as contents
from monitor.notify import news
from monitor.notify.queueing import queue
from monitor.notify.tables import (
    Announcement,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)
from monitor.review.words import DecisionVerdict

OVERTAKEN = "Not sent: what it tells of the study is no longer so"
# never handed to a mail server, as far as anybody can know
_UNTOUCHED = (MessageState.PENDING, MessageState.DEFERRED)


def announce(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    changes: Sequence[Change],
    *,
    at: datetime,
) -> Announcement | None:
    """Freeze what readers are told of these changes and queue it for those who follow them.

    A study no longer counted is a correction: it also goes to everybody who may have been told
    of the study, whatever they follow now, and takes the place of mails not handed over yet. So
    does one that counts again.
    What is no news (``notify.news``) is left to the page of changes.
    The same changes again give the announcement already made; nothing to tell gives None.
    """
    told = _news(session, catalogue, changes)
    if not told:
        return None
    if made := _already_made(session, told):
        return made
    announcement = Announcement(
        change_ids=[change.id for change in told],
        slugs=[change.slug for change in told],
        content=contents.build(session, catalogue, settings, told, at=at),
        at=at,
    )
    session.add(announcement)
    session.flush()
    moved = [change.slug for change in told if news.moves(change.kinds)]
    recipients = _followers(session, announcement.slugs if _retracts(announcement) else moved)
    if announcement.content["correction"] or _counts_again(announcement):
        recipients = _with_the_misled(session, announcement, recipients)
    for reader, slugs in recipients:
        _tell(session, settings, announcement, reader, slugs, at)
    audit.record(
        session,
        at=at,
        actor="job:announce",
        action="announcement.made",
        subject=f"announcement:{announcement.id}",
        changes=announcement.change_ids,
        readers=len(recipients),
    )
    return announcement


def _news(session: Session, catalogue: Catalogue, changes: Sequence[Change]) -> list[Change]:
    """Keep the changes, of one cause, that readers are told of by mail."""
    if not changes:
        return []
    cause = _cause(session, catalogue, changes[0])
    return [change for change in changes if news.is_news(change.kinds, cause)]


def _cause(session: Session, catalogue: Catalogue, change: Change) -> news.Cause:
    decision = contents.decision_of(session, change)
    if decision is None:
        return news.NO_STUDY
    return news.Cause(
        in_review=evidence.may_be_in_review(session, catalogue, decision.study_id),
        leaves=decision.verdict is not DecisionVerdict.ACCEPT,
        returns=contents.reinstates(decision),
        retracted=bool(decision.facts.get("retraction")),
        told=bool(_about(session, decision.study_id)),
    )


def _retracts(announcement: Announcement) -> bool:
    study = announcement.content["study"]
    return bool(study and study["withdrawn"] and study["withdrawn"]["retraction"])


def _already_made(session: Session, changes: Sequence[Change]) -> Announcement | None:
    ids = {change.id for change in changes}
    since = min(change.at for change in changes)
    made = session.scalars(select(Announcement).where(Announcement.at >= since))
    return next((each for each in made if set(each.change_ids) & ids), None)


def _followers(session: Session, slugs: Sequence[str]) -> list[tuple[Subscriber, list[str]]]:
    """List the active readers that follow any of these, each with the ones they follow."""
    active = select(Subscriber).where(Subscriber.state == SubscriberState.ACTIVE)
    return [
        (reader, followed)
        for reader in session.scalars(active.order_by(Subscriber.id))
        if (followed := [slug for slug in slugs if slug in reader.interventions])
    ]


def _with_the_misled(
    session: Session, announcement: Announcement, followers: list[tuple[Subscriber, list[str]]]
) -> list[tuple[Subscriber, list[str]]]:
    """Add the active readers who may have been told of the study that is no longer counted.

    What was certainly never handed over is cancelled: nobody is told what is known to be wrong.
    """
    earlier = [made.id for made in _about_the_same_study(session, announcement)]
    _cancel_untouched(session, earlier)
    told = session.execute(
        select(Subscriber, Message.context)
        .join(Message, Message.subscriber_id == Subscriber.id)
        .where(
            Message.announcement_id.in_(earlier),
            Message.state != MessageState.CANCELLED,
            Subscriber.state == SubscriberState.ACTIVE,
        )
        .order_by(Subscriber.id, Message.id)
    )
    everybody = {reader.id: (reader, slugs) for reader, slugs in followers}
    for reader, context in told:
        _, slugs = everybody.get(reader.id, (reader, []))
        both = {*slugs, *context["slugs"]}
        if wanted := [slug for slug in announcement.slugs if slug in both]:
            everybody[reader.id] = (reader, wanted)
    return list(everybody.values())


def _counts_again(announcement: Announcement) -> bool:
    study = announcement.content["study"]
    return study is not None and study["again"] is not None


def _about_the_same_study(session: Session, announcement: Announcement) -> Sequence[Announcement]:
    same = _about(session, announcement.content["study"]["id"])
    return [made for made in same if made.id < announcement.id]


def _about(session: Session, study_id: int) -> Sequence[Announcement]:
    """List what readers may have been told of a study."""
    same = select(Announcement).where(Announcement.content["study"]["id"].as_integer() == study_id)
    return session.scalars(same).all()


def _cancel_untouched(session: Session, announcements: Sequence[int]) -> None:
    overtaken = update(Message).where(
        Message.announcement_id.in_(announcements), Message.state.in_(_UNTOUCHED)
    )
    affected(
        session.execute(
            overtaken.values(state=MessageState.CANCELLED, reply=OVERTAKEN).execution_options(
                synchronize_session=False
            )
        )
    )


def _tell(
    session: Session,
    settings: Settings,
    announcement: Announcement,
    reader: Subscriber,
    slugs: list[str],
    at: datetime,
) -> None:
    context = {"slugs": slugs, "following": len(reader.interventions)}
    message = queue(session, settings, MessageKind.CHANGE, reader.address, context=context, at=at)
    message.subscriber_id = reader.id
    message.announcement_id = announcement.id
