import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identifiers import registries
from monitor.feeds.identifiers.canonical import registrations_in
from monitor.feeds.identifiers.registries import registry_number
from monitor.feeds.records import Identifier

WRITTEN = {
    "ACTRN12614000096651": ("ACTRN12614000096651", "ACTRN 12614000096651", "actrn:12614000096651"),
    "ChiCTR1900012345": ("ChiCTR1900012345", "ChiCTR-1900012345"),
    "ChiCTRTRC-10001234": ("ChiCTR-TRC-10001234",),
    "CTRI/2018/01/011234": ("CTRI/2018/01/011234", "CTRI / 2018/01/011234"),
    "DRKS00011685": ("DRKS00011685", "DRKS-00011685", "DRKS-ID: 00011685", "DRKS number 00011685"),
    "EudraCT 2006-006186-16": (
        "EudraCT2006-006186-16",
        "EudraCT number 2006-006186-16",
        "EudraCT No.: 2006-006186-16",
        "EudraCT/2006-006186-16",
        "Eudra-CT-Nummer 2006-006186-16",
        "EUCTR2006-006186-16-GB",
        "EU-CTR 2006-006186-16-Outside-EU/EEA",
        "EU Clinical Trials Register (EU CTR) 2006-006186-16",
    ),
    "IRCT2016031216765N3": ("IRCT2016031216765N3",),
    "jRCTS041190024": ("jRCTs041190024",),
    "KCT0001234": ("KCT0001234",),
    "NTR3149": ("NTR3149", "NTR 3149", "NTR: 3149", "NTR number 3149"),
    "PACTR201101000123456": ("PACTR201101000123456",),
    "RBR-2K9S4B": ("RBR-2k9s4b",),
    "RPCEC00000123": ("RPCEC00000123",),
    "SLCTR/2010/001": ("SLCTR/2010/001",),
    "TCTR20200101001": ("TCTR20200101001",),
    "UMIN000023506": ("UMIN000023506", "UMIN-000023506", "UMIN-CTR ID: 000023506"),
    "CTIS2022-501234-12-00": (
        "CTIS2022-501234-12-00",
        "CTIS: 2022-501234-12-00",
        "EU CT number 2022-501234-12-00",
        "EUCT 2022-501234-12-00",
        "EudraCT 2022-501234-12-00",
        "EU trial number: 2022-501234-12-00",
        "EU Clinical Trials Information System (CTIS) 2022-501234-12-00",
    ),
    "UTN U1111-1234-5678": ("U1111-1234-5678", "UTN U1111-1234-5678"),
}
FORMS = [(value, raw) for value, forms in WRITTEN.items() for raw in forms]


@pytest.mark.parametrize(("value", "raw"), FORMS)
@pytest.mark.parametrize("frame", ["{}", "Registered ({}).", "trial: {}, 2019", "“{}”; x"])
def test_a_number_is_found_in_a_text_and_has_one_form(value, raw, frame):
    assert registrations_in(frame.format(raw)) == (Identifier("registry", value),)


@pytest.mark.parametrize(("value", "raw"), [one for one in FORMS if not one[1].startswith("UTN")])
def test_a_field_that_holds_one_number_is_read(value, raw):
    assert registry_number(f" {raw} ") == Identifier("registry", value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UMINESCENCE 000023506",
        "NTR12",
        "XACTRN12614000096651",
        "ACTRN126140000966511",
        "2006-006186-16",  # a number alone may be anything
        "DRKS0001168",
        "an NTR1974a assay",
        "KCT00012345",
        "(NTR). 2010 families",
        "DRKS00000000",  # stands for a number that was not given
        "EudraCT 0000-000000-00",
        "UTN U1111-0000-0000",
        "the EU CT scans of 2006-006186-16",
        "CTIS 2022-501234-12",
    ],
)
def test_what_only_looks_like_one_is_none(text):
    assert registrations_in(text) == ()
    assert registry_number(text) is None


def test_registrations_come_in_the_order_of_the_text():
    found = registrations_in("DRKS00011685, NCT04187911, ISRCTN18308962 and again DRKS00011685")
    assert [one.value for one in found] == ["DRKS00011685", "NCT04187911", "ISRCTN18308962"]


@given(st.text(max_size=300))
def test_any_text_is_read_without_harm(text):
    for one in registrations_in(text):
        assert one.value


@given(st.sampled_from([letters for _, letters, _ in registries._FORMS]),
       st.text(alphabet="0123456789 -/:#.NSCTRXA\u00a0\u0661é", max_size=24))  # fmt: skip
def test_a_text_passed_over_names_no_number(letters, behind):
    text = f"{letters}{behind}"
    assert registries.may_be_in(text) or not list(registries.found_in(text))
