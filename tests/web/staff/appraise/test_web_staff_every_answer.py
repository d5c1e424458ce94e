"""Every field of a reading can be typed: its step shows it, and reads back what it shows."""

import types
import typing
from enum import StrEnum

import pytest
from by_pages import address  # type: ignore[import-not-found]  # beside this file
from lxml import html

from monitor.catalogue.words import ArmRole, Unit
from monitor.review import service as review
from monitor.review.reading.model import Arm, Reading, ReadingPart, ReadingResult, Risk
from monitor.web.forms import Problems, Typed
from monitor.web.staff.appraising import reading_forms

_APART = {"version", "key"}  # which no one types
_OF_KIND: dict[type, object] = {bool: True, int: 1, float: 0.5}


def answered(model, **given):
    """Give a part in which every field is answered, read off its declaration."""
    values = dict(given)
    for name, field in model.model_fields.items():
        if name in given or name in _APART:
            continue
        kinds = typing.get_args(field.annotation) or (field.annotation,)
        (kind,) = (kind for kind in kinds if kind is not types.NoneType)
        if kind in _OF_KIND:
            values[name] = _OF_KIND[kind]
        elif issubclass(kind, StrEnum):
            values[name] = next(iter(kind))
        elif issubclass(kind, ReadingPart):
            values[name] = answered(kind)
        else:
            assert kind is str, f"say here how {name} is answered"
            values[name] = f"the {name}"
    return model(**values)


# A group that is compared with has no intervention of the ten, or no class of its own; the
# questions about a cluster are asked where clusters were randomised; the tools' have own pages.
_ARMS = (
    answered(Arm, key="a1", intervention="ddp", comparator=None),
    answered(Arm, key="a2", role=ArmRole.COMPARATOR, intervention=""),
)
_RESULT = answered(ReadingResult, key="r1", experimental="a1", comparator="a2", risk=Risk())
WHOLE = answered(Reading, unit=Unit.CLUSTERS, arms=_ARMS, results=(_RESULT,))
EMPTY = Reading(arms=(Arm(key="a1"), Arm(key="a2")), results=(ReadingResult(key="r1"),))


@pytest.fixture
def shown(world, browse):
    """Give what the form of a step holds as its page is opened, of a draft with every answer."""
    browser = browse(world.ann)
    with world.database.write() as session:
        review.keep_draft(
            session,
            study_id=world.studies["ddp2"],
            by=world.ann,
            reading=WHOLE,
            version=0,
            at=world.at,
        )

    def of_step(step):
        page = html.fromstring(browser.get(address(world, "ddp2", step)).text)
        (form,) = (form for form in page.iter("form") if form.get("class") == "gm-appraise")
        assert isinstance(form, html.FormElement)
        return Typed(form.form_values())

    return of_step


def test_every_answer_about_the_study_is_shown_and_read_back(shown):
    problems = Problems()
    read = reading_forms.study_of(shown(""), EMPTY, problems)
    others = {"arms": EMPTY.arms, "results": EMPTY.results}
    assert (read, problems.of) == (WHOLE.model_copy(update=others), {})


def test_every_answer_about_the_groups_is_shown_and_read_back(shown):
    problems = Problems()
    read = reading_forms.arms_of(shown("/groups"), EMPTY, problems)
    assert (read.arms, problems.of) == (WHOLE.arms, {})


def test_every_answer_about_a_result_is_shown_and_read_back(shown):
    problems = Problems()
    read = reading_forms.result_of(shown("/results/r1"), EMPTY, "r1", problems)
    assert (read.results, problems.of) == (WHOLE.results, {})
