"""What pages tell of an intervention beside its evidence: with source and date, or as not known."""

import html
import re

import pytest
import waves  # type: ignore[import-not-found]  # on pytest's path

from monitor import workflow
from monitor.catalogue import loader


def text(page) -> str:
    """Give a page's words as a reader meets them: no tags, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def section(page, name: str) -> str:
    """Give the words of one section, by the id of its heading."""
    found = re.search(rf'<section aria-labelledby="{name}".*?</section>', page.text, re.DOTALL)
    assert found, name
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


@pytest.mark.parametrize("slug", loader.load().slugs)
def test_every_fact_stands_with_its_source_and_its_date_and_the_rest_is_not_known(client, slug):
    words = section(client.get(f"/interventions/{slug}"), "what")
    known = loader.load().context(slug)
    facts = [told for told in known.aspects.values() if told]
    for told in facts:
        origin = loader.load().background.sources[told.source]
        assert f"{told.words} ({origin.short}, {origin.dated}" in words
    assert words.count("Not known to us") == len(known.aspects) - len(facts)
    assert "Cost of training Not known to us" in words
    assert "NICE:" in words


def test_what_a_makers_page_said_once_is_never_shown_as_current(client):
    words = section(client.get("/interventions/ddp"), "what")
    assert (
        "Level two: 28 hours, over 4 to 5 days (its maker’s pages, ddpnetwork.org, undated; "
        in words
    )
    assert words.count("ask the maker before you rely on it") == 2


def test_two_that_are_like_each_other_say_so_on_both_pages(client):
    for slug, other in (("vipp", "Video Interaction Guidance"), ("pip", "Child–Parent Psycho")):
        assert f"Beside {other}" in section(client.get(f"/interventions/{slug}"), "what")
    assert "Beside" not in section(client.get("/interventions/icp"), "what")


def test_what_attachment_is_in_plain_words(client):
    page = client.get("/attachment")
    words = text(page)
    assert "seek comfort from the person who cares for them. (Wright et al., 2023)" in words
    assert "Limited evidence does not mean ineffective." in words
    for about in loader.load().interventions:
        assert f"/interventions/{about.slug}" in page.text
    assert "Society for Emotion and Attachment Studies: what the terms mean" in words
    listed = client.get("/interventions")
    assert "/attachment" in listed.text
    told = "What happens in each: NIHR’s summary of the 2023 review, October 2023."
    assert text(listed).count(told) == words.count(told) == 1


def test_families_stand_beside_with_their_own_unit_and_date_and_only_where_they_were_counted(
    client,
):
    words = section(client.get("/interventions/ddp"), "use")
    assert "Families, not services: of 783 families in the second survey" in words
    assert "19% had Dyadic Developmental Psychotherapy." in words
    assert "Theraplay" not in words
    assert "March 2020 to March 2021" in words
    assert "cannot be added to, or compared with, a share of services" in words
    assert "Families" not in section(client.get("/interventions/vipp"), "use")


def test_a_wave_of_families_stands_beside_and_moves_nothing(client, evidence, published):
    before = section(client.get("/interventions/ddp"), "three")
    with published.write() as session:
        counts = {"ddp": 40, "theraplay": 30}
        found = waves.read(
            waves.table(counts, 200).replace(b",services,", b",families,"),
            waves.about(name="Fund 2026", unit="families", services=None, responses=200),
        )
        assert not found.problems
        wave = waves.service.draft(session, found, by=waves.BY, at=evidence.clock())
        workflow.publish_wave(
            session, evidence.service, wave_id=wave.id, by=waves.BY, at=evidence.clock()
        )
    page = client.get("/interventions/ddp")
    use = section(page, "use")
    assert "40 of 200 families (20.0%) had Dyadic Developmental Psychotherapy. Fund 2026" in use
    assert "No later figure is known" in use
    assert section(page, "three") == before
    assert "30 of 200 families (15.0%) had Theraplay" in text(client.get("/use"))
