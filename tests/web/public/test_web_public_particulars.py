"""What a public study page tells of money, place and harms: all of it, the unknown as unknown."""

from monitor.catalogue.words import ArmRole, ComparatorClass, Harms
from monitor.review.reading.model import Arm, Independence, Reading
from monitor.web.public.studies.particulars import NOT_KNOWN, particulars

NAMES = {"cos": "Circle of Security"}


def said(lines):
    return {line.name: line.value for line in lines}


def test_what_nobody_has_looked_for_is_not_known_and_never_left_out():
    told = particulars(Reading(arms=(Arm(key="a1"),)), NAMES)
    (group,) = told.groups
    lines = (*told.study, *told.developers, *group.lines)
    assert {line.value for line in lines} == {NOT_KNOWN}
    assert {"Funder", "Declared interests", "Harms", "Country", "Setting"} <= said(
        told.study
    ).keys()
    assert len(told.developers) == 4
    assert group.name == "A group"


def test_what_is_known_is_told_in_words():
    reading = Reading(
        country="Norway",
        uk=False,
        setting="Child health clinics",
        ages="0 to 3",
        funder="An invented council",
        interests="None declared",
        harms=Harms.NONE_REPORTED,
        harms_note="Asked at each visit",
        independence=Independence(authored=True, sold=False),
        arms=(
            Arm(
                key="a1",
                role=ArmRole.EXPERIMENTAL,
                intervention="cos",
                variant="COS-P",
                delivery="health visitors, at home",
                dose="8 weekly sessions",
                randomised=60,
                by_developers=False,
            ),
            Arm(
                key="a2",
                role=ArmRole.COMPARATOR,
                name="Usual care",
                comparator=ComparatorClass.USUAL_CARE,
            ),
        ),
    )
    told = particulars(reading, NAMES)
    study, developers = said(told.study), said(told.developers)
    assert (study["Country"], study["Done in the UK"]) == ("Norway", "No")
    assert study["Harms"] == "Looked for, and none is reported: Asked at each visit"
    assert (study["Funder"], study["Declared interests"]) == (
        "An invented council",
        "None declared",
    )
    assert developers == {
        "Among the authors": "Yes",
        "Trained or supervised the staff": NOT_KNOWN,
        "Funded it": NOT_KNOWN,
        "Sell the programme": "No",
    }
    one, other = told.groups
    assert one.name == "Circle of Security, COS-P"
    assert said(one.lines) == {
        "People": "60 people",
        "Given by, and where": "health visitors, at home",
        "How much": "8 weekly sessions",
        "Given by the developers": "No",
    }
    assert other.name.startswith("Usual care")
    assert other.name.endswith("(compared with)")


def test_three_words_for_harms():
    told = {one: said(particulars(Reading(harms=one), NAMES).study)["Harms"] for one in Harms}
    assert told[Harms.NOT_SOUGHT] == "Not looked for"
    assert len(set(told.values())) == 3
