"""DOIs in every dress that exports, addresses and people give them; and what must stay none."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identifiers import dois

ONE = "10.3310/ivcn8847"


def test_the_examples_hold():
    assert doctest.testmod(dois).failed == 0


@pytest.mark.parametrize(
    "raw",
    [
        # labels
        "DOI 10.3310/ivcn8847", "doi.10.3310/ivcn8847", "DOI No.: 10.3310/ivcn8847",
        "Digital Object Identifier (DOI): 10.3310/ivcn8847", "urn:doi:10.3310/ivcn8847",
        "DOI: http://dx.doi.org/10.3310/ivcn8847", "doi.org/10.3310/ivcn8847",
        "dx.doi.org/10.3310/ivcn8847", "http://doi.org/doi:10.3310/ivcn8847",
        "https://doi.org/ 10.3310/ivcn8847", "<https://doi.org/10.3310/ivcn8847>",
        "[10.3310/ivcn8847](https://doi.org/10.3310/ivcn8847)",
        # beside another mark, and behind one
        "10.3310/ivcn8847 [doi]", "10.3310/ivcn8847[doi]", "10.3310/ivcn8847 (doi)",
        "S2215-0366(25)00263-9 [pii]\r10.3310/ivcn8847 [doi]", "10.3310/ivcn8847 [doi] e14 [pii]",
        "S2215-0366(25)00263-9 [pii] 10.3310/ivcn8847", "10.3310/ivcn8847 [pii]",
        # twice
        "10.3310/ivcn8847 10.3310/IVCN8847", "10.3310/ivcn8847;10.3310/ivcn8847",
        "10.3310/ivcn8847, https://doi.org/10.3310/ivcn8847", "10.3310/ivcn884710.3310/ivcn8847",
        "https://doi.org/https://doi.org/10.3310/ivcn8847", "doi:10.3310/ivcn8847|doi:10.3310/ivcn8847",
        "https://doi.org/10.3310/ivcn8847https://doi.org/10.3310/ivcn8847",
        # what nobody sees, and what a typesetter put in
        "10.3310/ivcn8847\u200b", "\ufeff10.3310/\u2060ivcn\u200d8847", "10.3310/ivcn\u00ad8847",
        "１０.3310／ivcn8847", "10.3310\u2044ivcn8847", "https://doi.org/10.3310/ivcn8847%E2%80%8B",
        # proxies and resolvers
        "https://doi-org.ezproxy.example.ac.uk/10.3310/ivcn8847",
        "http://dx.doi.org.libproxy.example/10.3310%2Fivcn8847",
        "https://ezproxy.example/login?url=https://doi.org/10.3310/ivcn8847",
        "https://go.example/redirector/x?url=https%3A%2F%2Fdoi.org%2F10.3310%2Fivcn8847&z=1",
        "https://resolver.example/openurl?genre=article&rft_id=info:doi/10.3310/ivcn8847&issn=1",
        "http://ovid.example/ovidweb.cgi?T=JS&id=doi:10.3310%2Fivcn8847",
        # publishers
        "https://pub.example/doi/abs/10.3310/ivcn8847", "www.pub.example/doi/10.3310/ivcn8847",
        "https://pub.example/doi/pdf/10.3310/ivcn8847?needAccess=true",
        "https://pub.example/doi/full/10.3310/ivcn8847#sec-1", "https://example.org/10.3310/ivcn8847/",
        "https://pub.example/articles/10.3310/ivcn8847/full", "10.3310/ivcn8847/full",
        "https://pub.example/content/pdf/10.3310/ivcn8847.pdf", "10.3310/ivcn8847?utm_source=feed",
        "https://pub.example/article/10.3310/ivcn8847/fulltext.html",
        "https://pub.example/plosone/article?id=10.3310/ivcn8847",
        "https://pub.example/doiLanding?doi=10.3310%2Fivcn8847",
        "https://pub.example/doi/suppl/10.3310/ivcn8847/suppl_file/s1.pdf",
        "https://oup.example/hta/advance-article/doi/10.3310/ivcn8847/5812345",
        "https://oup.example/hta/article-abstract/doi/10.3310/ivcn8847/5812345/A-title?from=x",
        # words behind
        "10.3310/ivcn8847. Epub 2026 Jan 2", "10.3310/ivcn8847.Epub 2026 Jan 2",
        "10.3310/ivcn8847 PMID: 99000001", "10.3310/ivcn8847PMID:99000001", "10.3310/ivcn8847, in press",
        "10.3310/ivcn8847 (accessed 3 May 2026)", "10.3310/ivcn8847 Published online 3 May 2026",
        "10.3310/ivcn8847 eCollection 2026", "10.3310/ivcn8847. Review.", "10.3310/ivcn8847 DOI",
        "10.3310/ivcn8847 Available from: https://pub.example/page",
        # slips
        "http//dx.doi.org/10.3310/ivcn8847", "https:/doi.org/10.3310/ivcn8847", "DOI10.3310/ivcn8847",
        "https://pub.example/page; https://doi.org/10.3310/ivcn8847",
        "https://doi.org/10.3310/ivcn8847; https://pub.example/page",
        "10.3310/ivcn8847; PMCID: PMC9900001", "10.3310/ivcn8847 | Open access",
    ],
)  # fmt: skip
def test_one_doi_in_every_dress(raw):
    assert dois.read(raw) == ONE


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("10.3310/ivcn\u20108847\u20139\u22121", "10.3310/ivcn-8847-9-1"),
        ("https://preprints.example/content/10.1101/2026.01.02.123456v1.full", "10.1101/2026.01.02.123456"),
        ("10.1101/2026.01.02.123456v3", "10.1101/2026.01.02.123456"),
        ("https://oup.example/b/article/doi/10.1093/b/awz123/5812345", "10.1093/b/awz123"),
        ("10.3310/x.v2", "10.3310/x.v2"),  # a version only where it is known to be none of the DOI
        ("10.3310/(ab)c(d)", "10.3310/(ab)c(d)"),
    ],
)  # fmt: skip
def test_other_dois(raw, value):
    assert dois.read(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        # two papers
        "10.3310/a;10.3310/b", "10.3310/a 10.3310/b", "10.3310/a (see also 10.3310/b)",
        "10.3310/a Epub 2020; 10.3310/b", "10.3310/a [doi] 10.3310/b [doi]",
        "https://a.example/x?doi=10.3310/a&id=10.3310/b",
        # a blank inside, or words that are not known
        "10.1016/S0140-6736 (20)30183-5", "10.1016/j. childyouth.2020.1", "10.3310/a b",
        "see table 10.3310/a", "10.3310/a and 10.3310/a",
        # a journal, a book, a figure, a search
        "10.1111/(ISSN)1467-8624", "https://pub.example/journal/10.1111/(ISSN)1467-8624",
        "https://pub.example/toc/10.3310/x/2020/1", "https://pub.example/book/10.1007/978-3-030-1",
        "https://pub.example/doi/book/10.1002/9781118", "https://pub.example/search/10.3310/a",
        "https://pub.example/plosone/article/figure?id=10.1371/journal.pone.0012345.g001",
        "https://scholar.example/scholar?q=10.3310/a",
        # nothing of the kind
        "", None, "not available", "S2215-0366(25)00263-9 [pii]", "https://example.org/page", "doi:",
        "http://[", "10.3310/" + "x" * 400,
    ],
)  # fmt: skip
def test_a_doubt_is_none(raw):
    assert dois.read(raw) is None


@pytest.mark.parametrize(
    "note",
    [
        "doi: 10.3310/ivcn8847", "10.3310/ivcn8847",
        "1097-0355\nAlder, Pat\neng\nInv Child J. 2026 Mar;5:101-110. doi: 10.3310/ivcn8847. Epub 2026.",
        "Cited By: 5\nExport Date: 3 May 2026\nhttps://doi.org/10.3310/ivcn8847",
        "Name - A clinic; DOI - 10.3310/ivcn8847; 123456",
    ],
)  # fmt: skip
def test_a_note_names_the_papers_own_doi(note):
    assert dois.read_note(note) == ONE


@pytest.mark.parametrize(
    "note",
    [
        "Comment on: Inv J. 2026. doi: 10.3310/ivcn8847", "Erratum in: doi: 10.3310/ivcn8847",
        "Data at https://doi.org/10.3310/ivcn8847", "Protocol: doi 10.3310/ivcn8847",
        "doi: 10.3310/a; doi: 10.3310/b", "Table 10.1", "", None,
    ],
)  # fmt: skip
def test_a_note_may_name_another_paper(note):
    assert dois.read_note(note) is None


SUFFIX = st.from_regex(r"[a-z0-9]{1,8}([._;()/:-][a-z0-9]{2,8}){0,3}", fullmatch=True)
DRESSES = ("{}", "doi:{}", "https://doi.org/{}", "<{}>", "{} [doi]", "{}\u200b", "{} {}", "{}. Epub 2026 Jan",
           "https://doi-org.proxy.example/{}", "https://pub.example/doi/abs/{}", "https://p.example/login?url=https://doi.org/{}")  # fmt: skip


@given(st.sampled_from(DRESSES), SUFFIX)
def test_a_dress_never_makes_another_doi(dress, suffix):
    plain = dois.read(f"10.3310/{suffix}")
    worn = dois.read(dress.format(*[f"10.3310/{suffix}"] * 2))
    assert worn in {plain, None} or "(" in suffix
    assert plain is None or dois.read(plain) == plain


@given(
    st.sampled_from(
        ("", "doi:", "doi: ", "DOI ", "doi", "http://dx.doi.org/", "https://doi.org/", "HTTP://www.doi.org/")
    ),
    st.from_regex(r"10\.[0-9]{4}/[a-zA-Z0-9._()/-]{1,24}(\.e-?pub|/full|10\.)?", fullmatch=True),
)  # fmt: skip
def test_what_looks_plain_is_what_the_long_way_makes_of_it(dress, raw):
    if dois._PLAIN.fullmatch(raw) and (dress or "pub" not in raw.lower()):
        assert dois.read(dress + raw) == dois._settled(dois._read(dress + raw, 0))


@given(st.text(max_size=200))
def test_any_text_is_read_without_harm(raw):
    for found in (
        dois.read(raw),
        dois.read_note(raw),
        dois.read(f"10.3310/{raw}"),
        dois.read(f"https://{raw}"),
    ):
        assert found is None or dois.read(found) == found


@given(st.text(st.sampled_from("10.5555/ab%&#;2E1٠ \u200b"), max_size=30))
def test_a_text_that_needs_no_look_has_no_doi(raw):
    if dois._has_surely_none(raw):
        assert dois._settled(dois._read(raw, 0)) is None
