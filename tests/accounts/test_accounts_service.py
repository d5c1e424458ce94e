"""People, links and sessions on real databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.accounts import authentication, passwords, rules, service
from monitor.accounts.queries import PersonState, people
from monitor.accounts.tables import FailedSignIn, OneTimeLink, Role, SignIn, User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, MonitorError, NotFound, Unavailable

GOOD = "tortoise lamp river"
OTHER = "window fennel plum"
HASH = passwords.hash_password(GOOD)


@pytest.fixture
def ann(session, now):
    return _person(session, now, "ann@example.org", "Ann Example", Role.REVIEWER)


@pytest.fixture
def chief(session, now):
    return _person(session, now, "chief@example.org", "Chief Example", Role.ADMIN)


def _person(session, now, address, name, role):
    user, _ = service.create_user(session, address=address, name=name, role=role, by="cli", at=now)
    user.password_hash = HASH
    session.flush()
    return user


def _sign_in(session, at, address="ann@example.org", password=GOOD, remote="192.0.2.1"):
    return service.sign_in(session, address=address, password=password, remote=remote, at=at)


def _use(session, token, at, **fields):
    values = {"address": None, "name": None, "password": GOOD} | fields
    return service.use_link(session, token=token, at=at, **values)


def _first_link(session, at) -> str:
    token = service.first_admin_link(session, at)
    assert token is not None
    return token


def _actions(session):
    return list(session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq)))


# people and links


def test_a_new_person_sets_a_password_with_their_link(session, now):
    user, token = service.create_user(
        session, address="Ann@Example.org", name="Ann", role=Role.REVIEWER, by="user:1", at=now
    )
    assert (user.address, user.password_hash, user.role) == ("ann@example.org", None, Role.REVIEWER)
    assert service.check_link(session, token, now) is not None
    assert service.link_user(session, token, now) is user
    used = _use(session, token, now, name="Ann Example")
    assert used is user
    assert user.name == "Ann Example"
    assert _sign_in(session, now).user is user
    assert _actions(session) == ["user.created", "user.password_set", "user.signed_in"]
    assert audit.broken_link(session) is None


def test_a_link_works_once(session, now):
    user, token = service.create_user(
        session, address="ann@example.org", name="Ann", role=Role.REVIEWER, by="cli", at=now
    )
    _use(session, token, now)
    before = user.password_hash
    assert service.check_link(session, token, now) is None
    with pytest.raises(NotFound, match="used or has expired"):
        _use(session, token, now, password=OTHER)
    assert user.password_hash == before


def test_a_link_lasts_seven_days(session, now):
    _, token = service.create_user(
        session, address="ann@example.org", name="Ann", role=Role.REVIEWER, by="cli", at=now
    )
    assert service.check_link(session, token, now + timedelta(days=7, seconds=-1)) is not None
    assert service.check_link(session, token, now + timedelta(days=7)) is None
    assert service.check_link(session, "made up", now) is None
    assert service.link_user(session, "made up", now) is None


def test_a_refused_password_leaves_the_link_usable(session, now):
    _, token = service.create_user(
        session, address="ann@example.org", name="Ann", role=Role.REVIEWER, by="cli", at=now
    )
    with pytest.raises(InvalidInput):
        _use(session, token, now, password="password123!")
    with pytest.raises(InvalidInput):
        _use(session, token, now, name="a\x00b")
    assert service.check_link(session, token, now) is not None


def test_secrets_are_stored_as_hashes(session, now):
    _, token = service.create_user(
        session, address="ann@example.org", name="Ann", role=Role.REVIEWER, by="cli", at=now
    )
    link = session.scalars(select(OneTimeLink)).one()
    assert link.token_hash == passwords.token_hash(token)
    _use(session, token, now)
    signed = _sign_in(session, now)
    stored = session.scalars(select(SignIn)).one()
    assert stored.token_hash == passwords.token_hash(signed.token)
    ledger = [str(e.details) + e.subject for e in session.scalars(select(audit.AuditEntry))]
    assert not any(secret in line for line in ledger for secret in (token, signed.token, GOOD))
    assert not any("ann@example.org" in line for line in ledger)


def test_an_address_belongs_to_one_person(session, now, ann):
    with pytest.raises(InvalidInput, match="here already") as refused:
        service.create_user(
            session, address="ANN@example.org", name="Two", role=Role.ADMIN, by="cli", at=now
        )
    assert refused.value.field == "address"
    assert len(session.scalars(select(User)).all()) == 1  # and the session goes on


def test_a_new_link_ends_the_old_one_and_using_it_ends_sessions(session, now, ann):
    signed = _sign_in(session, now)
    old = service.new_link(session, user_id=ann.id, by="user:9", at=now)
    new = service.new_link(session, user_id=ann.id, by="user:9", at=now)
    assert service.check_link(session, old, now) is None
    _use(session, new, now, password=OTHER)
    assert service.signed_in(session, signed.token, now) is None
    assert _sign_in(session, now).token is None
    assert _sign_in(session, now, password=OTHER).token


def test_a_reset_ends_the_password_and_the_sessions_now(session, now, ann, chief):
    signed, other = _sign_in(session, now), _sign_in(session, now, address=chief.address)
    token = service.new_link(session, user_id=ann.id, by="cli", at=now)
    assert service.signed_in(session, signed.token, now) is None
    assert _sign_in(session, now).problem == service.WRONG
    assert service.signed_in(session, other.token, now) is chief, "nobody else's"
    assert {one.name: one.state for one in people(session)}[ann.name] is PersonState.RESET
    assert service.check_link(session, token, now + timedelta(minutes=59))
    assert service.check_link(session, token, now + timedelta(hours=1)) is None


def test_a_first_link_still_lives_a_week(session, now):
    user, _ = service.create_user(
        session, address="new@example.org", name="New", role=Role.REVIEWER, by="cli", at=now
    )
    token = service.new_link(session, user_id=user.id, by="cli", at=now)
    assert service.check_link(session, token, now + timedelta(days=6, hours=23))


def test_a_reset_of_the_sole_admin_lets_nobody_else_become_one(session, now, chief):
    service.new_link(session, user_id=chief.id, by="cli", at=now)
    assert service.first_admin_link(session, now) is None


def test_somebody_is_found_by_their_address(session, now, ann):
    assert service.find(session, " Ann@EXAMPLE.org ") is ann
    for nobody in ("bob@example.org", "not an address", ""):
        with pytest.raises(NotFound, match="nobody has"):
            service.find(session, nobody)


def test_another_password_ends_the_other_sessions(session, now, ann, chief):
    here, there = _sign_in(session, now).token, _sign_in(session, now).token
    theirs = _sign_in(session, now, address=chief.address).token
    link = service.new_link(session, user_id=chief.id, by="cli", at=now) and theirs
    service.change_password(
        session, user_id=ann.id, hashed=passwords.hash_password(OTHER), at=now, stays=here
    )
    assert service.signed_in(session, here, now) is ann
    assert service.signed_in(session, there, now) is None
    assert _sign_in(session, now).token is None
    assert _sign_in(session, now, password=OTHER).token
    assert link


def test_people_see_and_end_their_own_sessions_only(session, now, ann, chief):
    here, there = _sign_in(session, now).token, _sign_in(session, now, remote="192.0.2.9").token
    theirs = _sign_in(session, now, address=chief.address).token
    mine = authentication.sessions(session, ann.id, here, now)
    assert [(one.is_this, one.remote) for one in mine] == [
        (True, "192.0.2.1"),
        (False, "192.0.2.9"),
    ]
    foreign = authentication.sessions(session, chief.id, None, now)[0].key
    for key in (foreign, "", "%", mine[0].key[:5]):
        with pytest.raises(NotFound):
            authentication.end_session(session, user_id=ann.id, key=key, at=now)
    authentication.end_session(session, user_id=ann.id, key=mine[1].key, at=now)
    assert service.signed_in(session, there, now) is None
    assert service.signed_in(session, here, now) == ann
    assert service.signed_in(session, theirs, now) is chief
    assert len(authentication.sessions(session, ann.id, here, now)) == 1
    assert authentication.sessions(session, ann.id, here, now + timedelta(hours=1)) == []


def test_tries_sent_at_once_are_counted_one_by_one(session, now, ann):
    asked = [
        authentication.challenge(session, address=ann.address, remote="192.0.2.1", at=now)
        for _ in range(rules.TRIES + 5)
    ]
    told = [
        authentication.conclude(session, one, right=number > rules.TRIES, at=now).problem
        for number, one in enumerate(asked)
    ]
    assert told == [service.WRONG] * rules.TRIES + [service.THROTTLED] * 5


def test_a_password_ended_while_it_was_compared_opens_nothing(session, now, ann):
    asked = authentication.challenge(session, address=ann.address, remote="192.0.2.1", at=now)
    assert authentication.is_right(asked, GOOD)
    service.new_link(session, user_id=ann.id, by="cli", at=now)
    assert authentication.conclude(session, asked, right=True, at=now).problem == service.WRONG


def test_claimed_addresses_are_told_apart_and_limited_together(session, now, ann):
    def tries(claimed):
        remote = f"192.0.2.1 for {claimed}" if claimed else "192.0.2.1"
        return _sign_in(session, now, password=OTHER, remote=remote)

    for _ in range(rules.TRIES):
        assert tries("203.0.113.66").problem == service.WRONG
    assert tries("203.0.113.66").throttled
    assert _sign_in(session, now, remote="192.0.2.1 for 198.51.100.7").token, "the owner"
    for number in range(rules.TRIES_OF_A_PEER - rules.TRIES):
        assert tries(f"198.51.100.{number + 20}").problem == service.WRONG
    assert tries("198.51.100.99").throttled, "whatever is claimed, there is a limit"
    assert _sign_in(session, now, remote="192.0.2.11 for 198.51.100.7").token, "another connection"


def test_hashes_run_few_at_once(monkeypatch):
    running, most = [], []

    class Slow:
        def hash(self, password):
            running.append(1)
            most.append(len(running))
            threading.Event().wait(0.02)
            running.pop()
            return password

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    threads = [threading.Thread(target=passwords.hash_password, args=("x",)) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 7
    assert max(most) <= 2


def test_too_many_hashes_are_refused_not_queued(monkeypatch):
    monkeypatch.setattr(passwords, "_ROOM", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "_PATIENCE", 0.01)
    with passwords._turn(), pytest.raises(Unavailable):
        passwords.matches(GOOD, None)


def test_no_link_for_nobody(session, now, ann, chief):
    with pytest.raises(NotFound):
        service.new_link(session, user_id=999, by="cli", at=now)
    service.disable_user(session, user_id=ann.id, by="cli", at=now)
    with pytest.raises(Conflict, match="disabled"):
        service.new_link(session, user_id=ann.id, by="cli", at=now)


# the first admin


def test_the_first_admin_comes_by_link(session, now):
    token = _first_link(session, now)
    assert service.check_link(session, token, now) is not None
    assert service.link_user(session, token, now) is None
    chief = _use(session, token, now, address="Chief@Example.org", name="Chief Example")
    assert (chief.role, chief.address) == (Role.ADMIN, "chief@example.org")
    assert service.first_admin_link(session, now) is None
    assert service.check_link(session, token, now) is None


def test_only_the_newest_first_admin_link_works(session, now):
    old, new = _first_link(session, now), _first_link(session, now)
    assert service.check_link(session, old, now) is None
    assert service.check_link(session, new, now) is not None


def test_an_invited_admin_is_no_admin_yet(session, now):
    service.create_user(
        session, address="a@example.org", name="A", role=Role.ADMIN, by="cli", at=now
    )
    assert service.first_admin_link(session, now)


def test_a_first_admin_link_dies_with_the_first_admin(session, now):
    token = _first_link(session, now)
    _, invited = service.create_user(
        session, address="a@example.org", name="A", role=Role.ADMIN, by="cli", at=now
    )
    _use(session, invited, now)
    assert service.check_link(session, token, now) is None
    with pytest.raises(NotFound):
        _use(session, token, now, address="evil@example.org", name="Evil")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"address": None, "name": "A"}, "address"),
        ({"address": "nobody", "name": "A"}, "address"),
        ({"address": "a@example.org", "name": None}, "name"),
        ({"address": "a@example.org", "name": "A", "password": "short"}, "password"),
        ({"address": "ann@example.org", "name": "A"}, "address"),
    ],
)
def test_a_first_admin_gives_address_name_and_password(session, now, ann, fields, field):
    token = _first_link(session, now)
    with pytest.raises(InvalidInput) as refused:
        _use(session, token, now, **fields)
    assert refused.value.field == field
    assert service.check_link(session, token, now) is not None


def test_one_link_makes_one_first_admin(database, now):
    with database.write() as session:
        token = _first_link(session, now)
    outcomes = _at_once(
        database,
        [
            lambda session, n=n: _use(session, token, now, address=f"a{n}@example.org", name="A")
            for n in range(2)
        ],
    )
    assert sorted(isinstance(o, User) for o in outcomes) == [False, True]
    with database.read() as session:
        assert len(session.scalars(select(User)).all()) == 1


def _at_once(database, works):
    """Run each work in its own write transaction, at the same time; give results or errors."""
    outcomes, barrier = [], threading.Barrier(len(works))

    def run(work):
        barrier.wait()
        try:
            with database.write() as session:
                outcomes.append(work(session))
        except MonitorError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# signing in


def test_signing_in_and_out(session, now, ann):
    result = _sign_in(session, now, address=" Ann@EXAMPLE.org ")
    assert (result.user, result.problem) == (ann, None)
    assert service.signed_in(session, result.token, now) is ann
    service.sign_out(session, result.token, now)
    assert service.signed_in(session, result.token, now) is None
    service.sign_out(session, result.token, now)
    service.sign_out(session, "made up", now)
    assert _actions(session)[-2:] == ["user.signed_in", "user.signed_out"]


def test_each_session_has_its_own_token(session, now, ann):
    one, two = _sign_in(session, now), _sign_in(session, now)
    assert one.token != two.token
    service.sign_out(session, one.token, now)
    assert service.signed_in(session, two.token, now) is ann


def test_every_wrong_try_gets_the_same_sentence_and_is_kept(session, now, ann, chief):
    service.disable_user(session, user_id=ann.id, by="cli", at=now)
    service.create_user(
        session, address="new@example.org", name="New", role=Role.REVIEWER, by="cli", at=now
    )
    tries = [
        _sign_in(session, now),  # disabled, right password
        _sign_in(session, now, address="chief@example.org", password=OTHER),
        _sign_in(session, now, address="nobody@example.org"),
        _sign_in(session, now, address="new@example.org"),  # no password yet
        _sign_in(session, now, address="not an address\x00"),
        _sign_in(session, now, address="chief@example.org", password=""),
        _sign_in(session, now, address="chief@example.org", password="x" * 100_000),
        _sign_in(session, now, address="chief@example.org", password="\ud800"),
    ]
    assert {(t.token, t.user, t.problem) for t in tries} == {(None, None, service.WRONG)}
    kept = session.scalars(select(FailedSignIn.address).order_by(FailedSignIn.id)).all()
    assert len(kept) == len(tries)
    assert kept[4] == "(not an address)"


def test_a_failed_try_is_committed(database, now):
    with database.write() as session:
        _sign_in(session, now)
    with database.read() as session:
        assert len(session.scalars(select(FailedSignIn)).all()) == 1


def test_guessing_is_slowed_per_account_and_remote(session, now, ann, chief):
    for _ in range(rules.TRIES):
        session.add(FailedSignIn(address=ann.address, remote="192.0.2.1", at=now))
    session.flush()
    held = _sign_in(session, now)
    assert (held.token, held.problem, held.throttled) == (None, service.THROTTLED, True)
    assert _sign_in(session, now, remote="192.0.2.2").token  # the owner, from elsewhere
    assert _sign_in(session, now, address=chief.address).token
    assert _sign_in(session, now + rules.TRIES_WITHIN).token


def test_the_last_free_try_still_counts(session, now, ann):
    for _ in range(rules.TRIES - 1):
        session.add(FailedSignIn(address=ann.address, remote="192.0.2.1", at=now))
    session.flush()
    assert _sign_in(session, now, password=OTHER).problem == service.WRONG
    assert _sign_in(session, now).throttled


def test_the_ledger_tells_of_wrong_tries_and_once_of_too_many(session, now, ann):
    for _ in range(rules.TRIES + 5):
        _sign_in(session, now, password=OTHER)
    _sign_in(session, now, address="nobody@example.org")
    kept = session.scalars(
        select(audit.AuditEntry)
        .where(audit.AuditEntry.action.startswith("sign_in"))
        .order_by(audit.AuditEntry.seq)
    ).all()
    told = [(one.action, one.subject) for one in kept]
    mine = [("sign_in.failed", f"user:{ann.id}")] * rules.TRIES
    assert told == [
        *mine,
        ("sign_in.throttled", f"user:{ann.id}"),
        ("sign_in.failed", "user:unknown"),
    ]
    assert {one.actor for one in kept} == {"stranger"}
    assert {one.details["remote"] for one in kept} == {"192.0.2.1"}
    assert "nobody@example.org" not in str([(one.subject, one.details) for one in kept])


def test_an_unknown_address_is_slowed_alike(session, now):
    for _ in range(rules.TRIES):
        session.add(FailedSignIn(address="x@example.org", remote="192.0.2.1", at=now))
    session.flush()
    assert _sign_in(session, now, address="x@example.org").problem == service.THROTTLED


def test_an_outdated_hash_is_renewed(session, now, ann):
    from argon2 import PasswordHasher

    ann.password_hash = PasswordHasher(time_cost=1, memory_cost=8192).hash(GOOD)
    assert _sign_in(session, now).token
    assert not passwords.outdated(ann.password_hash)


# sessions


def test_a_session_ends_after_30_idle_minutes(session, now, ann):
    token = _sign_in(session, now).token
    assert service.signed_in(session, token, now + timedelta(minutes=29)) is ann
    assert service.signed_in(session, token, now + timedelta(minutes=58)) is ann
    assert service.signed_in(session, token, now + timedelta(minutes=88)) is None


def test_a_session_ends_after_12_hours(session, now, ann):
    token, at = _sign_in(session, now).token, now
    while at < now + timedelta(hours=12) - timedelta(minutes=20):
        at += timedelta(minutes=20)
        seen = service.signed_in(session, token, at)
        assert (seen is ann) is (at < now + timedelta(hours=12))
    assert service.signed_in(session, token, now + timedelta(hours=12)) is None


def test_being_seen_is_written_at_most_once_a_minute(session, now, ann):
    token = _sign_in(session, now).token
    row = session.scalars(select(SignIn)).one()
    service.signed_in(session, token, now + timedelta(seconds=59))
    assert row.last_seen_at == now
    service.signed_in(session, token, now + timedelta(seconds=60))
    assert row.last_seen_at == now + timedelta(seconds=60)


def _last_seen(session, token, at):
    started = authentication.started(session, token)
    assert started is not None
    seen, again = started.at(at), started.at(at)
    assert seen is not None
    assert again is not None
    assert seen.user is not again.user, "each request has its own"
    assert started.at(at + timedelta(minutes=30)) is None, "as it was read: idle by then"
    return seen.last_seen_at


def test_when_a_session_was_last_used(session, now, ann):
    token = _sign_in(session, now).token
    assert _last_seen(session, token, now) == now
    later = now + timedelta(minutes=5)
    service.signed_in(session, token, later)
    assert _last_seen(session, token, later) == later
    assert authentication.started(session, "made up") is None


def test_a_made_up_token_is_nobody(session, now, ann):
    _sign_in(session, now)
    assert service.signed_in(session, "", now) is None
    assert service.signed_in(session, "made up", now) is None


def test_disabling_ends_sessions_and_links_at_once(session, now, ann, chief):
    signed = _sign_in(session, now)
    link = service.new_link(session, user_id=ann.id, by="cli", at=now)
    service.disable_user(session, user_id=ann.id, by="user:1", at=now)
    assert service.signed_in(session, signed.token, now) is None
    assert service.check_link(session, link, now) is None
    assert _sign_in(session, now).token is None
    again = service.disable_user(session, user_id=ann.id, by="user:1", at=now + timedelta(days=1))
    assert again.disabled_at == now


def test_the_last_admin_stays(session, now, ann, chief):
    with pytest.raises(Conflict, match="last admin"):
        service.disable_user(session, user_id=chief.id, by="cli", at=now)
    other = _person(session, now, "two@example.org", "Two", Role.ADMIN)
    service.disable_user(session, user_id=chief.id, by="cli", at=now)
    with pytest.raises(Conflict, match="last admin"):
        service.disable_user(session, user_id=other.id, by="cli", at=now)
    with pytest.raises(NotFound):
        service.disable_user(session, user_id=999, by="cli", at=now)


def test_two_admins_cannot_disable_each_other_at_once(database, now):
    with database.write() as session:
        ids = [_person(session, now, f"a{n}@example.org", "A", Role.ADMIN).id for n in range(2)]
    outcomes = _at_once(
        database,
        [
            lambda session, i=i: service.disable_user(session, user_id=i, by="cli", at=now)
            for i in ids
        ],
    )
    assert sorted(isinstance(o, User) for o in outcomes) == [False, True]


# the page of people


def test_people_are_listed_by_name_without_secrets(session, now, ann, chief):
    service.create_user(
        session, address="b@example.org", name="bob", role=Role.COMMISSIONER, by="cli", at=now
    )
    _sign_in(session, now + timedelta(hours=1))
    _sign_in(session, now + timedelta(hours=2))
    service.disable_user(session, user_id=ann.id, by="cli", at=now + timedelta(hours=3))
    listed = people(session)
    assert [(p.name, p.state, p.last_seen_at) for p in listed] == [
        ("Ann Example", PersonState.DISABLED, now + timedelta(hours=2)),
        ("bob", PersonState.INVITED, None),
        ("Chief Example", PersonState.ACTIVE, None),
    ]
    assert "argon2" not in str(listed)
