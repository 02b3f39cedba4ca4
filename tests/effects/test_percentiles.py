"""The rank of an effect among all possible ones of its site."""

import numpy as np
import pandas as pd
from hypothesis import given, strategies as st

from pasvar.effects.percentiles import EffectSizes

REFERENCES = pd.DataFrame({"site_id": ["A", "B", "C"], "logodds_narrow": np.float32([1.0, -2.0, 0.0])})


def pieces(*rows: tuple[str, float], n: int = 1) -> list[pd.DataFrame]:
    """Substitutions (site, effect) as `n` pieces of a table."""
    reference = dict(zip(REFERENCES.site_id, REFERENCES.logodds_narrow, strict=True))
    tables = []
    for i in range(n):
        site, effect = [site for site, _ in rows[i::n]], [effect for _, effect in rows[i::n]]
        alt = np.float32([reference[s] for s in site]) + np.float32(effect)
        tables.append(pd.DataFrame({"site_id": site, "logodds_narrow_alt": np.asarray(alt, dtype=np.float32)}))
    return tables


def percentiles(sizes: EffectSizes, *rows: tuple[str, float]) -> list[float]:
    asked = pd.concat(pieces(*rows))
    found = sizes.percentile(asked)
    assert found.dtype == np.float32
    return [None if np.isnan(share) else round(float(share), 6) for share in found]


def test_the_share_of_smaller_effects_whatever_their_sign():
    sizes = EffectSizes(REFERENCES, pieces(("A", 0.5), ("A", -1.0), ("B", 4.0), ("A", 2.0), ("A", -0.25), n=2))
    asked = [("A", 1.0), ("A", -2.0), ("A", 0.25), ("A", 0.0), ("A", -3.0), ("A", 0.75)]
    assert percentiles(sizes, *asked) == [0.5, 0.75, 0, 0, 1, 0.5]
    assert sizes.n_substitutions == 5


def test_equal_effects_are_not_smaller():
    sizes = EffectSizes(REFERENCES, pieces(("B", 1.0), ("B", -1.0), ("B", 1.0), ("B", 3.0)))
    assert percentiles(sizes, ("B", 1.0), ("B", -1.0), ("B", 3.0), ("B", 2.0)) == [0, 0, 0.75, 0.75]


def test_a_site_without_substitutions_has_no_percentile():
    sizes = EffectSizes(REFERENCES, pieces(("B", 1.0)))
    assert percentiles(sizes, ("A", 1.0), ("B", 2.0), ("C", 0.0)) == [None, 1, None]


def test_no_substitutions_and_nobody_who_asks():
    assert percentiles(EffectSizes(REFERENCES, [])) == []
    assert EffectSizes(REFERENCES, pieces()).n_substitutions == 0


EFFECTS = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-16, 16).map(lambda n: n / 8)), max_size=40)


@given(EFFECTS, EFFECTS, st.integers(1, 4))
def test_percentiles_by_counting(known, asked, n):
    found = percentiles(EffectSizes(REFERENCES, pieces(*known, n=n)), *asked)
    for (site, effect), share in zip(asked, found, strict=True):
        others = [abs(other) for name, other in known if name == site]
        expected = round(sum(other < abs(effect) for other in others) / len(others), 6) if others else None
        assert share == expected
