"""Services that tests enter, all invented, and strategies that make more of them."""

from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap import rules as gap
from monitor.gap.states import State
from monitor.mine.rules import ServiceEntry

CATALOGUE = loader.load()
POLICY = CATALOGUE.gap
SLUGS = CATALOGUE.slugs
NORTH = ServiceEntry("North team", "Acute", {"ddp": 60, "icp": None, "vig": 30})
SOUTH = ServiceEntry("South team", "Acute", {"ddp": 30, "theraplay": 25, "icp": None})
HUB = ServiceEntry("Perinatal hub", "Early years", {"vipp": 20, "vig": 30, "icp": None})
CARE = ServiceEntry("Adoption support", "Care", {"ddp": 20, "theraplay": 20, "icp": None})
FOUR = (NORTH, SOUTH, HUB, CARE)

offers = st.dictionaries(
    st.sampled_from(SLUGS), st.one_of(st.none(), st.integers(0, 500)), max_size=10
)
entries = st.lists(st.tuples(st.text("abc ", min_size=1, max_size=3), offers), max_size=8).map(
    lambda made: [
        ServiceEntry(f"{name}{n}", name.strip(), told) for n, (name, told) in enumerate(made)
    ]
)
tiers = st.sampled_from(Tier)
directions = st.sampled_from(POLICY.directions)
bands = st.sampled_from(POLICY.bands)


def state(
    tier=Tier.WEAK, direction=Direction.NONE, band=UsageBand.WIDE, kind: GapKind | None = None
) -> State:
    """Make a state; its gap is the policy's unless another is wanted."""
    told = gap.assess(POLICY, tier, direction, band)
    return State(
        tier=tier, tier_low=tier, tier_high=tier, settled=True, direction=direction,
        studies=(1, 2), band=band, ranks=(1, 2, 3, 4), out_of=10, usage_words=None,
        kind=kind or told.kind, sentence=told.sentence,
    )  # fmt: skip


states = st.builds(state, tiers, directions, bands)
all_ten = st.tuples(*(states for _ in SLUGS)).map(lambda made: dict(zip(SLUGS, made, strict=True)))
