from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.notify.readers.tokens import Purpose, confirm_token, unsubscribe_token, verify

SECRET = b"s" * 32


@given(st.binary(min_size=32, max_size=32), st.uuids())
def test_a_token_of_ours_gives_its_uuid_back(secret, uuid):
    token = unsubscribe_token(secret, str(uuid))
    assert verify(secret, Purpose.UNSUBSCRIBE, token) == str(uuid)


@given(st.uuids())
def test_a_token_serves_one_purpose(uuid):
    assert verify(SECRET, Purpose.CONFIRM, unsubscribe_token(SECRET, str(uuid))) is None
    assert verify(SECRET, Purpose.UNSUBSCRIBE, confirm_token(SECRET, str(uuid))) is None


def test_another_services_token_is_nothing_here():
    token = unsubscribe_token(b"t" * 32, str(uuid4()))
    assert verify(SECRET, Purpose.UNSUBSCRIBE, token) is None


@pytest.mark.parametrize("place", range(0, 64, 7))
def test_one_changed_character_spoils_it(place):
    token = confirm_token(SECRET, str(uuid4()))
    other = "A" if token[place] != "A" else "B"
    assert verify(SECRET, Purpose.CONFIRM, token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "token", ["", "A" * 64, "A" * 63 + "\n", "é" * 64, "../" * 21 + "a", "A" * 10**5]
)
def test_nonsense_is_refused_quietly(token):
    assert verify(SECRET, Purpose.UNSUBSCRIBE, token) is None


@given(st.text(max_size=80))
def test_no_text_makes_it_raise(token):
    assert verify(SECRET, Purpose.UNSUBSCRIBE, token) is None


def test_tokens_fit_a_url_and_do_not_show_the_secret():
    token = unsubscribe_token(SECRET, str(UUID(int=0)))
    assert len(token) == 64
    assert token.replace("-", "").replace("_", "").isalnum()
