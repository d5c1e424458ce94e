"""The one cleaner: what is mark-up and what a sign, what stands where tags stood, what nobody sees."""

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kernel.language import markup, text


def test_the_examples_hold():
    assert doctest.testmod(text).failed == 0


@given(
    st.text(
        st.sampled_from("ab .<&\n\t\r\xa0\u2009\u202f\x0c\x1f\x85\xad\u200b\u200d\u0915é™")
        | st.characters()
    )
)
def test_the_quick_looks_change_nothing(raw):
    for whole in (raw, 80 * raw):  # long ones are looked at in another way
        assert text.is_printable(whole) == whole.isprintable()
    assert text.line(raw) == " ".join(text._UNWANTED.sub(text._left_of, raw).split())


@given(
    st.lists(
        st.sampled_from(
            ("<p>", "</p>", "<b>", "</b>", "<strong>", "</strong>", "<h4>", "</h4>", "<sup>", "</sup>",
             "<sub>", "</sub>", "<br/>", "<time>", "</time>", "<style>", "<style face='normal'>",
             "</style>", "<", ">", "< ", "<5", "<p", "</", "a", "B", " ", "TM", "2", "]]>", "<![CDATA[")
        )
    ).map("".join)
)  # fmt: skip
def test_tags_that_are_surely_some_are_marked_as_all_others(raw):
    # with a comment behind it, which leaves nothing, no text is marked quickly
    assert markup.marked(raw) == markup.marked(f"{raw}<!---->")


@pytest.mark.parametrize(
    "raw",
    [
        "fell in both arms (P</=.05) after Theraplay", "P <or= .05", "P<or=.05> and more",
        "sensitivity <median (n=40)", "<median> and <Theraplay>", "Children <five years in care",
        "a < b and c > d", "a<b>c", "if a<b and c>d", "<5 years", "p<.001, d>0.5", "<<Rotarod>>",
        "<b never closed", "the <object> and the <time> of play", "<mother said=nothing>",
        "x <- y -> z", "<", "</>", "a</b", "<3", "<!", "<?", "AT&T", "R&D; and Q&A", "x&parameters",
        "Smith&Jones", "a <label> of <data>", "I<II<III", "n<N>m", "https://e.org/?a=1&copy=2",
    ],
)  # fmt: skip
def test_a_sign_is_no_mark_up(raw):
    assert text.plain(raw) == raw


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("of<i>Circle of Security</i>on", "of Circle of Security on"),
        ("The<em>Theraplay</em>programme", "The Theraplay programme"),
        ("of<b><i>Circle</i></b>on", "of Circle on"),
        ("<scp>VIPP</scp>-<scp>SD</scp>, <scp>RCT</scp>s", "VIPP-SD, RCTs"),
        ("<jats:italic>Theraplay</jats:italic>for", "Theraplay for"),
        ("<ce:italic>Theraplay</ce:italic>for", "Theraplay for"),
        ('<span class="x">Theraplay</span>for', "Theraplay for"),
        ("<named-content content-type='n'>VIG</named-content>for", "VIG for"),
        ("the<b>12</b>month trial", "the 12 month trial"),
        ("<i>p</i>-value, (<i>n</i>=40), <i>n</i> = 40", "p-value, (n=40), n = 40"),
        ("<b>V</b>ideo <b>I</b>nteraction <b>G</b>uidance", "Video Interaction Guidance"),
        ("T<i>X</i>Y motif", "TXY motif"),
        ("CO<sub>2</sub>, H<sub>2</sub>O, VO<sub>2max</sub>", "CO2, H2O, VO2max"),
        ("CO<inf>2</inf>, CO<sub><i>2</i></sub>", "CO2, CO2"),
        ("kg/m<sup>2</sup>, 1<sup>st</sup>, <sup>14</sup>C", "kg/m2, 1st, 14C"),
        ("10<sup>3</sup>, 10<sup>-3</sup>", "10³, 10⁻³"),
        ("Theraplay<sup>1</sup> for, Theraplay<sup>a</sup>", "Theraplay¹ for, Theraplay a"),
        ("Theraplay<sup>1,2</sup>for", "Theraplay¹,² for"),
        ("Theraplay<sup>TM</sup> for", "Theraplay™ for"),
        ("Theraplay<sup>(TM)</sup>for", "Theraplay™ for"),
        ("Theraplay<SUP>&reg;</SUP>, Theraplay<sup>R</sup>", "Theraplay®, Theraplay®"),
        ("Theraplay<sup> (R) </sup>programme", "Theraplay® programme"),
        ("Theraplay<sup><small>TM</small></sup>", "Theraplay™"),
        ('<style face="normal">Na</style><style face="normal" font="x">ï</style>ve', "Naïve"),
        ('Theraplay<style face="superscript">®</style>in', "Theraplay® in"),
        ("p &lt; .05, <i>d</i>&gt;1 &amp; more", "p < .05, d>1 & more"),
        ("A &lt;i&gt;Theraplay&lt;/i&gt;trial", "A Theraplay trial"),
        ("CO&lt;sub&gt;2&lt;/sub&gt;", "CO2"),
        ("A &amp;lt;b&amp;gt; and &lt;b&gt;", "A <b> and <b>"),
        ("<b>never closed", "never closed"),
        ("One<br>two<br/>three", "One two three"),
        ("a<!-- hidden -->b <![CDATA[c]]>", "ab c"),
        ("a <script>alert(1)</script>b<img src=x onerror=alert(1)>", "a b"),
        ("&#150; &nbsp;&hellip; &#x1F; &#xD800;x", "– … x"),
        ("<foo>Theraplay</foo>for", "Theraplay for"),
    ],
)  # fmt: skip
def test_mark_up_goes_and_words_stay_apart(raw, made):
    assert text.plain(raw) == made


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("Thera\u200bplay Thera\u00adplay Thera\x1fplay Thera\ufeffplay", "Theraplay " * 4),
        ("\u202eTheraplay\u2066 \u061cVIG", "Theraplay VIG"),
        ("bene\x0cfits page\x0cNext line\x0bbreak", "benefits page Next line break"),
        ("parents\x92 views \x96 Theraplay\x99 Peripro\x99sthetic", "parents’ views – Theraplay™ Periprosthetic"),
        ("thin\u2009space no\u00a0break\u2028line", "thin space no break line"),
        ("می\u200cخواهم a\u200cb", "می\u200cخواهم ab"),
        ("\ud83d half \uffff", "half"),
    ],
)  # fmt: skip
def test_what_nobody_sees_goes(raw, made):
    assert text.line(raw) == made.strip()


def test_line_ends_stay_where_a_text_is_only_made_bearable():
    assert text.bearable("a\tb\n\nc\x00\r\u202e\u200b") == "a\tb\n\nc"


@given(st.text(alphabet=st.sampled_from("<>/&;=\"' abip1\x01\x03subTMscript-![CDATA"), max_size=60))
def test_any_text_becomes_one_line_without_marks_of_ours(raw):
    made = text.plain(raw)
    assert made == " ".join(made.split())
    assert not set(made) & set("\x01\x02\x03\x04\x05\x06")
    assert text.line(made) == made


@given(st.text())
def test_text_without_signs_is_only_laid_in_a_line(raw):
    bare = raw.replace("<", "").replace("&", "")
    assert text.plain(bare) == text.line(bare)


@given(st.lists(st.sampled_from(["Theraplay", "<five", "of", "P</=.05", "VIG"]), min_size=1))
def test_no_word_is_lost_whatever_tags_stand_between(words):
    raw = "<i>".join(words[:1]) + "".join(f"</i> <b>{word}</b>" for word in words[1:])
    assert all(word in text.plain(raw) for word in words)


@pytest.mark.parametrize(
    "part", ["<b>", "<!--", "<script>", "<a x='", "<", "&", "<sup>1", "1<b>", "<style face='x'>a"]
)
def test_no_text_takes_long(part):
    began = time.process_time()
    text.paragraphs(part * (100_000 // len(part)))
    assert time.process_time() - began < 5
