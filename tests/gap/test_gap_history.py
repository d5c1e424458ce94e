"""How things stood at any past moment: as the ledger told it, and by any policy. Both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor import workflow
from monitor.catalogue import drafts
from monitor.catalogue.words import Direction, EffectType, FindingDirection, Tier
from monitor.gap import history, queries
from monitor.gap.explaining import explained, rule_lines
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.review.reading.model import Reported

F = FindingDirection
SECOND = timedelta(seconds=1)


def under(chronicle, *names):
    return drafts.named(chronicle.catalogue, names)


def _regraded(chronicle, catalogue, at):
    service = replace(chronicle.service, catalogue=catalogue)
    workflow.publish_baseline(chronicle.session, service, at=at)


@pytest.fixture
def told(chronicle):
    """A trial of no difference of COS, and two trials that favour DDP; then one is withdrawn."""
    chronicle.published = chronicle.now
    chronicle.studies = [
        chronicle.counted("cos", direction=F.NO_DIFFERENCE),
        chronicle.counted("ddp", direction=F.FAVOURS),
        chronicle.counted("ddp", direction=F.FAVOURS),
    ]
    chronicle.all_counted = chronicle.now
    chronicle.withdrawn(chronicle.studies[2])
    return chronicle


def test_every_moment_worked_out_anew_is_what_the_ledger_told_then(told):
    session, catalogue = told.session, told.catalogue
    for slug in catalogue.slugs:
        for at in history.moments(session, slug):
            anew = history.state_at(session, catalogue, slug, at)
            assert anew == history.told_at(session, slug, at)
    assert len(history.moments(session, "ddp")) == 4
    assert len(history.moments(session, "vipp")) == 1
    # and sees what was known then, and nothing later
    just_before = told.all_counted - SECOND
    for at, studies in (
        (told.published, (1, 2)),
        (just_before, (2, 3)),
        (told.all_counted, (3, 4)),
        (told.now, (2, 3)),
    ):
        assert history.state_at(session, catalogue, "ddp", at).studies == studies
    assert history.told_at(session, "ddp", told.published - SECOND) is None
    assert history.began(session) == told.published


def test_before_anything_was_entered_history_has_not_begun(session):
    assert history.began(session) is None


def test_another_policy_tells_the_same_studies_otherwise_and_writes_nothing(told):
    session = told.session
    entries = audit.count(session)
    votes = under(told, "grading/2023-1", "gap/2023-2")
    now = history.state_at(session, told.catalogue, "cos", told.now)
    then = history.state_at(session, votes, "cos", told.now)
    assert now.direction is Direction.POSITIVE_THEN_LITTLE
    assert (then.direction, then.said, then.shows) == (Direction.MIXED, None, ())
    found = [
        one
        for slug in told.catalogue.slugs
        for one in history.differences(session, told.catalogue, votes, slug)
    ]
    cos = [one for one in found if one.slug == "cos"]
    parts = {part.what: (part.before, part.after) for part in cos[-1].parts}
    assert parts["headline"] == (
        "positive to 2021, little or no difference since",
        "mixed",
    )
    assert "tier" not in parts
    assert {one.at for one in cos} <= set(history.moments(session, "cos"))
    assert audit.count(session) == entries
    same = history.differences(session, told.catalogue, told.catalogue, "cos")
    assert list(same) == []


def test_a_ledger_graded_by_votes_is_told_by_them_and_tried_under_pools(told):
    """The other way round; and a policy that is gone is named."""
    session, pools = told.session, told.catalogue
    votes, at = under(told, "grading/2023-1", "gap/2023-2"), told.later()
    _regraded(told, votes, at)
    assert history.in_force_at(session, pools, "cos", at).grading.version == "2023-1"
    earlier = history.in_force_at(session, pools, "cos", at - SECOND)
    assert earlier.grading.version == pools.grading.version
    found = {one.at: one for one in history.differences(session, votes, pools, "cos")}
    assert set(found) == {at}  # before it was graded by pools already
    parts = {part.what: part.after for part in found[at].parts}
    assert parts["headline"] == "positive to 2021, little or no difference since"
    change = queries.newest(session, "cos")
    assert change
    assert change.cause_kind == "policy"
    said = explained.undone_by(session, pools, change)
    assert said == "It came from no study, so none would undo it."

    newest = queries.newest_gap(session, "cos")
    assert newest
    newest.policy = "2099-1"
    session.flush()
    with pytest.raises(NotFound, match="no gap policy '2099-1'; there are 2023-1"):
        history.in_force_at(session, pools, "cos", told.now)


def test_a_state_is_explained_by_its_rules_and_what_it_hangs_on(told):
    why = explained.explain_state(told.session, told.catalogue, "cos", told.now)
    words = " ".join(why.decided)
    assert f"the line for strong of grading policy {told.catalogue.grading.version}" in words
    assert "“little or no difference”, since its 95 % interval" in words
    assert "lies between −δ and δ" in words
    assert "the review’s “generally positive” and “little or no difference”" in words
    assert why.hangs_on == (
        "Without Author1 2026, the headline would be “generally positive” (now “positive to 2021, "
        "little or no difference since”) and the gap would be “under-used” (now "
        "“under-used, read with care”)."
    )
    assert why.next_tier == "There is no tier above strong: more studies cannot raise it."
    assert why.next_label == ""

    why = explained.explain_state(told.session, told.catalogue, "ddp", told.now)
    assert why.state.tier is Tier.WEAK
    assert why.next_tier == (
        "1 more sound randomised trial would settle the tier as intermediate: now it may become "
        "intermediate."
    )

    # and each change says which smallest set of studies would undo it
    session, catalogue = told.session, told.catalogue
    newest, second, first = queries.changes(session, slug="ddp")
    assert explained.undone_by(session, catalogue, first).startswith("Without Author")
    assert "this would not have changed" in explained.undone_by(session, catalogue, second)
    assert explained.undone_by(session, catalogue, newest) == (
        "Without the one study since the review that counts, this would have changed all the same."
    )
    (baseline,) = [one for one in queries.baseline(session) if one.slug == "ddp"]
    assert explained.undone_by(session, catalogue, baseline) == ""


def test_an_unsettled_label_says_how_many_people_would_settle_it(chronicle):
    small = Reported(type=EffectType.SMD, effect=0.1, n_i=50, n_c=50, quote="Invented.")
    study = chronicle.counted("www", reported=small)
    why = explained.explain_state(chronicle.session, chronicle.catalogue, "www", chronicle.now)
    assert why.state.shows[0].words == "not settled"
    # h = 1.96·√(.04 + .1²/200) = .392; it settles once below .1: 100·((.392/.1)² − 1) more
    assert why.next_label == (
        "About 1,500 more people at this spread would settle the findings for children’s attachment, "
        "against usual care or the like, as “little or no difference” if the estimate stays "
        "where it is."
    )
    assert why.moves_most == ()
    assert "holds 0 and reaches beyond δ or −δ" in " ".join(why.decided)
    told = list(rule_lines.told(why.findings[0], chronicle.catalogue.synthesis.delta))
    assert told[0].startswith(
        "for children’s attachment, against usual care or the like: not settled"
    )
    assert "100% of the weight; chosen: all randomised" in told[1]
    chronicle.withdrawn(study)
    why = explained.explain_state(chronicle.session, chronicle.catalogue, "www", chronicle.now)
    assert (why.next_label, why.findings) == ("", ())
    assert why.hangs_on.startswith("No study since the review counts here, so none can fall away")
