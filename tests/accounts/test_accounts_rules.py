"""Addresses, names, passwords: pure."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from processors import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    assert_leaves_the_pages_processor,
    told_apart,
)

from monitor.accounts import passwords, rules
from monitor.kernel.errors import InvalidInput

START = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann@Example.ORG ", "ann@example.org"),
        ("ann+gap@exämple.org", "ann+gap@xn--exmple-cua.org"),
    ],
)
def test_an_address_is_kept_in_one_form(typed, kept):
    assert rules.check_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "ann@localhost",
        "a@b.org, c@d.org",
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org\x00",
        '"a b"@example.org',
        "Ann <ann@example.org>",
        "ä@example.org",
        "\ud800@example.org",
        f"{'a' * 300}@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(InvalidInput) as refused:
        rules.check_address(typed)
    assert refused.value.field == "address"


@given(st.text())
@example("\ud800")
def test_any_text_is_an_address_or_refused(typed):
    try:
        kept = rules.check_address(typed)
    except InvalidInput:
        return
    assert rules.check_address(kept) == kept


def test_a_name_has_its_white_space_collapsed():
    assert rules.check_name("  Ann \n Example ") == "Ann Example"


@pytest.mark.parametrize("typed", ["", "  ", "a\x00b", "a\u202eb", "x" * 101])
def test_what_is_no_name_is_refused(typed):
    with pytest.raises(InvalidInput) as refused:
        rules.check_name(typed)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    "good",
    [
        "four plain words here",
        "tortoise-lamp-river",
        "x9$kQ2!vB7#z",
        "pass the password to nobody",
        "naïve café ☕ window",
        "zq" * 3 + "plum fennel " * 16,  # 198 characters
    ],
)
def test_a_password_nobody_guesses_first_is_taken(good):
    rules.check_password(good, common=passwords.common(), about=("ann@example.org", "Ann Example"))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "short words",
        "x" * 201,
        "password123!",
        "P4ssword-2024",
        "P@$$w0rd2024!",
        "passwordpassword",
        "PASSWORDPASSWORD",
        "123456789012",
        "210987654321",
        "aaaaaaaaaaaa",
        "abcdefghijkl",
        "abcabcabcabc",
        "qwertyuiop12",
        "............",
        "theraplay2024",
        "ann.example!!",
        "Ann Example 2026",
        "a\ud800 lone surrogate",
    ],
)
def test_a_password_guessed_first_is_refused(bad):
    about = ("ann.example@example.org", "Ann Example")
    with pytest.raises(InvalidInput) as refused:
        rules.check_password(bad, common=passwords.common(), about=about)
    assert refused.value.field == "password"


@given(st.text(max_size=250))
def test_checking_a_password_never_fails_otherwise(password):
    with contextlib.suppress(InvalidInput):
        rules.check_password(password, common=passwords.common())
        assert 12 <= len(password) <= 200


@given(st.sampled_from(sorted(passwords.common())), st.integers(0, 9999))
def test_a_common_word_with_digits_is_guessable(word, number):
    assert rules.guessable(f"{word}{number}", common=passwords.common())


def test_the_bundled_list_is_folded():
    words = passwords.common()
    assert len(words) > 19_000
    assert all(word == word.casefold() for word in words)


@pytest.mark.parametrize(
    "leaked",
    [
        "1q2w3e4r5t6y",  # whole, digits and letters in turn
        "1qaz2wsx3edc",
        "trustno1",
        "trustno1!!!!",
        "2026 manchester",
        "!!liverpool2026",
        "iloveyou123456",
        "L1verp00l 2024",
        "qwertyuiop[]",
        "Sunshine-Sunshine",
    ],
)
def test_what_leaked_is_guessable_however_decorated(leaked):
    assert rules.guessable(leaked, common=passwords.common())


@pytest.mark.parametrize(
    "good",
    ["sunshine over manchester", "tortoise lamp river", "4 dragons at breakfast", "wwwhxkqpzzvb"],
)
def test_common_words_within_others_are_not(good):
    assert not rules.guessable(good, common=passwords.common())


@pytest.mark.parametrize(
    ("age", "idle", "alive"),
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(hours=11, minutes=59), timedelta(minutes=29), True),
        (timedelta(hours=12), timedelta(0), False),
        (timedelta(hours=1), timedelta(minutes=30), False),
    ],
)
def test_a_session_ends_idle_or_old(age, idle, alive):
    at = START + timedelta(days=1)
    assert rules.session_alive(started_at=at - age, last_seen_at=at - idle, at=at) is alive


@told_apart
def test_pages_keep_their_processor_while_a_password_is_hashed():
    assert_leaves_the_pages_processor(lambda: passwords.hash_password("an invented password"))
    assert_leaves_the_pages_processor(lambda: passwords.matches("an invented password", None))


@pytest.mark.real_hashes
def test_a_hash_is_argon2id_and_salted():
    one, two = (
        passwords.hash_password("same words twice"),
        passwords.hash_password("same words twice"),
    )
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != two
    assert passwords.matches("same words twice", one)
    assert not passwords.matches("same words twicf", one)


@pytest.mark.real_hashes
def test_nobody_costs_as_much_as_somebody():
    # the same parameters: verifying against nobody is the same work
    assert not passwords.outdated(passwords._NOBODY)
    assert not passwords.matches("anything at all", None)


@pytest.mark.real_hashes
def test_a_password_is_never_cut_short():
    long = "plum fennel " * 16
    stored = passwords.hash_password(long[:200])
    assert not passwords.matches(long[:200] + "x", stored)


def test_tokens_are_long_and_differ():
    tokens = {passwords.new_token() for _ in range(10_000)}
    assert len(tokens) == 10_000
    assert min(map(len, tokens)) >= 43  # 256 bits in base64
    assert len(passwords.token_hash("\ud800")) == 64
