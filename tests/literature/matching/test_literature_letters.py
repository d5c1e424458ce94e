"""Letters that may be an intervention's: what a text says they are. All invented."""

import os
import subprocess
import sys

import pytest

from monitor.catalogue import loader
from monitor.literature.matching.expansions import expansions
from monitor.literature.matching.matcher import Matcher

MATCHER = Matcher(loader.load())


def slugs(title, abstract=""):
    return {one.slug for one in MATCHER.match(title=title, abstract=abstract)}


OTHERS_BY_THEIR_WORDS = [
    (
        "Leaves in jars",
        "Cold pressed pears, hereafter CPP, were kept by caregivers of foster children after trauma.",
    ),
    (
        "Noise on the ward",
        "Ventilator-induced pressure peaks (VIPP) were counted in 40 infants whose mothers slept near.",
    ),
    (
        "Roads",
        "DDP stands for district drainage plan. Foster carers and adoptive parents were told of it; attachment to the place grew.",
    ),
    ("Gardens", "A garden plan, the village improvement grant (VIG), paid for a video of parents."),
    (
        "Bread",
        "The ABC (always bake carefully) course had home visits by foster carers; nurturing was praised.",
    ),
    (
        "Pollen",
        "Early plum pollen index (EPPI) and pollen index of pears (PIP) were read; infants sneezed and attachment of grains was seen.",
    ),
    ("Sand", "We built cooled open sand pits (COSP) for mothers and infants."),
    ("Sleep", "The Children of Single Parents Index (COSP-I) was filled in by parents of infants."),
    (
        "Bones",
        "In 12 infants the proximal pin position (PPP) was rated after head trauma; caregivers agreed.",
    ),
    ("Outcomes", "We agreed a common observation sheet [COS] with parents of infants."),
    ("Pumps", "PPIP = pump pressure in parks. Infants and mothers were near."),
    (
        "Shoes",
        "The trial of padded inner pumps (PIPs) had 30 infants. PIP wearers showed attachment to them.",
    ),
    (
        "Paper planes and parents (PPP)",
        "PPP was held by caregivers; trauma was not asked for, attachment was.",
    ),
]


@pytest.mark.parametrize(("title", "abstract"), OTHERS_BY_THEIR_WORDS)
def test_letters_that_the_text_explains_otherwise_are_not_ours(title, abstract):
    assert slugs(title, abstract) == set()


ONE_EVERYDAY_WORD = [
    ("Salt", "The COSP of the salt was read beside the parent metal."),
    ("Ducts", "PPIP values were noted for infants only."),
    ("Wires", "The P-CPP wire holds the attachment."),
    ("Tariffs", "ABC-I and ABC-T tariffs foster trade."),
    ("Beans", "The mABC assay was run on nurturing soils."),
    ("Cars", "The COS-I switch is near the child seat; parents liked it."),
    ("Salt", "VIPP was raised in the mother liquor and the parent compound."),
    ("Plugs", "The fPIP plug fits infants."),
    ("Clouds", "PCPP scores did not differ by trauma."),
    ("Points", "mPCP points were given to every child."),
]


@pytest.mark.parametrize(("title", "abstract"), ONE_EVERYDAY_WORD)
def test_one_everyday_word_explains_no_letters(title, abstract):
    assert slugs(title, abstract) == set()


IN_A_LONGER_NAME = [
    ("Bread", "The Merry ABC Bakery sells to foster homes; nurturing bread, home visits."),
    (
        "News",
        "Mothers of infants heard of it from ABC News, with video and a parenting program; home visits followed.",
    ),
    ("Toys", "Parents bought the Tiny PIP Box for infants; attachment to it grew."),
    ("Films", "Parents of infants saw a video by the Green VIG campaign."),
    ("Songs", "Infants and parents sang with the Cosy COS Choir."),
    ("Cards", "Infants were shown the Friends of PIP cards; attachment was not asked."),
    ("Steps", "Caregivers after trauma walked with the Bright CPP Walkers each week."),
    ("Cooks", "Foster carers and adoptive families ate at the Golden DDP."),
    ("Clubs", "PIP Club leaders met parents and infants; attachment to the club was strong."),
    ("Maths", "Home visits with the Number ABC's booklet, a parenting program."),
]


@pytest.mark.parametrize(("title", "abstract"), IN_A_LONGER_NAME)
def test_letters_inside_a_longer_capitalised_name_are_part_of_it(title, abstract):
    assert slugs(title, abstract) == set()


OURS = [
    (
        "Help after loss",
        "Child–parent psychotherapeutic work (CPP) was compared with support in 40 families with trauma; attachment rose.",
        "cpp",
    ),
    (
        "Help after loss",
        "Mothers with trauma and their infants came to CPP (Lieberman's model), and attachment was seen.",
        "cpp",
    ),
    (
        "Foster parents",
        "Attachment & Bio-behavioral Catch-Up program (ABC) was given to foster parents.",
        "abc",
    ),
    (
        "Video for parents",
        "Video-interactive guidance (VIG) was used with parents of infants.",
        "vig",
    ),
    (
        "Babies",
        "Parent-infant psychoanalytical psychotherapy (PIP) helped 30 infants and their attachment.",
        "pip",
    ),
    (
        "Babies",
        "PIP (n = 30) was compared with counselling (n = 32); infants' attachment and mothers' reflective functioning rose.",
        "pip",
    ),
    ("Dyads", "Dyadic developmental psychotherapies (DDP) for adopted children.", "ddp"),
    (
        "Positive parenting",
        "Video-feedback Intervention to promote Positive Parenting (VIPP) in 30 families. VIPP helped.",
        "vipp",
    ),
    ("Groups", "COS-P was offered to mothers; attachment was observed in 30.", "cos"),
    ("VIPP in families with a toddler", "", "vipp"),
    ("Infants in a trial of VIPP: maternal sensitivity", "", "vipp"),
    ("COSP and reflective functioning", "", "cos"),
    ("PPIP: a psychotherapy for prisons", "", "pip"),
    (
        "ABC-T for toddlers in foster care",
        "Foster parents of toddlers had ABC-T; attachment was seen.",
        "abc",
    ),
    ("Foster care in Delaware", "In Delaware, foster parents had ABC; attachment rose.", "abc"),
    ("Foster care", "The Dutch VIPP sessions had mothers of infants.", "vipp"),
    (
        "Foster care",
        "Foster parents took part in the ABC Intervention; infants' attachment rose.",
        "abc",
    ),
    ("Films of Parents and Infants: the Leiden VIG Study of Mothers", "", "vig"),
    ("Babies", "Dozier's ABC was given to foster parents; attachment rose.", "abc"),
    ("Groups", "Mothers came to the COS-P Group; attachment of infants was seen.", "cos"),
    (
        "Talk",
        "Therapists gave CPP. Trauma and attachment were seen; psychotherapy lasted a year.",
        "cpp",
    ),
    (
        "Talk",
        "RESULTS: Both CPP and TPP lowered trauma symptoms; psychotherapy and attachment were described.",
        "cpp",
    ),
]


@pytest.mark.parametrize(("title", "abstract", "slug"), OURS)
def test_letters_among_their_own_words_stay_ours(title, abstract, slug):
    assert slugs(title, abstract) == {slug}


@pytest.mark.parametrize(
    ("text", "form", "said"),
    [
        ("pressed pea paste (PPP)", "PPP", ["pressed pea paste"]),
        ("a pressed pea paste method [PPP]", "PPP", ["pressed pea paste"]),
        ("PPP (pressed pea paste)", "PPP", ["pressed pea paste"]),
        ("PPP stands for “pressed pea paste”.", "PPP", ["pressed pea paste"]),
        ("pressed pea paste, PPP for short,", "PPP", ["pressed pea paste"]),
        ("the plan (DDP: dry district plan)", "DDP", ["dry district plan"]),
        ("the dry district plan – DDP – names", "DDP", ["dry district plan"]),
        ("the dry district plan, or DDP, names", "DDP", ["dry district plan"]),
        ("open-air sand pits (OSPs)", "OSP", []),
        ("cobalt ore (CPP)", "CPP", []),
        ("In ABC (a brief course) mothers", "ABC", []),
        ("ABC (n = 20), ABC (2019), ABC, apples", "ABC", []),
        ("", "ABC", []),
        ("ABC", "-", []),
    ],
)
def test_expansions_are_read_only_where_the_letters_begin_the_words(text, form, said):
    assert [str(one) for one in expansions(text, form)] == said


@pytest.mark.parametrize(
    ("words", "variant"),
    [("COSI", "COS-P"), ("COS-I", "COS-I"), ("COS‐I", "COS-I"), ("cosi", "COS-P")],
)
def test_cosi_is_the_trial_of_cos_p(words, variant):
    found = MATCHER.match(
        title="", abstract=f"In {words}, infants and parents shared a secure base."
    )
    assert {(one.slug, one.variant) for one in found} == {("cos", variant)}


@pytest.mark.parametrize(
    ("words", "variant"),
    [
        ("Circle of Security(R) Parenting", "COS-P"),
        ("Circle of Security (TM) Parenting", "COS-P"),
        ("VIPP(R)-SD", "VIPP-SD"),
        ("Group Theraplay[TM]", "Group Theraplay"),
        ("Eltern-Saeuglings-Psychotherapie", None),
        ("Eltern-Säuglings-Psychotherapie", None),
    ],
)
def test_trade_marks_in_letters_and_umlauts_written_out_make_no_other_name(words, variant):
    text = f"We gave {words} to 30 mothers."
    found = MATCHER.match(title="", abstract=text)
    assert [one.variant for one in found] == [variant]
    assert found[0].words == words.removesuffix("[TM]")
    assert text[found[0].start :].startswith(found[0].words)


SCRIPT = """
from monitor.catalogue import loader
from monitor.literature.matching.matcher import Matcher
matcher = Matcher(loader.load())
said = dict(
    title="COSI, IPP, Theraplay and infant-parent psychotherapy; ABC-T, PPP",
    abstract="In COSI and COS I mothers of infants had ABC. A video hometraining of VHT. PIP (PPIP).",
)
print(matcher.match(**said), matcher.rejections(**said))
"""


def test_answers_are_the_same_in_every_run():
    def run(seed):
        command = [sys.executable, "-c", SCRIPT]
        env = {**os.environ, "PYTHONHASHSEED": str(seed)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert len({run(seed) for seed in range(4)}) == 1


OTHERS_IN_OTHER_WORDS = [
    (
        "Tiles",
        "Caregivers rated how the attachment of CPP (coarse pumice powder) to tiles held after trauma.",
    ),
    ("Parks", "PIP, or pumps in parks, were near infants, whose attachment to water grew."),
    ("Grants", "In this text VIG means village investment grant. A video of parents was shown."),
    (
        "Dyes",
        "The letters DDP here are for dark dye paste. Foster carers and adoptive parents wore it.",
    ),
    ("Wells", "A village inspection group, the VIG, made a video with mothers."),
    ("Trees", "We joined a carbon offset scheme (the COS) with parents of infants."),
    ("Soup", "Apple, banana, carrot: ABC for short. Foster homes liked it at home visits."),
    ("ABC: apples, bananas and carrots", "Foster parents and nurturing soils; home visits."),
    (
        "Notes",
        "Parents and infants came. Abbreviations: COS, carbon offset scheme; PPP, pressed pea paste.",
    ),
    ("Sand", "COS-P (cooled open sand pits) were dug by mothers and infants."),
    ("Animals", "ABC-T (animal body counts in towns) were done by foster parents at home visits."),
    ("Power", "Voltage in power plants, residual (VIPP-R) was read by parents."),
    ("Towns", "TPP (town planting plan) pleased caregivers; no trauma, no psychotherapy was seen."),
    ("Ink", "Ink for paper planes [IPP] was safe for infants, and attachment held."),
    ("Carers", "The video-home-timer (VHT) was worn by mothers."),
    (
        "Milk",
        "Milk pumped by pairs (mPCP)... no; mPCP denotes milk per cup, pasteurised, for each child.",
    ),
    ("Teams", "Camp PIP took 30 infants to the sea; attachment to it grew."),
    ("Songs", "We sang at COS Coffee with parents of infants."),
    (
        "Books",
        "Parents read “Busy ABC” stories by foster homes, a parenting program of home visits.",
    ),
    ("Walks", "Mothers of infants filmed a video at the Northmere VIG choir."),
    ("Clay", "The Old DDP Kiln is run by foster carers who were adopted."),
    ("Cake", "PIP's Party had infants and attachment bands."),
    ("Tests", "The VIPP assay had a sensitivity of 90% in children."),
    ("Scans", "CPP were counted on scans after head trauma; caregivers signed."),
]


@pytest.mark.parametrize(("title", "abstract"), OTHERS_IN_OTHER_WORDS)
def test_letters_of_others_in_other_words(title, abstract):
    assert slugs(title, abstract) == set()


OURS_IN_OTHER_WORDS = [
    ("Fathers", "VIPP-R was given to 30 fathers.", "vipp"),
    (
        "Mothers",
        "The focused programme (fPIP; Georg) was given to mothers with their infants in psychotherapy.",
        "pip",
    ),
    (
        "Circle",
        "Circle of Security (COS) groups, or COS, were given; a carbon offset was bought.",
        "cos",
    ),
    ("Carers", "Carers had Dyadic Developmental Practice (DDP).", "ddp"),
    (
        "Adopted children",
        "DDP, which is attachment-focused, was given to adopted children and foster carers.",
        "ddp",
    ),
    (
        "Trauma",
        "CPP, a treatment for trauma, helped attachment; psychotherapy lasted a year.",
        "cpp",
    ),
    ("Foster care", "ABC: home visits for foster parents; attachment rose.", "abc"),
    ("Babies", "The Anna Freud PIP team saw infants for psychotherapy.", "pip"),
    (
        "Home visiting",
        "ABC, a home visiting programme by Dozier, was given to foster parents.",
        "abc",
    ),
    ("Guidance", "Video feedback (VIG) was given to mothers of preterm infants.", "vig"),
    (
        "Parents in Leeds",
        "Parents in Leeds had COS-P; attachment and reflective functioning rose in these families.",
        "cos",
    ),
    (
        "Perinatal",
        "Perinatal CPP (P-CPP) was given after domestic violence; caregivers liked it.",
        "cpp",
    ),
]


@pytest.mark.parametrize(("title", "abstract", "slug"), OURS_IN_OTHER_WORDS)
def test_letters_of_ours_in_other_words(title, abstract, slug):
    assert slugs(title, abstract) == {slug}
