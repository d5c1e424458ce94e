"""Effects out of any numbers that a form or a file can hold: a finite one, or a refusal in words."""

import math

from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.effects import derive
from monitor.evidence.synthesis.pooling import pool
from monitor.evidence.synthesis.results import Allocation, Result
from monitor.kernel.errors import InvalidInput

POLICY = loader.load().synthesis
extremes = st.sampled_from(
    [None, 0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e-30, 1e12, -1e12, 1e200, -1e308, 1e308]
)
spreads = extremes.filter(lambda value: value is None or value > 0)
people = st.none() | st.sampled_from([2, 10, 10**12])


@given(st.data())
def test_whatever_the_numbers_an_effect_is_finite_or_refused(data):
    row = Result(
        study="an invented one",
        variant="",
        comparator="usual care",
        comparator_class="usual care",
        outcome_class="attachment",
        intervention="ddp",
        allocation=data.draw(st.sampled_from(Allocation)),
        effect_type=data.draw(st.sampled_from(EffectType)),
        cluster_size=data.draw(spreads),
        n_i=data.draw(people),
        n_c=data.draw(people),
        p=data.draw(st.sampled_from([None, 0.0, 5e-324, 1e-300, 0.05, 1.0])),
        **{
            name: data.draw(extremes)
            for name in ("effect", "ci_low", "ci_high", "mean_i", "mean_c")
        },
        **{name: data.draw(spreads) for name in ("se", "sd_i", "sd_c")},
    )
    try:
        effect = derive(row, POLICY)
    except InvalidInput:
        return
    if effect.yi is not None and effect.vi is not None:
        assert math.isfinite(effect.yi)
        assert 0 < effect.vi < math.inf
        estimate = pool([effect.yi], [effect.vi], POLICY).estimate
        assert estimate is not None
        assert math.isfinite(estimate)
