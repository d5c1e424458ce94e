"""RoB 2 for clusters, ROBINS-I, JBI: every way through, against tables written down a second time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.shapes.tools import ASKED
from monitor.catalogue.words import Design, RiskOfBias
from monitor.kernel.errors import InvalidInput
from monitor.review.reading.tools import (
    OVERALL,
    Judged,
    ToolAnswer,
    asked,
    design_for_tool,
    judge_domain,
    problems,
    risk_for_grading,
    stand,
)

CATALOGUE = loader.load()
YES, NO = {"Y", "PY"}, {"N", "PN"}
RISING = ["low", "moderate", "serious", "critical"]


# RoB 2 for cluster-randomised trials, read off the published text a second time
def d1(a):
    if a["1a.2"] in NO or (a["1a.2"] == "NI" and a["1a.3"] in YES):
        return "high"
    sure = a["1a.2"] in YES and a["1a.1"] not in NO and a["1a.3"] not in YES
    return "low" if sure else "some concerns"


def d1b(a):
    if a["1b.1"] in YES:
        return "low"
    doubt = {"Y": 2, "PY": 2, "NI": 1, "PN": 0, "N": 0}[a["1b.2"]] + (a["1b.3"] in YES)
    return ["low", "some concerns", "high", "high"][doubt]


def d2(a):
    unaware = a["2.2"] in NO and (a["2.1a"] in NO or a["2.1b"] in NO)
    if unaware or a["2.3"] in NO:
        first = 0
    elif a["2.3"] == "NI":
        first = 1
    elif a["2.4"] in NO:
        first = None  # the write-ups differ: the reviewer judges
    else:
        first = 1 if a["2.5"] in YES else 2
    second = 0 if a["2.6"] in YES else 1 if a["2.7"] in NO else 2
    if first is None:
        return "high" if second == 2 else ASKED
    return ["low", "some concerns", "high"][max(first, second)]


def d3(a):
    if a["3.1a"] in YES and a["3.1b"] in YES:
        return "low"
    if a["3.2"] in YES or a["3.3"] in NO:
        return "low"
    return "some concerns" if a["3.4"] in NO else "high"


def d4(a):
    if a["4.1"] in YES or a["4.2"] in YES:
        return "high"
    least = "low" if a["4.2"] in NO else "some concerns"
    if any(a.get(name) in NO for name in ("4.3a", "4.3b", "4.4")):
        return least
    return "some concerns" if a["4.5"] in NO else "high"


def d5(a):
    picked = {a["5.2"], a["5.3"]}
    if picked & YES:
        return "high"
    return "some concerns" if "NI" in picked or a["5.1"] not in YES else "low"


# ROBINS-I V2: what two transcriptions of its drawings agree on
def v1(a):
    hinted = a["1.4"] in YES
    if a["1.1"] in {"SN", "NI"}:
        return "critical" if hinted else "serious"
    if a["1.3"] in YES:
        return "critical" if hinted else "serious" if a["1.2"] in YES else ASKED
    if a["1.2"] in {"SN", "NI"}:
        return "serious"
    clean = a["1.1"] in YES and a["1.2"] in YES and not hinted
    return "low except for uncontrolled confounding" if clean else ASKED


def v2(a):
    weight = {"SY": 2, "WY": 1, "NI": 1, "PN": 0, "N": 0}
    last = a["2.5"] not in NO
    if "2.3" not in a and a["2.4"] == "SY" and not last:
        return ASKED  # transcriptions of the drawing differ
    if "2.3" not in a or a["2.3"] in NO:
        steps = weight[a["2.4"]] + (2 if "2.3" in a else 0)
        return RISING[min(3, steps + (last if steps < 3 else 0))]
    if a["2.4"] == "SY":
        return "critical" if last else ASKED
    if a["2.3"] == "SY" or a["2.4"] not in NO:
        return ASKED
    return "serious" if last else "moderate"


def v3(a):
    panel_a = {"SN": 2, "WN": 1, "NI": 1}.get(a["3.1"], int(a.get("3.2") in YES))
    if a["3.3"] not in YES or a["3.4"] not in YES:
        panel_b = int("NI" in {a["3.3"], a.get("3.4")})
    else:
        panel_b = 2 if a["3.5"] in YES else 1
    worst = max(panel_a, panel_b)
    if worst < 2:
        return RISING[worst]
    if a["3.6"] in YES or a["3.7"] in YES:
        return "moderate"
    return "critical" if a["3.8"] in YES else "serious"


def v4(a):
    if all(a[name] in YES for name in ("4.1", "4.2", "4.3")) or a.get("4.5") in NO:
        return "low"
    if "4.5" not in a and "4.8" in a and a["4.8"] not in YES:
        return ASKED
    handled = a["4.6"] if "4.6" in a else a["4.9"] if "4.9" in a else a["4.10"]
    if handled in YES:
        return ASKED if "4.6" in a else "low"
    return RISING[(2 if handled == "SN" else 1) + (a["4.11"] in NO)]


def v5(a):
    if a["5.1"] in YES or a.get("5.3") == "SY":
        return "serious"
    return "moderate" if a["5.1"] == "NI" or a.get("5.3") in {"WY", "NI"} else "low"


def v6(a):
    if a["6.1"] in YES:
        return "low"
    picked = [a[name] for name in ("6.2", "6.3", "6.4")]
    times, unknown = sum(one in YES for one in picked), picked.count("NI")
    if times:
        return "critical" if times > 1 else "serious"
    return "serious" if unknown == 3 else "moderate" if unknown else "low"


def r1(a):
    return "low" if a["1.1"] in NO else ASKED


def ways(tool, domain):
    """Every way through a domain; Y stands for PY and N for PN from the fourth question on."""

    def onwards(way):
        left = [q for q in asked(domain, way) if q.id not in way]
        if not left:
            yield way
            return
        answers = tool.answers_to(left[0])
        for answer in answers if len(way) < 3 else [x for x in answers if x not in {"PY", "PN"}]:
            yield from onwards({**way, left[0].id: answer})

    return onwards({})


TABLES = {
    "rob2_cluster": {"D1": d1, "D1b": d1b, "D2": d2, "D3": d3, "D4": d4, "D5": d5},
    "robins_i_v2": {"D1": v1, "D2": v2, "D3": v3, "D4": v4, "D5": v5, "D6": v6},
    "robins_i": {"D1": r1},
}


@pytest.mark.parametrize(
    ("name", "domain"), [(name, domain) for name, table in TABLES.items() for domain in table]
)
def test_every_reachable_combination_is_judged_as_written_down(name, domain):
    tool = CATALOGUE.tool(name)
    shape = next(one for one in tool.domains if one.id == domain)
    table, tried = TABLES[name][domain], 0
    for way in ways(tool, shape):
        tried += 1
        wanted = table(way)
        if wanted == ASKED:
            with pytest.raises(InvalidInput, match=f"^{domain}: .*judge it yourself"):
                judge_domain(tool, shape, way)
        else:
            assert judge_domain(tool, shape, way) == wanted, way
    assert tried >= 25


def test_where_no_rule_is_published_the_reviewer_judges_and_is_guided():
    tool = CATALOGUE.tool("robins_i")
    shape = next(one for one in tool.domains if one.id == "D3")
    answers = {"3.1": "Y", "3.2": "N", "3.3": "NI"}
    found = next(part for part in stand(tool, answers).domains if part.id == "D3")
    assert (found.computed, found.judgement, found.by_reviewer) == (None, None, True)
    assert found.missing == ("D3",)
    assert found.against == ("3.2", "3.3")
    with pytest.raises(InvalidInput, match="judge it yourself"):
        judge_domain(tool, shape, answers)
    settled = stand(tool, answers, {"D3": Judged("moderate")})
    assert next(part for part in settled.domains if part.id == "D3").judgement == "moderate"


LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "PN", "2.6": "Y", "3.1": "PY",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
ROB2 = CATALOGUE.tool("rob2")


def test_a_draft_says_what_is_asked_and_what_is_missing():
    found = stand(ROB2, {"1.1": "Y", "2.1": "Y", "9.9": "Y", "3.1": "maybe"})
    assert found.tool == "rob2@2019-08"
    assert [q.id for q in found.asked] == [
        "1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.6", "3.1", "4.1", "4.2", "5.1", "5.2", "5.3",
    ]  # fmt: skip
    assert found.missing[:3] == ("1.2", "1.3", "2.2")
    assert "3.1" in found.missing
    assert (found.overall.judgement, found.risk, found.complete) == (None, None, False)
    assert OVERALL not in found.missing, "the tool judges it, once all is answered"
    assert not found.overall.by_reviewer


def test_a_whole_appraisal_is_judged_with_the_words_that_evidence_is_graded_by():
    found = stand(ROB2, LOW)
    assert [part.judgement for part in found.domains] == ["low"] * 5
    assert (found.overall.judgement, found.risk) == ("low", RiskOfBias.LOW)
    worse = stand(ROB2, {**LOW, "1.1": "N"})
    assert (worse.overall.judgement, worse.risk) == ("some concerns", RiskOfBias.SOME_CONCERNS)
    assert worse.overall.against == ("D1",)
    assert not problems(ROB2, LOW)


def test_an_override_needs_a_reason_and_the_computed_judgement_stays_readable():
    raised = {OVERALL: Judged("high", " ")}
    answers = {**LOW, "1.1": "N"}
    found = stand(ROB2, answers, raised)
    assert (found.overall.computed, found.overall.judgement) == ("some concerns", "high")
    assert found.overall.overridden
    assert [problem.field for problem in problems(ROB2, answers, raised)] == [OVERALL]
    assert not problems(ROB2, answers, {OVERALL: Judged("high", "three domains add up")})
    assert not problems(ROB2, answers, {OVERALL: Judged("some concerns")}), "no departure"
    domain = {"D1": Judged("low")}
    (problem,) = problems(ROB2, answers, domain)
    assert problem.message == "D1: the tool's own judgement is some concerns: say why it is low"
    assert stand(ROB2, answers, domain).overall.computed == "low"


def test_all_problems_are_told_at_once():
    answers = {"1.1": "maybe", "1.2": "Y", "7.1": "Y"}
    found = problems(ROB2, answers, {"D9": Judged("low"), "D2": Judged("splendid")})
    fields = [problem.field for problem in found]
    assert fields[:4] == ["1.1", "7.1", "D9", "D2"]
    assert fields.count("1.1") == 1
    assert {"1.3", "2.1", "2.2", "2.6"} < set(fields)
    assert "1.3: is asked and has no answer" in [problem.message for problem in found]


def test_an_answer_carries_its_words_and_their_place():
    quoted = {
        name: ToolAnswer(value, "families drew lots", "page 4") for name, value in LOW.items()
    }
    assert stand(ROB2, quoted) == stand(ROB2, LOW)


def test_a_checklist_judges_no_risk_and_the_reviewer_decides():
    tool = CATALOGUE.tool("jbi_case_series")
    answers = {str(number): "yes" for number in range(1, 11)}
    found = stand(tool, {**answers, "4": "unclear", "5": "not applicable"})
    assert found.missing == (OVERALL,)
    assert found.domains[0].against == ("4", "5")
    settled = stand(tool, answers, {OVERALL: Judged("include")})
    assert (settled.overall.judgement, settled.risk, settled.complete) == ("include", None, True)
    told = [problem.message for problem in problems(tool, answers, {"checklist": Judged("low")})]
    assert told == [
        "checklist: 'low' is none of nothing: this tool does not judge its parts",
        "overall: is asked and has no judgement",
    ]


def test_the_screening_of_robins_i_v2_ends_the_matter():
    tool = CATALOGUE.tool("robins_i_v2")
    found = stand(tool, {"B1": "N", "B2": "PY"})
    assert (found.overall.judgement, found.domains, found.complete) == ("critical", (), True)
    assert found.screening
    assert not found.screening.by_reviewer
    going_on = stand(tool, {"B1": "N", "B2": "N", "B3": "N"})
    assert len(going_on.domains) == 6
    assert going_on.overall.judgement is None
    assert [q.id for q in stand(tool, {"B1": "Y"}).asked][:2] == ["B1", "B3"]


def test_no_information_decides_only_where_nothing_is_serious():
    tool = CATALOGUE.tool("robins_i")
    answers = {
        "1.1": "N", "2.1": "N", "2.4": "Y", "3.1": "Y", "3.2": "Y", "3.3": "N", "4.1": "N",
        "5.1": "Y", "5.2": "N", "5.3": "N", "6.1": "N", "6.2": "N", "6.3": "Y", "6.4": "N",
        "7.1": "N", "7.2": "N", "7.3": "N",
    }  # fmt: skip
    words = {f"D{number}": Judged("moderate") for number in range(2, 8)}
    assert stand(tool, answers, words).overall.judgement == "moderate"
    unknown = {**words, "D5": Judged("no information")}
    found = stand(tool, answers, unknown)
    assert (found.overall.judgement, found.risk) == ("no information", None)
    serious = stand(tool, answers, {**unknown, "D6": Judged("serious")})
    assert (serious.overall.judgement, serious.risk) == ("serious", RiskOfBias.SERIOUS)


def test_the_best_of_robins_i_v2_is_not_a_high_quality_study():
    tool = CATALOGUE.tool("robins_i_v2")
    best = "low except for uncontrolled confounding"
    assert risk_for_grading(tool, best) is RiskOfBias.MODERATE
    assert risk_for_grading(tool, None) is None


def test_todays_designs_have_their_tool():
    asked_for = {
        (design, cluster): CATALOGUE.tool_for[design_for_tool(design, by_cluster=cluster)]
        for design in Design
        for cluster in (False, True)
    }
    assert asked_for[Design.RANDOMISED, False] == "rob2"
    assert design_for_tool(Design.RANDOMISED) is design_for_tool(
        Design.RANDOMISED, by_cluster=False
    )
    assert asked_for[Design.RANDOMISED, True] == "rob2_cluster"
    assert {asked_for[Design.NON_RANDOMISED, cluster] for cluster in (False, True)} == {"robins_i"}
    assert asked_for[Design.CASE, False] == "jbi_case_series"


@given(st.data())
def test_probably_is_heard_as_its_plain_answer(data):
    tool = data.draw(st.sampled_from([tool for tool in CATALOGUE.tools.values() if tool.meanings]))
    plain = {"PY": "Y", "PN": "N"}
    answers = {
        question.id: data.draw(st.sampled_from(tool.answers_to(question)))
        for domain in tool.domains
        for question in domain.questions
    }
    plainly = {name: plain.get(answer, answer) for name, answer in answers.items()}
    changed = {  # where a question has no plain yes, there is only the one to give
        question.id: answers[question.id]
        for domain in tool.domains
        for question in domain.questions
        if plainly[question.id] not in tool.answers_to(question)
    }
    one, other = stand(tool, answers), stand(tool, {**plainly, **changed})
    assert [part.computed for part in one.domains] == [part.computed for part in other.domains]
    assert one.missing == other.missing


@given(st.data())
def test_a_form_filled_in_any_way_is_always_answered_and_never_loses_what_was_said(data):
    tool = data.draw(st.sampled_from(list(CATALOGUE.tools.values())))
    answers: dict[str, str] = {}
    found = stand(tool, answers)
    while questions := [q for q in found.asked if q.id not in answers]:
        question = data.draw(st.sampled_from(questions))
        answers[question.id] = data.draw(st.sampled_from(tool.answers_to(question)))
        found = stand(tool, answers)
        assert set(found.missing).isdisjoint(answers)
    assert {problem.field for problem in problems(tool, answers)} == set(found.missing)
    judged = {
        name: Judged(data.draw(st.sampled_from(tool.judgements)), "so it is")
        for name in found.missing
        if name != OVERALL
    }
    settled = stand(tool, answers, judged)
    if settled.missing:
        assert settled.missing == (OVERALL,)
        judged[OVERALL] = Judged(data.draw(st.sampled_from(tool.overall_words)))
        settled = stand(tool, answers, judged)
    assert settled.complete
    assert settled.overall.judgement in tool.overall_words
    assert not problems(tool, answers, judged)
