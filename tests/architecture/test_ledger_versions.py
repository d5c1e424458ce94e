"""Every version of what ledgers keep as JSON is read for ever: one example of each in tests/ledger.

A field that is added or changed makes a new version and a new file; these tests fail until both
are there. The files of earlier versions are never edited.
"""

import json
import re
from itertools import product
from pathlib import Path

import pytest
from letters import claimed, read  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue.words import FindingDirection
from monitor.gap.states import VERSION as STATE_VERSION
from monitor.gap.states import State
from monitor.gap.wording import tier_words
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import parse
from monitor.notify.announcements import content
from monitor.notify.tables import MessageKind
from monitor.notify.writing import rendering
from monitor.review import rules
from monitor.review.reading.model import VERSION as READING_VERSION
from monitor.review.reading.model import ReadingPart, from_json, interventions, to_json
from monitor.review.reading.summary import reading_of_facts
from monitor.review.words import DecisionVerdict
from monitor.web.public.studies import chain

_ONCE_NEW = {"participants", "uk", "developer_led"}
KEPT = Path(__file__).resolve().parents[1] / "ledger"
NEWEST = {
    "decision": rules.FACTS_VERSION,
    "reading": READING_VERSION,
    "state": STATE_VERSION,
    "content": content.VERSION,
}


def examples(kind):
    return [
        pytest.param(one, id=f"{path.stem}-{number}")
        for path in sorted(KEPT.glob(f"{kind}-*.json"))
        for number, one in enumerate(json.loads(path.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize("kind", NEWEST)
def test_there_is_an_example_of_every_version(kind):
    found = {int(path.stem.rpartition("-")[2]) for path in KEPT.glob(f"{kind}-*.json")}
    assert found == set(range(1, NEWEST[kind] + 1))


@pytest.mark.parametrize("kept", examples("decision"))
def test_facts_of_every_version_are_read(kept):
    facts, verdict = kept["facts"], DecisionVerdict(kept["verdict"])
    told = chain._words(facts)
    assert all(told.values())
    direction = rules.direction_of(facts)
    assert direction in {FindingDirection.NO_DIFFERENCE, None}
    if verdict is not DecisionVerdict.EXCLUDE:
        read = rules.from_facts(facts)
        assert read.interventions == tuple(facts["interventions"])
        assert read.participants == 188
        assert [one.outcome for one in reading_of_facts(facts).results if one.outcome]


def test_a_field_that_a_version_did_not_have_is_not_known():
    (first, *_) = json.loads((KEPT / "decision-1.json").read_text(encoding="utf-8"))
    older = {name: value for name, value in first["facts"].items() if name not in _ONCE_NEW}
    read = rules.from_facts(older)
    assert (read.participants, read.uk, read.developer_led) == (None, None, None)


def test_facts_of_a_later_version_are_refused_with_the_remedy():
    (first, *_) = json.loads((KEPT / "decision-2.json").read_text(encoding="utf-8"))
    with pytest.raises(ConfigError, match="install that version again"):
        rules.from_facts(first["facts"] | {"version": rules.FACTS_VERSION + 1})


def test_what_is_written_today_has_the_shape_of_the_newest_example():
    """Add a field to ``Judgement``, and this asks for a new version and its file."""
    (first, *_) = json.loads(
        (KEPT / f"decision-{rules.FACTS_VERSION}.json").read_text(encoding="utf-8")
    )
    names = set(rules.Judgement.__slots__)
    beside = {"version", "differences", "label", "papers", "said"}
    beside |= {"reading", "round", "consensus", "how", "because"}
    assert set(first["facts"]) == names | beside
    assert set(first["facts"]["said"][0]["judgement"]) == names
    assert set(rules.versioned({})) == {"version"}


@pytest.mark.parametrize("kept", examples("reading"))
def test_readings_of_every_version_are_read_and_lose_no_answer(kept):
    """As handed in by the pages of that version: whole, of a decision before readings, not counted."""
    read = from_json(kept)
    assert to_json(read) == kept | {"version": READING_VERSION}
    assert reading_of_facts({"reading": kept}) == read
    assert interventions(read) in {("ddp",), ("cos",)}


def test_a_reading_of_a_later_version_is_refused_with_the_remedy():
    with pytest.raises(ConfigError, match="install that version again"):
        from_json({"version": READING_VERSION + 1})


def given(value):
    """Name every field that stands in a reading, each with its part."""
    if isinstance(value, ReadingPart):
        yield from (f"{type(value).__name__}.{name}" for name in value.model_fields_set)
        value = [getattr(value, name) for name in value.model_fields_set]
    elif isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, tuple):
        return
    for inner in value:
        yield from given(inner)


def test_every_field_of_a_reading_stands_in_the_newest_examples():
    """Add a field to a part of a reading, and this asks for a new version and its file."""
    newest = json.loads((KEPT / f"reading-{READING_VERSION}.json").read_text(encoding="utf-8"))
    declared = {
        f"{part.__name__}.{name}"
        for part in ReadingPart.__subclasses__()
        for name in part.model_fields
    }
    assert {name for kept in newest for name in given(from_json(kept))} == declared


def test_the_second_version_of_a_reading_added_one_field():
    """A field written into the file of a version that never had it would pass as no new version."""
    first = json.loads((KEPT / "reading-1.json").read_text(encoding="utf-8"))
    second = json.loads((KEPT / "reading-2.json").read_text(encoding="utf-8"))
    before, after = (
        {n for kept in some for n in given(from_json(kept))} for some in (first, second)
    )
    assert (after - before, before - after) == ({"Reported.as_printed"}, set())


@pytest.mark.parametrize("kept", examples("state"))
def test_states_of_every_version_are_read(kept):
    read = State.from_dict(kept)
    assert tier_words(read) == "weak for now; may become intermediate"
    assert read.to_dict() == {"said": None, "shows": [], "certainty": {}, "use": None} | kept | {
        "version": STATE_VERSION
    }


def written(kept, tmp_path, now):
    settings = parse({"web": {"public_url": "https://monitor.example.org"}}, folder=tmp_path)
    context = {"slugs": ["cos"], "following": 1}
    change = claimed(MessageKind.CHANGE, at=now, context=context, content=kept)
    return rendering.render(change, settings, b"a secret of tests, 32 bytes long")


@pytest.mark.parametrize("kept", examples("content"))
def test_a_mail_of_every_version_is_still_written(kept, tmp_path, now):
    mail = written(kept, tmp_path, now).decode()
    assert "Circle of Security" in mail
    assert "https://monitor.example.org/changes/12" in mail
    for doubt in (kept["study"] or {}).get("doubts", []):
        # quoted-printable breaks lines, so its first words stand for it
        assert doubt[:30] in mail


@pytest.mark.parametrize("kept", examples("content"))
def test_a_mail_of_every_version_holds_states_of_every_version(kept, tmp_path, now):
    """Contents and states are numbered apart: any may stand in any."""
    states = [example.values[0] for example in examples("state")]
    for before, after in product([None, *states], states):
        changes = [change | {"before": before, "after": after} for change in kept["changes"]]
        letter = read(written(kept | {"changes": changes}, tmp_path, now))
        subject, plain = letter.message["Subject"], letter.text
        assert "tier" in subject
        for said in (subject, plain):
            assert not re.search(r"\bNone\b(?! to go)|Undefined", said)


def test_todays_mail_has_the_shape_of_the_newest_example():
    (first, *_) = json.loads((KEPT / f"content-{content.VERSION}.json").read_text(encoding="utf-8"))
    assert first["version"] == content.VERSION
    assert {*content._FACTS} <= set(first["study"])
