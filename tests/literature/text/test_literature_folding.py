from hypothesis import example, given
from hypothesis import strategies as st

from monitor.literature.text.folding import Folded, fold

TEXTS = st.text(max_size=60) | st.text(
    alphabet=" ,-–'’&éßﬁİ\u0301\u00ad\u200f\x00\ud800ab®™²½한글中", max_size=40
)


@given(TEXTS)
@example(" , a ,  & b")
@example("½ , ﬁ")
def test_every_folded_character_leads_back_to_the_one_it_came_from(text):
    folded = Folded.of(text)
    assert len(folded.offsets) == len(folded.text)
    assert all(0 <= offset < len(text) for offset in folded.offsets)
    assert list(folded.offsets) == sorted(folded.offsets)


@given(TEXTS)
def test_the_slow_way_and_the_fast_way_fold_alike(text):
    """Words cut out by their offsets fold to the folded text they were found at."""
    folded = Folded.of(text)
    for start in range(len(folded.text)):
        if folded.text[start] == " ":
            continue
        first, after = folded.span(start, start + 1)
        assert folded.text[start] in " and " + fold(text[first:after])


@given(TEXTS)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(TEXTS, TEXTS)
def test_folded_text_has_single_spaces_and_no_unseen_characters(one, other):
    folded = fold(f"{one}\t\n{other}")
    assert "  " not in folded
    assert folded == folded.strip()
    assert "\x00" not in folded


def test_what_folding_is_for():
    same = [
        "Watch, Wait & Wonder®",
        "watch,  wait and WONDER",
        "Watch\u00a0, Wait\u2011and\u2010Wonder\u2122",
        "Wa\u00adtch, Wait and Wónder",
    ]
    assert {fold(text) for text in same} == {"watch, wait and wonder"}
    assert fold("Parents’ view") == "parents view"
    assert fold("Theraplay² and Theraplay") == "theraplay and theraplay"


def test_a_span_takes_the_combining_marks_of_its_last_letter():
    text = "cafe\u0301 au lait"
    folded = Folded.of(text)
    assert folded.text == "cafe au lait"
    assert text[slice(*folded.span(0, 4))] == "cafe\u0301"
