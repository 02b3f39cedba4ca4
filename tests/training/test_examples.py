"""The windows that a student learns from."""

import numpy as np
import pytest

from pasvar.errors import InputError
from pasvar.sequence import decode, encode, reverse_complement
from pasvar.training.examples import (
    HEXAMER_HIT,
    INDEL,
    MARGIN,
    NEIGHBOURHOOD,
    SUBSTITUTION,
    SUBSTITUTIONS,
    FamilySampler,
    Interval,
    Mixture,
    apply_indels,
    changes,
    genome_hits,
    random_neighbourhoods,
    real_ends,
)


def test_intervals():
    assert Interval.parse("chr20:40,000,000-63,025,520") == Interval("chr20", 40_000_000, 63_025_520)
    for text in ("20", "20:5", "20:9-5", ":1-2", "20:a-b"):
        with pytest.raises(ValueError, match="is not chrom:start-end"):
            Interval.parse(text)
    one = Interval("20", 100, 200)
    assert one.overlaps(Interval("20", 199, 300))
    assert not one.overlaps(Interval("20", 200, 300))
    assert not one.overlaps(Interval("21", 100, 200))


@pytest.fixture
def genome(tmp_path, rng):
    """A contig of 2,000 random bases without A or T but for one AATAAA per strand, and a GTF with the ends after them."""
    codes = rng.integers(1, 3, 2000).astype(np.uint8)
    codes[500:506] = encode("AATAAA")
    codes[1494:1500] = reverse_complement(encode("AATAAA"))
    (tmp_path / "genome.fa").write_text(f">1\n{decode(codes)}\n")
    line = '1\ttest\ttranscript\t{}\t{}\t.\t{}\t.\tgene_id "g"; transcript_id "t{}"; transcript_biotype "protein_coding";\n'
    (tmp_path / "genes.gtf").write_text(line.format(101, 520, "+", 1) + line.format(1481, 1900, "-", 2))
    return tmp_path / "genome.fa", tmp_path / "genes.gtf"


def test_real_ends_of_both_strands_have_the_hexamer_at_70(genome):
    ends = real_ends(*genome, Interval("1", 0, 2000))
    assert ends.shape == (2, NEIGHBOURHOOD)
    assert [decode(end[MARGIN + 70 : MARGIN + 76]) for end in ends] == ["AATAAA", "AATAAA"]


def test_ends_outside_the_interval_are_left_out(genome):
    assert len(real_ends(*genome, Interval("1", 0, 1000))) == 1
    with pytest.raises(InputError, match=r"genes.gtf: no transcript ends in 1:400-1000"):
        real_ends(*genome, Interval("1", 400, 1000))  # its neighbourhood would begin before 400


def test_genome_hits_of_both_strands(genome, rng):
    hits = genome_hits(genome[0], Interval("1", 0, 2000), 10, rng)
    assert [decode(hit[MARGIN + 70 : MARGIN + 76]) for hit in hits] == ["AATAAA", "AATAAA"]


@pytest.mark.parametrize(
    ("kind", "fewest", "most", "first", "last"),
    [(SUBSTITUTION, 1, 1, 0, 204), (SUBSTITUTIONS, 1, 3, 0, 204), (HEXAMER_HIT, 1, 1, 70, 75)],
)
def test_substitutions(kind, fewest, most, first, last, rng):
    backgrounds = random_neighbourhoods(300, rng)
    starts = rng.integers(0, 2 * MARGIN, 300)
    windows = np.stack([codes[start : start + 205] for codes, start in zip(backgrounds, starts, strict=True)])
    differ = changes(backgrounds, starts, np.full(300, kind), rng) != windows
    assert differ.sum(1).min() >= fewest  # of two or three places, two may be the same
    assert differ.sum(1).max() == most
    places = np.flatnonzero(differ.any(0))
    assert places[0] >= first
    assert places[-1] <= last


def test_an_unknown_base_stays(rng):
    unknown = np.full((50, NEIGHBOURHOOD), 4, dtype=np.uint8)
    assert (changes(unknown, np.full(50, MARGIN), np.repeat([0, 1], 25), rng) == 4).all()


def _indel(background: np.ndarray, start: int, place: int, gained: int) -> list[int | None]:
    """The definition, a base at a time; None is any inserted base."""
    bases = list(background)
    edited = bases[:place] + ([None] * gained if gained > 0 else []) + bases[place + max(-gained, 0) :]
    before_the_signal = place + max(-gained, 0) <= start + 70
    start = min(max(start + gained if before_the_signal else start, 0), len(edited) - 205)
    return edited[start : start + 205]


def test_indels_are_what_their_definition_says(rng):
    count = 500
    backgrounds = random_neighbourhoods(count, rng)
    starts = rng.integers(0, 2 * MARGIN + 1, count)
    gained = rng.choice([-20, -3, -1, 1, 2, 20], count)
    places = starts + rng.integers(0, 205 - np.abs(gained))
    windows = apply_indels(backgrounds, starts, places, gained, rng)
    for window, *given in zip(windows, backgrounds, starts, places, gained, strict=True):
        expected = _indel(*given)
        assert [base for base, known in zip(window, expected, strict=True) if known is not None] == [
            base for base in expected if base is not None
        ]
    assert windows.max() < 4


def test_indels_keep_the_window_anchored(neighbourhoods, rng):
    starts = np.full(len(neighbourhoods), MARGIN)
    windows = neighbourhoods[:, MARGIN : MARGIN + 205]
    edited = changes(neighbourhoods, starts, np.full(len(starts), INDEL), rng)
    # one side of the indel is untouched, and it is the side that the hexamer is on
    assert ((edited[:, :70] == windows[:, :70]).all(1) | (edited[:, 76:] == windows[:, 76:]).all(1)).all()


def test_a_batch_depends_on_the_seed_and_its_number_alone(neighbourhoods):
    sampler, other = (FamilySampler(neighbourhoods, neighbourhoods[:5], seed=3) for _ in range(2))
    third = sampler.draw(3, 4, 2)
    other.draw(1, 4, 2)
    np.testing.assert_array_equal(other.draw(3, 4, 2), third)
    assert third.shape == (4, 3, 205)
    assert (sampler.draw(4, 4, 2) != third).any()
    assert (FamilySampler(neighbourhoods, neighbourhoods[:5], seed=4).draw(3, 4, 2) != third).any()


def test_families_are_what_the_mixture_says(rng):
    ends, hits = np.zeros((2, NEIGHBOURHOOD), np.uint8), np.ones((2, NEIGHBOURHOOD), np.uint8)
    mixture = Mixture((0.7, 0.3, 0.0), (0.0,), shifted=0.0, with_unknown=0.2, changes=(1.0, 0.0, 0.0, 0.0))
    references = FamilySampler(ends, hits, 0, mixture).draw(0, 2000, 1)[:, 0]
    unknown = (references == 4).any(1)
    assert unknown.mean() == pytest.approx(0.2, abs=0.03)
    # the base in the middle is never unknown: 0 in ends, 1 in hits
    assert references[:, 102].mean() == pytest.approx(0.3, abs=0.03)
    assert (references[~unknown] == references[~unknown, :1]).all()
