"""What is put together from a form is, byte for byte, what rendering each message gives."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as asked
from hypothesis import strategies as st
from letters import claimed  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.kernel.settings import parse
from monitor.notify import rules
from monitor.notify.tables import MessageKind
from monitor.notify.writing import mail_merge
from monitor.notify.writing.mail_merge import MailMerge
from monitor.notify.writing.rendering import render

SECRET = b"s" * 32


@pytest.fixture
def claim(session, world, settings, now):
    """Make claims of one announcement, for anybody."""
    made = world(session)
    made.heard(pubmed=2)
    content = made.accept_and_announce().content

    def make(uuid, address="anna@reader.example", slugs=("cos",), following=1, **other):
        told = {
            "uuid": uuid,
            "message_id": rules.message_id(uuid, "news@example.org"),
            "address": address,
            "context": {"slugs": list(slugs), "following": following},
            "content": content,
            "announcement_id": 1,
        }
        return claimed(MessageKind.CHANGE, at=now, **told | other)

    return make


@pytest.fixture
def counted(monkeypatch):
    """Count what is rendered."""
    rendered = []

    def counting(claimed, *more):
        rendered.append(claimed)
        return render(claimed, *more)

    monkeypatch.setattr(mail_merge, "render", counting)
    return rendered


words = st.text("abcdefgxyz0189_+-", min_size=1, max_size=30)
addresses = st.builds("{}.{}@{}.example".format, words, words, st.text("abc019", min_size=1))


@pytest.mark.parametrize("base", ["http://a.b", "https://monitor.example.org/far/below/this/path"])
def test_it_writes_what_rendering_gives(claim, tmp_path, base):
    settings = parse({"web": {"public_url": base}}, folder=tmp_path)
    merge = MailMerge(settings, SECRET)

    @given(st.uuids(), addresses, st.sampled_from([1, 2, 9]))
    @asked(max_examples=12)
    def same(uuid: UUID, address: str, following: int):
        claimed = claim(str(uuid), address, following=following)
        assert merge.write(claimed) == render(claimed, settings, SECRET)

    same()


def test_thousands_are_rendered_twice(claim, settings, counted):
    merge = MailMerge(settings, SECRET)
    numbers = [str(UUID(int=number)) for number in range(1, 300)]
    assert len({merge.write(claim(uuid)) for uuid in numbers}) == 299
    assert len(counted) == 2, "the first, and its form"


@pytest.mark.parametrize(
    "odd",
    [
        {"address": '"a b"@reader.example'},
        {"address": "a" * 300 + "@reader.example"},
        {"message_id": "<another@example.org>"},
        {"subscriber_id": None},
    ],
)
def test_what_is_out_of_the_ordinary_is_rendered_whole(claim, settings, counted, odd):
    merge = MailMerge(settings, SECRET)
    merge.write(claim(str(UUID(int=1))))
    counted.clear()
    claimed = claim(str(UUID(int=2)), **odd)
    assert merge.write(claimed) == render(claimed, settings, SECRET)
    assert counted == [claimed]


def test_a_form_that_would_not_give_the_same_is_not_used(claim, settings, monkeypatch):
    monkeypatch.setattr(mail_merge, "_parts", lambda blank, values: iter([blank]))
    merge = MailMerge(settings, SECRET)
    for number in range(1, 4):
        claimed = claim(str(UUID(int=number)))
        assert merge.write(claimed) == render(claimed, settings, SECRET)


def test_forms_are_kept_within_bounds(claim, settings, monkeypatch):
    monkeypatch.setattr(mail_merge, "_FORMS", 3)
    merge = MailMerge(settings, SECRET)
    for number in range(1, 12):
        claimed = claim(str(UUID(int=number)), following=number)
        assert merge.write(claimed) == render(claimed, settings, SECRET)
    assert len(merge._forms) <= 3


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\x00", b"\r\n.")))
def test_a_message_is_made_ready_for_data(raw):
    lines = re.split(rb"\r\n|\r|\n", raw)
    if lines[-1] == b"":
        lines.pop()
    expected = [b"." + line if line.startswith(b".") else line for line in lines] or [b""]
    assert rules.dotted(raw) == b"\r\n".join(expected) + b"\r\n.\r\n"
