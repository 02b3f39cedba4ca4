"""Cards of answers: windows looked at by the network, with the people of a finished run."""

from types import SimpleNamespace

import pandas as pd
import pytest

from builders import LinearNetwork
from pasvar.annotate import Source
from pasvar.query import make_cards
from pasvar.tables import TABLES, write_table

WINDOW = "ACGTC" * 41
ALLELE = {"chrom": "20", "pos": 5, "ref": "A", "alt": "C", "gene_id": "G1"}
ANSWER = ALLELE | {
    "window_ref": WINDOW,
    "window_alt": WINDOW[:9] + "A" + WINDOW[10:],
    "window_hexamer_start": 71,
    "known": {},
}


class Network(LinearNetwork):
    def logits(self, windows):
        return windows[:, [*range(205), 0]].astype("float32")


@pytest.fixture
def assembly():
    return SimpleNamespace(engine=Network(), genome=SimpleNamespace(lengths={"20": 63_025_520}), known=())


def test_an_answer_with_windows_has_a_card_and_others_none(assembly):
    (card,) = make_cards([ALLELE, ANSWER], assembly)
    assert (card.assembly, card.hexamer_start, card.window_alt) == ("GRCh37", 71, ANSWER["window_alt"])
    assert card.profile_ref.shape == card.profile_alt.shape == (205,)
    assert card.profile_ref[3] > card.profile_ref[2]
    assert card.effects.shape == (4, 205)


def test_people_of_a_run_are_shown_by_allele_and_gene(assembly, tmp_path):
    nulls = dict.fromkeys(TABLES["gene_effects"].schema.names)
    known = {"id": "rs1", "af": 0.25, "n_carriers": 3, "allele_count": 4, "allele_number": 16}
    rows = pd.DataFrame([nulls | ALLELE | known, nulls | ALLELE | known | {"gene_id": "G2", "n_carriers": 9}])
    (tmp_path / "results").mkdir()
    write_table(tmp_path / "results" / "gene_effects.parquet", rows, "gene_effects")
    (card,) = make_cards([ANSWER], assembly, tmp_path)
    assert {name: card.row[name] for name in known} == known


def test_a_card_says_what_each_source_has_of_the_allele(assembly):
    assembly.known = [Source(name, [], ["F"], {}) for name in ("clinvar", "gnomad", "dbsnp")]
    known = {"gnomad": {"id": None, "AF": 2e-05, "FILTER": "PASS"}, "dbsnp": {"id": "rs1", "F": None}}
    (card,) = make_cards([ANSWER | {"known": known}], assembly)
    assert card.known == [
        ("clinvar", "has no record of this allele"),
        ("gnomad AF", "2e-05"),
        ("gnomad FILTER", "PASS"),
        ("dbsnp", "has the allele, and no value in the fields asked"),
    ]
