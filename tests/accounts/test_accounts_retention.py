"""What is let go of, and what stays. On each kind of database."""

from datetime import timedelta

import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.accounts import queries, retention
from monitor.accounts.tables import FailedSignIn, FormDraft, OneTimeLink, Role, SignIn


def _sign_in(session, user, name, started, ended=None):
    session.add(
        SignIn(
            token_hash=name,
            user_id=user.id,
            started_at=started,
            last_seen_at=started,
            ended_at=ended,
        )
    )


def test_what_is_over_for_long_goes_and_what_is_asked_for_stays(session, now):
    ada = rows.person(session, "Ada", Role.ADMIN, at=now)
    ben = rows.person(session, "Ben", at=now)
    day = timedelta(days=1)
    _sign_in(session, ada, "long over", now - 40 * day, now - 40 * day)
    _sign_in(session, ada, "left open", now - 31 * day)
    _sign_in(session, ada, "ended lately", now - 3 * day, now - 3 * day)
    _sign_in(session, ada, "going on", now)
    _sign_in(session, ben, "his first", now - 400 * day)
    _sign_in(session, ben, "his last", now - 300 * day)
    for name, made, used in (
        ("used", 60, 59),
        ("expired", 60, None),
        ("used lately", 60, 2),
        ("good", 1, None),
    ):
        session.add(
            OneTimeLink(
                token_hash=name,
                user_id=ada.id,
                created_at=now - made * day,
                expires_at=now - (made - 7) * day,
                used_at=now - used * day if used else None,
            )
        )
    for hours in (0, 0.2, 23, 25, 24 * 90):
        session.add(FailedSignIn(address="a", remote="r", at=now - timedelta(hours=hours)))
    session.flush()
    assert retention.drop_old(session, at=now) == 3 + 2 + 2
    session.expire_all()
    assert set(session.scalars(select(SignIn.token_hash))) == {
        "ended lately",
        "going on",
        "his last",
    }
    assert set(session.scalars(select(OneTimeLink.token_hash))) == {"used lately", "good"}
    assert len(session.scalars(select(FailedSignIn.id)).all()) == 3
    seen = {one.name: one.last_seen_at for one in queries.people(session)}
    assert seen == {"Ada": now, "Ben": now - 300 * day}
    assert retention.drop_old(session, at=now) == 0


def test_what_was_typed_and_never_sent_goes_after_a_quarter_of_a_year(session, now):
    ada = rows.person(session, "Ada", Role.ADMIN, at=now)
    for place, days in (("/old", 91), ("/lately", 89)):
        at = now - timedelta(days=days)
        session.add(FormDraft(user_id=ada.id, place=place, fields=[["a", "b"]], kept_at=at))
    session.flush()
    assert retention.drop_old(session, at=now) == 1
    assert session.scalars(select(FormDraft.place)).all() == ["/lately"]
