r"""How fast names are found, against a case-insensitive `re` alternation over the same text.

    python bench/matching.py

Texts: the recorded trial registrations beside the project. Terms: every form of the catalogue
that means an intervention, abbreviations included. The budget (DESIGN, section 9): at least 15 times the
rate of an alternation of 120 of them, in the same run; the matcher looks for all. Two alternations are timed, one between word boundaries
(`\b`) and a quicker one between look-arounds; the first is the yardstick, since it is what one
would write. Ends with status 1 where the budget is missed, or where the alternation finds words
that the matcher neither counts nor turns away with a reason. Times are of the processor, the
best of several runs taken in turn.
"""

import gzip
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.catalogue import loader  # noqa: E402 - found through the path set above
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.literature.matching.naming import LOOKALIKE, names_of  # noqa: E402 - the same

RECORDED = ROOT.parent / "shared" / "recordings" / "topic_registry_text"
TIMES, TERMS = 15, 120
ROUNDS = 2

Text = tuple[str, str]


def texts() -> list[Text]:
    """Give titles and abstracts."""
    found = []
    for path in sorted(RECORDED.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                title, _, text = json.loads(line)["text"].partition("\n\n")
                found.append((title, text))
    return found


def terms() -> list[str]:
    catalogue = loader.load()
    found = {
        form.casefold(): form
        for one in catalogue.interventions
        for form, name in names_of(one)
        if name.rule != LOOKALIKE
    }
    return sorted(found.values(), key=len, reverse=True)


def alternation(pattern: "re.Pattern[str]", all_texts: list[Text]) -> set[tuple[int, str]]:
    found = set()
    for number, text in enumerate(all_texts):
        for part in text:
            found.update((number, one[0]) for one in pattern.finditer(part))
    return found


def ours(matcher: Matcher, all_texts: list[Text]) -> set[tuple[int, str]]:
    return {
        (number, hit.words)
        for number, (title, abstract) in enumerate(all_texts)
        for hit in matcher.match(title=title, abstract=abstract)
    }


def explained(matcher: Matcher, all_texts: list[Text], number: int, words: str) -> bool:
    title, abstract = all_texts[number]
    turned = matcher.rejections(title=title, abstract=abstract)
    return any(words in one.words for one in turned)


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    all_texts, forms, matcher = texts(), terms(), Matcher(loader.load())
    if not all_texts:
        print("no recorded registrations beside the project")
        return 2
    count = min(TERMS, len(forms))
    sample = [forms[number * len(forms) // count] for number in range(count)]
    joined = "|".join(map(re.escape, sample))
    bounded = re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)
    looking = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)
    rounds = [
        (
            timed(lambda: ours(matcher, all_texts)),
            timed(lambda: alternation(bounded, all_texts)),
            timed(lambda: alternation(looking, all_texts)),
        )
        for _ in range(ROUNDS)
    ]
    own, plain, quick = (min(taken) for taken in zip(*rounds, strict=True))
    found, theirs = ours(matcher, all_texts), alternation(bounded, all_texts)
    lost = [one for one in theirs - found if not explained(matcher, all_texts, *one)]
    size = sum(len(title) + len(text) for title, text in all_texts) / 1e6
    print(f"{len(forms)} terms, {len(sample)} in the alternation")
    print(f"{len(all_texts)} texts, {size:.1f} million characters")
    print(f"ours {size / own:.0f} M/s, {len(found)} hits; alternation {size / plain:.1f} M/s")
    print(f"{plain / own:.1f} times the alternation between word boundaries (at least {TIMES})")
    print(f"{quick / own:.1f} times the one between look-arounds")
    print(f"hits of the alternation neither counted nor explained: {len(lost)} {sorted(lost)[:5]}")
    return 0 if plain / own >= TIMES and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
