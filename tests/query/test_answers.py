"""What a variant does, as text for people: literal answers, and questions that have none."""

from types import SimpleNamespace

import pytest

from pasvar.errors import InputError
from pasvar.query.answers import answer, as_lines, as_text
from pasvar.variants import Allele

ALLELE = {"asked": "20:5:A:C", "chrom": "20", "pos": 5, "ref": "A", "alt": "C", "known": {}}
NO_SITE = ALLELE | {"status": "no_site_in_range", "reason": None}
SITE = {"site_id": "20:90:+", "hexamer": "AATAAA", "hexamer_tier": 0, "source": "gtf", "confidence": None}
GENE = {"gene_id": "G1", "gene_name": "ABC", "strand": "+", "site_id": None, "new_sites": [], "sites": []}
NEW = {"site_id": "20:30:+", "hexamer_ref": "AATACA", "hexamer_alt": "AATAAA"} | {
    "logodds_narrow_ref": -5.2,
    "logodds_narrow_alt": -0.4,
    "usage_alt": 0.071,
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (NO_SITE | {"nearest_site": None}, "  No polyadenylation site is known or predicted on this contig.\n"),
        (
            NO_SITE | {"nearest_site": "20:9:+", "nearest_gene": "ABC", "nearest_distance": 1204},
            "  Touches no polyadenylation site that is known or predicted. The nearest is 20:9:+ of ABC, 1,204 nt away.\n",
        ),
        (ALLELE | {"status": "chrom_end", "reason": "too near"}, "  Not scored: chrom_end (too near).\n"),
        (
            NO_SITE | {"nearest_site": None, "known": {"clinvar": {"id": "7", "CLNSIG": "Benign"}}},
            "  No polyadenylation site is known or predicted on this contig.\n  Known: clinvar CLNSIG=Benign.\n",
        ),
    ],
)
def test_a_variant_that_touches_no_site(given, said):
    assert as_text([given]) == "20:5 A>C\n" + said


def test_a_variant_that_may_make_a_site():
    given = (
        ALLELE
        | GENE
        | {"new_sites": [NEW], "known": {"gnomad": {"id": None, "AF": 0.25}}, "flags": "a_rich&outside_fit"}
    )
    assert as_text([given]) == (
        "20:5 A>C, ABC (+ strand)\n"
        "  May make a new site at 20:30:+: AATACA becomes AATAAA, log odds -5.20 to -0.40; 7.1% of the 3' ends.\n"
        "  Known: gnomad AF=0.25.\n"
        "  Flags: a_rich, outside_fit (docs/tables.md explains them).\n"
    )


def test_an_effect_without_error_bar_and_a_site_of_unknown_confidence():
    site = SITE | {"utr_length": None, "usage_ref": 1.0, "usage_alt": 1.0}
    effect = {"site_id": "20:90:+", "delta_logodds_narrow": -1.5, "logodds_narrow_ref": 0.25, "sites": [site]}
    assert as_text([ALLELE | GENE | effect]).splitlines()[1:] == [
        "  Effect at 20:90:+: -1.50 natural log odds of cleavage (reference 0.25).",
        "  site       hexamer  known from  confidence  3' UTR  usage   with the variant",
        "  20:90:+ <  AATAAA   gtf         unknown             100.0%  100.0%",
    ]


def test_lines_have_what_is_known():
    header, line = as_lines([NO_SITE | {"known": {"clinvar": {"id": "7", "CLNSIG": "Benign"}}}]).splitlines()
    row = dict(zip(header.split("\t"), line.split("\t"), strict=True))
    assert (row["chrom"], row["status"], row["known"]) == ("20", "no_site_in_range", "clinvar CLNSIG=Benign")


def test_nothing_asked_has_no_answer():
    assert answer([], SimpleNamespace()) == []


def test_one_deletion_with_two_ends_is_two_questions():
    assembly = SimpleNamespace(reader=SimpleNamespace(record_id=lambda text: None))
    asked = [(f"20:6-{end}:DEL", Allele("20", 5, "A", "<DEL>", f"END={end}")) for end in (50, 60)]
    with pytest.raises(
        InputError, match="20:5 A><DEL> is given with several ends; ask for each of them in its own call"
    ):
        answer(asked, assembly)
