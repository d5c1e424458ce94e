"""RoB 2: every reachable combination of answers, against a table written down a second time."""

import itertools

import pytest

from monitor.catalogue import loader
from monitor.kernel.errors import InvalidInput
from monitor.review.reading.tools import asked, judge_domain, judge_overall

TOOL = loader.load().tool("rob2")
DOMAINS = {domain.id: domain for domain in TOOL.domains}
YES, NO = {"Y", "PY"}, {"N", "PN"}
ORDER = ["low", "some concerns", "high"]


def d1(a):
    if a["1.2"] in NO:
        return "high"
    if a["1.2"] == "NI":
        return "high" if a["1.3"] in YES else "some concerns"
    if a["1.1"] in NO:
        return "some concerns"
    return "some concerns" if a["1.3"] in YES else "low"


def d2(a):
    if a["2.1"] in NO and a["2.2"] in NO:
        first = "low"
    elif a["2.3"] not in YES:
        first = "low" if a["2.3"] in NO else "some concerns"
    elif a["2.4"] in NO or a["2.5"] in YES:
        first = "some concerns"
    else:
        first = "high"
    late = "some concerns" if a.get("2.7") in NO else "high"
    return max(first, "low" if a["2.6"] in YES else late, key=ORDER.index)


def d3(a):
    if a["3.1"] in YES or a.get("3.2") in YES or a.get("3.3") in NO:
        return "low"
    return "some concerns" if a["3.4"] in NO else "high"


def d4(a):
    if a["4.1"] in YES or a["4.2"] in YES:
        return "high"
    if a["4.3"] in NO or a.get("4.4") in NO:
        return "low" if a["4.2"] in NO else "some concerns"
    return "some concerns" if a["4.5"] in NO else "high"


def d5(a):
    if a["5.2"] in YES or a["5.3"] in YES:
        return "high"
    return "low" if a["5.1"] in YES and {a["5.2"], a["5.3"]} <= NO else "some concerns"


def reachable(domain):
    """Every way through a domain: an answer to what is asked, and nothing else."""
    ways: list[dict[str, str]] = [{}]
    while True:
        following = []
        for way in ways:
            unanswered = [q.id for q in asked(domain, way) if q.id not in way]
            if unanswered:
                following += [{**way, unanswered[0]: answer} for answer in TOOL.answers]
        if not following:
            return ways
        done = [w for w in ways if not [q for q in asked(domain, w) if q.id not in w]]
        ways = done + following


@pytest.mark.parametrize(("name", "table"), list({"D1": d1, "D2": d2, "D3": d3, "D4": d4, "D5": d5}.items()))  # fmt: skip
def test_every_reachable_combination_is_judged_as_published(name, table):
    ways = reachable(DOMAINS[name])
    assert len(ways) >= 25
    for way in ways:
        assert judge_domain(TOOL, DOMAINS[name], way) == table(way), way


def test_over_all_the_worst_domain_counts_and_numbers_do_not():
    for combination in itertools.product(ORDER, repeat=5):
        worst = max(combination, key=ORDER.index)
        assert judge_overall(TOOL, dict(zip(DOMAINS, combination, strict=True))) == worst


def test_answers_to_what_is_not_asked_are_not_heard():
    answers = {"3.1": "Y", "3.2": "N", "3.3": "Y", "3.4": "Y"}
    assert judge_domain(TOOL, DOMAINS["D3"], answers) == "low"


@pytest.mark.parametrize(
    ("answers", "named"), [({"3.1": "N"}, "3.2"), ({"3.1": "maybe"}, "3.1"), ({}, "3.1")]
)
def test_a_half_filled_domain_says_what_is_missing(answers, named):
    with pytest.raises(InvalidInput, match=rf"^{named}:"):
        judge_domain(TOOL, DOMAINS["D3"], answers)
