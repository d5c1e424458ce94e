"""The words that tell a paper's design in its title, in its abstract and by its labels. Data.

Each list has the most telling first: "protocol for a randomised trial" is a protocol. ``designs``
reads by them; a pattern decides nothing alone.
"""

import re

Rules = tuple[tuple[str, re.Pattern[str]], ...]

NO_CONTROL = (
    r"\b(?:no|without an?y?|lack(?:ed|ing|s)?(?: of)?(?: an?y?| the)?|absence of an?y?|absent|neither an?|"
    r"not (?:have|include|use)(?: an?y?)?) (?:[a-z-]+ ){0,2}(?:control|comparison|comparator)s? "
    r"(?:groups?|arms?|condition)\b|\b(?:control|comparison) (?:group|arm|condition) (?:was|is) (?:lacking|"
    r"absent|missing|not (?:available|included|used|formed|possible))|"
    r"\b(?:no|without an?y?|without) (?:comparators?|controls|comparison)(?=\s*[.;,)]|$)"
)
_RANDOM = (
    r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])(?<!semi[- ])(?<!pseudo[- ])(?<!pseudo)(?<!un)"
    r"(?<!mendelian )(?<!before )(?<!without )(?<!no )"
    r"\brandomi[sz](?:ed|ation|ing|e)\b(?! effects?)"
    r"(?! (?:was|were|is|has) (?:not|never|deemed|considered|judged|thought|found)\b)"
    r"(?!,? (?:[a-z-]+,? ){0,3}trials\b)"
)
# What a title says, most telling first: "protocol for a randomised trial" is a protocol.
_TITLE = (
    (
        "notice",
        (
            r"^\W*(?:editorial|(?:invited )?commentary\b|"
            r"(?:letter|comment|reply)\b[^.]{0,30}\b(?:to|on)\b|(?:letters?|correspondence)\s*:|"
            r"authors?['’]? (?:reply|response))|"
            r"(?:^|[:.?!–—\[(]|\s-)\s*(?:an? |the |our |authors?['’]s? |some |invited |further |brief )?(?:reply|replies|"
            r"rejoinder|commentar(?:y|ies)|comments?|editorial)\b(?=\W*$| (?:to|on|by|from)\b|[:.?!,)\]–—])|"
            r"\bauthors?['’]s? (?:reply|response)\b|\ba (?:brief )?(?:commentary|rejoinder|reply) (?:on|to)\b|"
            r"\bresponses? to (?:the |our |an? |two |three |their )?(?:\w+ )?(?:commentar|comments?\b|critic|"
            r"reviewers?\b|letters?\b|editorial|discussants?|repl(?:y|ies)\b|(?-i:[A-Z])[\w-]+ (?:et al|and "
            r"(?-i:[A-Z])|& ))|^\W*response to (?-i:[A-Z])[a-z]+\W*$"
        ),
    ),
    (
        "protocol",
        (
            r"\b(?:study|trial|research|review|evaluation|clinical) protocol\b|^\W*(?:a )?protocol\b|"
            r"[:.–—-]\s*(?:an? |the )?(?:\w+ ){0,2}protocol\W*$|[:.–—-]\s*(?:an? |the )?protocol (?:for|of|paper)\b|"
            r"\bprotocol (?:for|of) (?:the |an? |our )?(?:[\w-]+,? ){0,6}(?:trial|stud|evaluation|rct|review|"
            r"comparison|meta-?analys)|\btrial protocol\b|"
            r"\brationale(?:,| and)? (?:study )?(?:design|methods)|\bdesign(?:,| and) (?:rationale|methods)\b|"
            r"\b(?:study )?design (?:of|for) (?:the |an? |our )(?:[\w-]+,? ){0,6}(?:trial|rct|study|comparison|evaluation)\b"
        ),
    ),
    (
        "review",
        (
            r"\b(?:systematic|scoping|umbrella|narrative|literature|integrative|critical|realist|"
            r"rapid|evidence) review(?! of (?:\w+ )?(?:records|charts|files|notes))|\bmeta-?\s?analy|\bnetwork meta|"
            r"\ba review\b(?! of \d)(?! of (?:the )?(?:\w+ ){0,3}(?:records?|charts?|files?|notes)\b)|"
            r"(?:^|[:.?!–—-] ?|\b(?:an?|the) )(?:[\w-]+ ){0,3}(?<!chart )(?<!charts )(?<!record )(?<!records )(?<!note )(?<!notes )(?<!file )(?<!files )(?<!case )review of\b(?! \d)(?! (?:the )?(?:\w+ ){0,3}(?:records?|charts?|files?|case ?notes|notes|cases)\b)|"
            r"\boverview\b|(?<!chart )(?<!charts )(?<!record )(?<!records )(?<!notes )(?<!note )(?<!file )"
            r"(?<!files )(?<!case )(?<!peer )\breview\W*$"
        ),
    ),
    (
        "economic",
        (
            r"(?<!effectiveness and )(?<!efficacy and )(?<!outcomes and )(?<!clinical and )"
            r"\bcost[- ](?:effectiveness|utility|benefit|consequence)|\bcost[- ]effective\?|"
            r"\beconomic (?:eval|anal)|\bcosts of\b|^\W*(?:the )?cost of (?:[\w-]+ ){0,3}(?:intervention|program|treatment|"
            r"therap|deliver|provi)"
        ),
    ),
    (
        "qualitative",
        (
            r"\bqualitative\b|\bthematic analysis|\bphenomenolog|\bgrounded theory|\bfocus groups?\b|"
            r"\b(?:parents|mothers|fathers|carers|caregivers|therapists|practitioners)['’]? "
            r"(?:experience|perception|perspective|view)s?\b"
        ),
    ),
    (
        "follow-up",
        (
            r"\bextended follow[- ]up\b|\bfollow(?:ing)?[- ]up (?:of|study|at|from|results|assessment|following|after)\b|\b(?:month|year)s? "
            r"follow[- ]up\b|\b(?:month|year)[- ]follow[- ]up\b|\bsecondary (?:data )?analys|"
            r"\bpost[- ]hoc\b|\blong[- ]term (?:effect|outcome|follow)|\bsustained effects?\b|"
            r"\b(?:moderat|mediat)(?:es|ors?|ion|ing) (?:of|the effect)|\banalys[ie]s (?:of|from) "
            r"(?:data from )?(?:the|a|an) (?:[\w-]+ ){0,4}trial\b"
        ),
    ),
    (
        "non-randomised",
        (
            r"\bnon[- ]?randomi[sz]ed|\b(?:quasi|semi|pseudo)[- ]?(?:experiment|randomi)|"
            r"\bcontrolled before"
        ),
    ),
    (
        "randomised",
        _RANDOM
        + r"|\brandom(?:ly)? (?:assign|allocat|clinical|control)|\bRCT\b|"
        + r"\b(?:double|triple)[- ](?:blind|mask)(?:ed)? (?:[a-z-]+ )?(?:crossover|cross-over|trial)\b",
    ),
    (
        "case",
        (
            r"\bcase[- ](?:series|reports?|stud(?:y|ies))\b|\bsingle[- ](?:case|subject|participant)\b(?! data)|\bmultiple[- ]baseline|\bn[- ]of[- ](?:1|one)\b|"
            r"\bchanging[- ]criterion|\b(?-i:(?:B-?)?A-?B(?:-?[ABC]){0,4}) (?:[a-z-]+ ){0,2}(?:designs?|phases?)\b|\b(?-i:A-?B-?A-?B) (?:study|studies|experiments?)\b|"
            r"\b(?:reversal|withdrawal|alternating[- ]treatments?) designs?\b|"
            r"\breview of \d+ (?:cases|patients)\b|\ba case(?: of\b|\W*$)|\bcases of\b"
        ),
    ),
    (
        "single-group",
        (
            r"\b(?:single|one)[- ](?:group|arm)\b|\bpre[- ]?(?:to[- ])?post\b|\buncontrolled (?:\w+ )?(?:study|trial|design|evaluation|pilot|before)|"
            r"\bopen (?:label )?(?:trial|pilot)\b|\bwithin[- ](?:group|subjects?)\b"
        ),
    ),
)
# What an abstract says, most telling first.
_ABSTRACT = (
    (
        "review",
        (
            r"\b(?:this|present|our|the) (?:systematic |scoping )?(?:review|meta-?analysis)\b"
            r"(?! (?:board|committee|panel))|\bwe (?:systematically )?(?:searched|reviewed)\b"
            r"(?! (?:all |the |their |our |\d+ ){0,3}(?:\w+ ){0,4}(?:records?|charts?|files?|case ?notes|notes|videos?|"
            r"films?|tapes?|recordings?|cases|patients|children)\b)|\bdatabases were searched\b|"
            r"\b(?:studies|trials|articles|papers) (?:were|met) (?:included|inclusion|eligib)|"
            r"\bPRISMA\b|\bsearch(?:es)? of (?:MEDLINE|PubMed|PsycINFO)"
        ),
    ),
    (
        "protocol",
        (
            r"\b(?:will (?:then |also |each )?be|(?:are|is) to be) (?:randomi[sz]ed|randomly|recruited|assigned|"
            r"allocated|invited|enrol+ed)|\bthis protocol (?:paper |article )?(?:describes?|presents?|outlines?|"
            r"sets? out|reports?|is for|details?)\b|\b(?:this|the) (?:paper|article) (?:describes|presents|outlines|"
            r"sets out|reports) (?:the |a )?(?:study |trial )?(?:protocol|design)\b|"
            r"(?<!larger )(?<!further )(?<!future )(?<!definitive )(?<!full )(?<!powered )\brandomi[sz]ed (?:[\w-]+ ){0,4}"
            r"(?:trial|study) (?:will|is to|shall) be (?:run|held|conducted|carried out|done)\b|"
            r"\brandomi[sz]ation (?:will|is to|is planned|shall)\b|"
            r"\b(?:will|shall|plan to|intend to|are going to|is going to) (?:then |be )?(?:randomi[sz]e|"
            r"randomly (?:assign|allocate))|\b(?:trial|study|we) (?:will|shall|plans? to|intends? to|aims? to) "
            r"(?:include|recruit|enrol+|randomi[sz]e)\b"
        ),
    ),
    (
        "qualitative",
        (
            r"\bqualitative (?:stud|interview|component|evaluation|process|sub-?stud)[^.;]{0,80}"
            r"\b(?:nested|embedded|alongside|within)\b|\b(?:nested|embedded) qualitative\b"
        ),
    ),
    (
        "economic",
        (
            r"\b(?:economic evaluation|cost[- ](?:effectiveness|utility|benefit)(?: analys[ie]s)?)"
            r"[^.;]{0,60}\balongside\b|\bwithin[- ]trial (?:economic|cost)"
        ),
    ),
    (
        "follow-up",
        (
            r"\b(?:secondary|post[- ]hoc|retrospective) (?:data )?analys[ie]s of (?:data|a|an|the|our)\b"
            r"(?! (?:\w+ )?(?:records|charts|files))|"
            r"\b(?:seen|assessed|visited|contacted|traced|interviewed|examined|followed up) (?:again|once more)[^.;]{0,80}"
            r"\b(?:original|earlier|former|first) (?:[\w-]+ )?(?:trial|rct)\b|"
            r"\bof the (?:\d+ )?(?:[\w-]+ ){0,3}(?:of|from|in) the (?:original|earlier|former) (?:[\w-]+ )?(?:trial|rct)\b|"
            r"\b(?:took|taken) part in (?:an?|the|our|this) (?:earlier|original|former|previous) (?:[\w-]+ ){0,3}(?:trial|rct)\b|"
            r"\byears? after (?:they|the (?:famil|child|mother|father|parent)\w+|it|its|the) (?:\w+ ){0,2}had been "
            r"(?:randomi[sz]ed|randomly)|"
            r"\bthis (?:is a )?(?:secondary|post[- ]hoc) analysis\b"
        ),
    ),
    (
        "non-randomised",
        (
            r"\bnon[- ]?randomi[sz]ed|\b(?:quasi|semi|pseudo)[- ]?(?:experiment|randomi)|"
            r"\b(?:assignment|allocation)\b[^.;]{0,40}\bnot (?:at )?random\b|"
            r"\bnot (?:been )?(?:randomi[sz]ed|randomly (?:assign|allocat))|\bwithout randomi[sz]|"
            r"\bmatched (?:comparison|control)|\b(?:nonequivalent|non-equivalent) |"
            r"\balternate(?:ly)? (?:assign|allocat)|\b(?:assigned|allocated)[^.;]{0,40} "
            r"(?:alternately|by (?:date of birth|birth date|day of the week|hospital number|"
            r"their choice|preference))|\bodd or even\b|^(?![^;]*\brandom)[^;]*\b(?:assigned|allocated)\b[^.;]{0,20} "
            r"(?:according to|depending on|based on|by) (?:the |their )?(?:dates?|weeks?|months?|days?|time|order|year|"
            r"place|availability|preferences?|choice|own choice) (?:of|at)\b"
        ),
    ),
    (
        "randomised",
        _RANDOM
        + r"|\brandom(?:ly)? (?:assign|allocat|divid|split|put\b|plac(?:ed|ing)|given|sent\b|drawn (?:in|to|for)|"
        r"had\b|got\b|received|were given|distributed (?:in|to|among|between)|clinical|control)|\bRCTs?\b|"
        r"\b(?:assigned|allocated|placed|put|given|divided|split)\b[^.;]{0,50} (?:at random|by chance|randomly)\b|"
        r"\b(?:assign|alloc)\w*\b[^.;]{0,60}\b(?:sealed|opaque) (?:[\w-]+,? ){0,2}envelopes?\b|"
        r"\b(?:assignment|allocation)\b[^.;]{0,50}\b(?:was|were) (?:done |made )?(?:at )?random(?:ly)?\b(?! effects?)|"
        r"\b(?:assign|alloc|allot|drawn|divid|select)\w*\b[^.;]{0,60}\b(?:lottery|raffle|ballot|dice|a die)\b|"
        r"\b(?:threw|thrown|rolled|cast) (?:a |the )?(?:die|dice)\b|\bpermuted[- ]blocks?\b|"
        r"\b(?:assign|alloc|allot)\w*\b[^.;]{0,40}\bminimi[sz]ation\b|"
        r"\border\b[^.;]{0,60}\b(?:chosen|drawn|determined|decided|set) (?:at random|randomly|by (?:lot|chance))\b|"
        r"\bcomputer[- ]generated (?:[\w-]+ ){0,2}(?:sequence|list|schedule)s?\b|"
        r"\b(?:two|three|four|both|2|3|4) (?:[\w-]+,? ){0,6}?randomi[sz]ed,? (?:[\w-]+,? ){0,5}?(?:trials|"
        r"experiments|studies)\b|^(?:Randomly|At random), |\blots? decided\b|\brandom (?:assignment|allocation|order)|\b(?:by|drawn by|drawing|drew) lots?\b|"
        r"\b(?:toss(?:ed|ing)?|flip(?:ped|ping)?) (?:of )?(?:a|the) coin\b|\bcoin (?:toss|flip|was (?:tossed|flipped))|"
        r"\bby (?:the )?(?:toss|flip|throw|roll) of|\bchance (?:alone )?(?:decided|determined|settled)\b|"
        r"\b(?:decided|determined|settled) by chance\b|\bby (?:a )?lottery\b|"
        r"\brandom[- ]numbers?\b[^.;]{0,60}\b(?:group|assign|allocat|arm|which|who)|"
        r"\b(?:group|assign\w*|allocat\w*|arm)\b[^.;]{0,60}\brandom[- ]numbers?\b|"
        r"\bat random (?:into|to (?:receive|have|get|one|either)|which|whom?)\b|"
        r"\b(?:double|triple)[- ](?:blind|mask)(?:ed)?,? (?:[a-z-]+,? ){0,3}(?:placebo|sham|cross-?over|trial|stud(?:y|ies)|fashion)",
    ),
    (
        "qualitative",
        (
            r"\bqualitative\b|\bsemi-?structured interviews?\b|\bthematic(?:ally)? analy|"
            r"\b(?:\w+ )?themes (?:were|was|emerged|arose)\b|"
            r"\bphenomenolog|\bfocus groups? (?:with|were|of|explored|discussed|asked)\b|\b(?:we|authors) interviewed\b"
            r"[^.;]{0,60}\b(?:about|on|whether|why|how)\b"
        ),
    ),
    (
        "economic",
        (
            r"\bcost[- ](?:effectiveness|utility|benefit) (?:analys|evaluation|ratio|plane|acceptab|model|stud)|"
            r"\bincremental cost|\bcosts? per (?:QALY|quality|case|life|child|family)|\beconomic (?:evaluation|analysis|model)|"
            r"\b(?:assess|estimat|evaluat|examin|determin|analy[sz]|investigat|model|compar)\w* the (?:\w+ )?"
            r"cost[- ](?:effectiveness|utility|benefit)|\bcost[- ](?:effectiveness|utility) (?:was|were|of)\b"
        ),
    ),
    (
        "case",
        (
            r"\bcase (?:series|report(?! forms?)|stud(?:y|ies))\b|\bsingle[- ](?:case|subject|participant)\b(?! data)|\bmultiple[- ]baseline|\bn[- ]of[- ](?:1|one)\b|"
            r"\bchanging[- ]criterion|\b(?-i:(?:B-?)?A-?B(?:-?[ABC]){0,4}) (?:[a-z-]+ ){0,2}(?:designs?|phases?)\b|\b(?-i:A-?B-?A-?B) (?:study|studies|experiments?)\b|"
            r"\b(?:reversal|withdrawal|alternating[- ]treatments?) designs?\b|"
            r"\b(?:we|authors) (?:report|describe|present) (?:on )?(?:a|an|the|one|two|three|four) "
            r"(?:\w+ ){0,3}(?:cases?|patients?|child|boy|girl|man|woman|infant)\b|"
            r"\b(?:an?|the) \d{1,3}[- ](?:year|month|week|day)s?[- ]old (?:\w+ ){0,3}(?:man|woman|"
            r"boy|girl|male|female|infant|child|patient|mother)\b"
        ),
    ),
    ("single-group", NO_CONTROL),
    (
        "non-randomised",
        r"\b(?:comparison|control|waitlist|wait-list) (?:group|condition)\b|\bcontrolled trial\b",
    ),
    (
        "single-group",
        (
            r"\b(?:single|one)[- ](?:group|arm)\b|\bpre[- ]?(?:to[- ])?(?:and )?post(?!-?(?:natal|partum|"
            r"operat|surg))|\bpretest\b|\buncontrolled (?:\w+ )?(?:study|trial|design|evaluation|pilot|before)|"
            r"\bbefore and after\b|\bfrom baseline to\b"
        ),
    ),
    (
        "review",
        (
            r"\b(?:article|paper|chapter) (?:reviews|discusses|summari[sz]es|outlines)\b|"
            r"(?<!records )(?<!files )\b(?:is|are|was|were) reviewed\b|\b(?:literature|evidence) (?:is|on [^.;]{3,60} is) "
            r"(?:discussed|summari[sz]ed)\b|^We (?:review|summari[sz]e) "
        ),
    ),
)
_TYPES = (
    (
        "notice",
        r"^(?:published erratum|retraction|retracted|expression of concern|comment|letter|editorial)",
    ),
    ("protocol", r"protocol"),
    ("review", r"review|meta-analysis"),
    ("randomised", r"^randomi[sz]ed controlled trial"),
    ("non-randomised", r"^controlled clinical trial|non-randomi[sz]ed"),
    ("case", r"^case reports?"),
)
_REGISTRATION = (("registration", r"^registration|^clinical trial registration"),)


def _compiled(
    rules: tuple[tuple[str, str], ...],
) -> Rules:
    return tuple((design, re.compile(words, re.IGNORECASE)) for design, words in rules)


TITLE, ABSTRACT, TYPES = _compiled(_TITLE), _compiled(_ABSTRACT), _compiled(_TYPES)
REGISTRATION = _compiled(_REGISTRATION)
