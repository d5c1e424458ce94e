"""The review's own table as tests invent it: whole, and within every range that was published."""

HEADER = "study,interventions,design,risk_of_bias,outcome_class,doi,pmid,registration,year,rating,title,papers"
# slug -> (studies, of which randomised with low risk of bias); the others are single-group
PUBLISHED = {
    "vipp": (9, 9),
    "abc": (8, 8),
    "cos": (8, 8),
    "pip": (10, 10),
    "cpp": (4, 2),
    "vig": (3, 1),
    "ddp": (1, 0),
    "www": (2, 0),
    "theraplay": (1, 0),
    "icp": (0, 0),
}


def line(study, slug, *, design="randomised", risk="low", kind="attachment", **more):
    """Write one row; its DOI is invented from its name."""
    cells = {
        "study": study,
        "interventions": slug,
        "design": design,
        "risk_of_bias": risk,
        "outcome_class": kind,
        "doi": f"10.5555/{study.lower().replace(' ', '-')}",
        "year": "2015",
        **more,
    }
    return ",".join(cells.get(name, "") for name in HEADER.split(","))


def lines(counts=None):
    """Write the rows of a whole table."""
    rows = []
    for slug, (studies, sound) in (PUBLISHED | (counts or {})).items():
        rows += [line(f"Trial {slug} {n}", slug) for n in range(sound)]
        rows += [
            line(f"Series {slug} {n}", slug, design="case series", risk="")
            for n in range(studies - sound)
        ]
    return rows


def file(rows=None):
    """Give the bytes of a table of these rows, or of a whole one."""
    return "\n".join([HEADER, *(lines() if rows is None else rows), ""]).encode()
