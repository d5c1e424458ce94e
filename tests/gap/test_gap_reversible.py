"""What was undone and done again leaves the same bytes: a state hangs on what counts, not on how it came so."""

import json

from monitor.catalogue.words import FindingDirection
from monitor.feeds.records import LinkKind
from monitor.gap import history
from monitor.review.service import AlertOutcome

F = FindingDirection
SLUGS = ("cos", "ddp")
# Each of four studies goes forth and back, in orders that cross; it ends as it began.
WALK = (0, 2, 3, 1, 2, 0, 1, 2, 0, 3, 0, 2)


class Walk:
    """Two trials of each: one is withdrawn, one retracted, one of another of the ten, one judged otherwise."""

    def __init__(self, chronicle):
        self.chronicle = chronicle
        self.studies = [
            chronicle.counted("cos", direction=F.FAVOURS),
            chronicle.counted("cos", direction=F.NO_DIFFERENCE),
            chronicle.counted("ddp", direction=F.FAVOURS),
            chronicle.counted("ddp", direction=F.NO_DIFFERENCE),
        ]
        self.gone = [False] * 4

    def step(self, number):
        self.gone[number] = not self.gone[number]
        go = (self.withdrawn, self.retracted, self.of_another, self.judged_otherwise)[number]
        go(self.studies[number], self.gone[number])

    def withdrawn(self, study, yes):
        if yes:
            self.chronicle.withdrawn(study)
        else:
            self.chronicle.judged_anew(study, "cos", direction=F.FAVOURS)

    def retracted(self, study, yes):
        if yes:
            self.chronicle.said(study, LinkKind.RETRACTED_BY)
        else:
            self.chronicle.unsaid(study)
            (alert,) = self.chronicle.alerts()
            self.chronicle.settle(alert, AlertOutcome.COUNT_AGAIN)

    def of_another(self, study, yes):
        self.chronicle.judged_anew(study, "cos" if yes else "ddp", direction=F.FAVOURS)

    def judged_otherwise(self, study, yes):
        direction = F.FAVOURS_COMPARISON if yes else F.NO_DIFFERENCE
        self.chronicle.judged_anew(study, "ddp", direction=direction)


def kept(chronicle):
    """The bytes of the states, and the grades, of both."""
    states = {slug: chronicle.state(slug).to_dict() for slug in SLUGS}
    return json.dumps(states), [chronicle.grade(slug) for slug in SLUGS]


def test_the_state_hangs_on_what_counts_and_how_it_is_judged_and_on_nothing_else(chronicle):
    walk = Walk(chronicle)
    seen = {tuple(walk.gone): kept(chronicle)}
    for number in WALK:
        walk.step(number)
        now = kept(chronicle)
        assert seen.setdefault(tuple(walk.gone), now) == now, walk.gone
        for slug in SLUGS:  # and worked out anew it is the same
            anew = history.state_at(chronicle.session, chronicle.catalogue, slug, chronicle.now)
            assert anew.to_dict() == chronicle.state(slug).to_dict()
    assert not any(walk.gone)
    # and hardly two tell the same: one where trials disagree either way
    assert len({repr(each) for each in seen.values()}) >= len(seen) - 1


def test_an_expression_of_concern_flags_and_changes_no_grade(chronicle):
    study = chronicle.counted("cos", direction=F.NO_DIFFERENCE)
    before = kept(chronicle)
    chronicle.said(study, LinkKind.CONCERN_IN)
    assert [alert.kind for alert in chronicle.alerts()] == [LinkKind.CONCERN_IN]
    assert kept(chronicle) == before
