"""Labels of harms in the words of readers: fewer harms, more harms; never a benefit. Pure.

The method's labels (``method/findings.md`` §5) say who did better. Of harms that reads as its opposite
("benefit for harms"), so pages and mail say which way the harms go. Ledgers, ``lab`` and whatever is
compared keep the method's own words.
"""

import re

from monitor.catalogue.words import ResultClass

_OF_HARMS = {
    "probable benefit": "probably fewer harms",
    "slight benefit": "slightly fewer harms",
    "benefit": "fewer harms",
    "leans to the comparison": "leans to more harms",
    "favours the comparison": "more harms",
    "a new setting may see none or harm": "a new setting may see no fewer, or more",
    "a new setting may see none": "a new setting may see no fewer",
    "towards benefit": "towards fewer harms",
    "away from benefit": "towards more harms",
}
_WORDS = re.compile("|".join(map(re.escape, sorted(_OF_HARMS, key=len, reverse=True))))


def for_readers(words: str, outcome_class: str) -> str:
    """Give a label's words as readers see them: of harms, whether there are fewer or more.

    >>> for_readers("probable benefit; varies: a new setting may see none or harm", "harm")
    'probably fewer harms; varies: a new setting may see no fewer, or more'
    >>> for_readers("probable benefit", "attachment")
    'probable benefit'
    """
    if outcome_class != ResultClass.HARM:
        return words
    return _WORDS.sub(lambda match: _OF_HARMS[match[0]], words)
