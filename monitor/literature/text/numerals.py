"""Numbers as texts write them, in digits and in words. Pure."""

import re

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: number for number, word in enumerate(_UNITS.split())}
_WORDS |= {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
WORD = "(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
# Digits, or words up to nine hundred and ninety-nine. A decimal's, a range's part is none.
NUMBER = (
    r"(?:(?<![\d.,–-])(?:\d{1,3}(?:[,\u2009\u202f ]\d{3}){1,2}(?![\d%])|\d{1,6}(?![\d%]|[.,]\d))|"
    rf"(?<![-–])\b(?:{WORD}|a|an) hundred(?:(?: and)? {WORD}(?:[- ]{WORD})?)?\b|(?<![-–])\b{WORD}(?:[- ]{WORD})?\b)"
)


def read_number(words: str) -> int | None:
    """Read "1,024" or "one hundred and fifty-four"; None for nought or what is no number."""
    digits = re.sub(r"[,\u2009\u202f ]", "", words)
    if digits.isdecimal():
        return int(digits) or None
    total = 0
    for word in re.split(r"[ -]", words.casefold()):
        if word == "hundred":
            total = (total or 1) * 100
        else:
            total += _WORDS.get(word, 0)
    return total or None
