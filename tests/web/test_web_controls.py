"""Form controls are remembered by all that they were asked for, and by nothing that somebody typed."""

import pytest
from markupsafe import Markup

from monitor.web import controls


@pytest.fixture
def told():
    """What the macro was asked for, and a control that remembers it."""
    asked = []

    def macro(what):
        asked.append(what)
        return f"{len(asked)}: {what}"

    return asked, controls._remembering(macro)


def boxes(text, *, checked=False):
    return {"name": "often", "items": [{"text": text, "checked": checked}]}


def test_the_very_same_is_given_again(told):
    asked, control = told
    assert control(boxes("a")) == control(boxes("a"))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (boxes("a"), boxes("b")),
        (boxes("a"), boxes("a", checked=True)),
        (boxes("<b>"), boxes(Markup("<b>"))),
        (boxes("1"), boxes(1)),
        (boxes("1", checked=1), boxes("1", checked=True)),
        ({"items": ["a", "b"]}, {"items": [["a", "b"]]}),
        ({"hint": None}, {"hint": ""}),
        ({"hint": {"text": "a"}}, {"label": {"text": "a"}}),
    ],
)
def test_what_differs_in_anything_is_asked_anew(told, one, other):
    asked, control = told
    control(one)
    control(other)
    assert asked == [one, other]


def test_what_somebody_typed_or_what_cannot_be_told_apart_is_never_kept(told):
    asked, control = told
    for what in ({"name": "email", "value": "anna@reader.example"}, boxes(object())):
        control(what)
        control(what)
    assert len(asked) == 4


def test_controls_are_written_as_their_macros_write_them():
    box = controls.nhsuk()["checkboxes"]
    first, again = box(boxes("<i> & co")), box(boxes("<i> & co"))
    assert first == again
    assert "&lt;i&gt; &amp; co" in first
    assert "checked" not in first
    assert "checked" in box(boxes("<i> & co", checked=True))
