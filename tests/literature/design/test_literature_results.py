"""Which sentences of an abstract state a result, to be quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.design.result_sentences import result_sentences

ATTACHED = "Attachment security was higher in the programme group (d = 0.4)."
STRESS = "RESULTS: Parenting stress did not differ between the groups."


@pytest.mark.parametrize(
    ("abstract", "found"),
    [
        (f"We enrolled 40 mothers. {STRESS} {ATTACHED}", [ATTACHED, STRESS]),
        ("The aim was to reduce stress. We hypothesised that sensitivity would improve.", []),
        ("Programmes may improve attachment. More trials are needed.", []),
        ("RESULTS: Effects previously seen were not found, p = .4.", None),
        ("", []),
        (None, []),
    ],
)
def test_what_was_found_is_told_from_what_was_hoped_for(abstract, found):
    expected = [abstract] if found is None else found
    assert list(result_sentences(abstract)) == expected


@given(st.text(alphabet="attachment differs p=0.1. RESULTS:\n", max_size=400))
def test_a_sentence_is_given_as_it_stands(abstract):
    assert all(one in abstract for one in result_sentences(abstract))
