"""Where a sentence ends, and where what looks like an end is none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.text.sentences import sentences

# The rule as one reads it: an end, no short form, and a blank before a digit or a capital; or a new line.
AS_ONE_READS_IT = re.compile(
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"')\]”’]))"
    r"(?<!e\.g\.)(?<!i\.e\.)(?<!\bcf\.)(?<!\bvs\.)(?<!\bal\.)(?<!\b[Dd]r\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)"
    r"(?<!\bSt\.)(?<!\b[Nn]o\.)(?<!\b[Nn]os\.)(?<!\bp\.)(?<!\bpp\.)(?<!\bca\.)(?<!\b[Ff]ig\.)(?<!\b[Ff]igs\.)"
    r"(?<!\bapprox\.)(?<!\bProf\.)"
    r"\s+(?=[\"'(\[“‘]*[^\Wa-z_])|\n+",
)
PIECES = st.sampled_from(
    ("e.g.", "i.e.", "cf.", "vs.", "al.", "Dr.", "dr.", "Mr.", "Mrs.", "Ms.", "St.", "No.", "nos.",
     "p.", "pp.", "ca.", "Fig.", "figs.", "approx.", "Prof.", "total.", "end.", "Why?", "Oh!", "so…",
     "”", "\"", "'", ")", "(", "[", "“", "It", "it", "4", "é", "É", "_", " ", "  ", "\n", "\n\n", " \n",
     "\t", "\u2003")
)  # fmt: skip


def _parts(text):
    ends = [(end.start(), end.end()) for end in AS_ONE_READS_IT.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    last = len(starts) - 1
    return [
        (start, text[start:stop])
        for number, (start, stop) in enumerate(zip(starts, stops, strict=True))
        if stop > start or number == last or ends[number][1] > start
    ]


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_sentences_end_where_the_rule_says(text):
    assert [(one.start, one.text) for one in sentences(text)] == _parts(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("See p. 4. Then Fig. 2.", ["See p. 4.", "Then Fig. 2."]),
        ("AIM: to see.\n\nRESULTS: it was.", ["AIM: to see.", "RESULTS: it was."]),
        ("It was (so.) 40 were. then", ["It was (so.)", "40 were. then"]),
    ],
)
def test_a_text_is_parted(text, parts):
    assert [one.text for one in sentences(text)] == parts
