"""``pasvar variant --html`` and ``--plot``, on a gene of 600 bases and with the bundled network."""

import re

import pytest

from builders import gtf_line, write_fasta
from pasvar.cli import main

FILLER = "GACTCAGGTACCATGCTGACGTTCAGTCCA" * 20
GENOME = FILLER[:300] + "AATAAA" + "CTGTGTCTTGCAGGTCTCAGTGTTTGTTTCTGTTGT" + FILLER[:258]
KIND = 'gene_biotype "protein_coding"; transcript_biotype "protein_coding";'
NAMES = f'gene_id "G1"; transcript_id "T1"; gene_name "<b>G</b>"; {KIND}'


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assembly")
    fasta = write_fasta(folder / "genome.fa", {"20": GENOME})
    features = (("gene", 50, 322), ("transcript", 50, 322), ("exon", 50, 322), ("CDS", 50, 109))
    (folder / "genes.gtf").write_text("".join(gtf_line("20", "x", *feature, "+", NAMES) for feature in features))
    options = ["--fasta", str(fasta), "--gtf", str(folder / "genes.gtf"), "--cache", str(folder / "cache")]
    return [*options, "--model", "aparent2-mini", "--device", "cpu"]


def test_cards_and_a_picture_are_written(assembly, tmp_path, capsys):
    files = ["--html", str(tmp_path / "card.html"), "--plot", str(tmp_path / "card.svg")]
    assert main(["variant", "20:303:T:C", *assembly, *files]) == 0
    page = (tmp_path / "card.html").read_text()
    assert page.count("<article") == 1
    assert "&lt;b&gt;G&lt;/b&gt;" in page
    assert "AATAAA → AACAAA" in page
    assert "<svg" in (tmp_path / "card.svg").read_text()
    assert re.search(r"Destroys the AATAAA", capsys.readouterr().out)


def test_a_variant_without_an_effect_has_no_card(assembly, tmp_path, capsys):
    assert main(["variant", "20:5:C:A", *assembly, "--html", str(tmp_path / "card.html")]) == 1
    assert "no variant given has an effect on a gene's site" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_picture_of_an_unknown_kind_is_refused_before_anything_is_scored(tmp_path, capsys):
    assert main(["variant", "20:5:C:A", "--plot", str(tmp_path / "card.gif")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
