"""What the registries are asked for ICP: every form of a word, since they know no "adopt*"."""

import re

import pytest

from monitor.catalogue import loader
from monitor.demo.dialects import searches
from monitor.demo.dialects.expressions import Document

ICP = loader.load().intervention("icp")
# every text of a record, as the stand-ins hand it over; ages stand in a field of their own
AREAS = {"StdAge": ("ages",)}


def _found(registry: str, text: str) -> bool:
    query = ICP.queries[registry]
    read = searches.clinicaltrials if registry == "clinicaltrials" else searches.isrctn
    return read(query, AREAS, {})(Document({"text": text, "ages": "CHILD"}, {}))


@pytest.mark.parametrize("registry", ["clinicaltrials", "isrctn"])
@pytest.mark.parametrize(
    "whom",
    ["adopted children", "adoptive parents of a child", "children after adoption", "child adoptees",
     "foster children", "fostered children", "looked-after children", "looked after children",
     "children in care", "a child's attachment", "children in kinship care"],
)  # fmt: skip
@pytest.mark.parametrize("name", [*ICP.full_forms[:4], "child and adolescent psychotherapy", "psychodynamic psychotherapy"])  # fmt: skip
def test_every_form_of_a_word_is_asked_for(registry, whom, name):
    assert _found(registry, f"{name.capitalize()} for {whom}")


@pytest.mark.parametrize("registry", ["clinicaltrials", "isrctn"])
@pytest.mark.parametrize(
    "text",
    ["Psychodynamic psychotherapy for adults with depression", "Play for adopted children",
     "Child psychotherapy for enuresis"],
)  # fmt: skip
def test_others_are_not(registry, text):
    assert not _found(registry, text)


@pytest.mark.parametrize("registry", ["clinicaltrials", "isrctn"])
def test_the_trial_that_is_known_by_its_own_name_is_asked_for(registry):
    assert _found(registry, "TIGA-CUB: a feasibility trial")


def test_both_registries_are_asked_for_the_same_words():
    asked = [
        {word.strip('"') for word in re.findall(r'"[^"]+"|\b[a-z]+\b', ICP.queries[registry])}
        for registry in ("clinicaltrials", "isrctn")
    ]
    assert asked[1] - asked[0] == {"child", "children", "childhood"}
    assert asked[0] <= asked[1]
