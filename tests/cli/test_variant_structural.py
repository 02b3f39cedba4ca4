"""``pasvar variant`` of structural changes: a gene of two sites, [300, 306) with its cut at 322 and [500, 506) with it at 522."""

import io
import json
from pathlib import Path

import pytest

from builders import gtf_line, write_fasta
from pasvar.cli import main

FILLER = "GACTCAGGTACCATGCTGACGTTCAGTCCA" * 40
SIGNAL = "AATAAA" + "CTGTGTCTTGCAGGTCTCAGTGTTTGTTTCTGTTGT"
GENOME = FILLER[:300] + SIGNAL + FILLER[:158] + SIGNAL + FILLER[:458]
KIND = 'gene_biotype "protein_coding"; transcript_biotype "protein_coding";'


WORDS = """\
20:491-530:DEL = 20:490 C><DEL>, ABC (+ strand)
  Deletes ABC's site (43 % of 3' ends, predicted): its other sites take over, and the 3' UTR shortens by 87 nt on average. \
Moderate confidence: the network did not score this change; that the other sites take over in proportion to their \
usage is an assumption.
  site        hexamer  known from  confidence  3' UTR  usage  with the variant
  20:322:+    AATAAA   gtf         0.89        213 nt  56.6%  100.0%
  20:522:+ <  AATAAA   gtf         0.86        413 nt  43.4%  0.0%

20:201-350:DUP = 20:200 C><DUP>, ABC (+ strand)
  Duplicates ABC's main site: 72 % of 3' ends instead of 57 % (predicted), and the 3' UTR shortens by 31 nt on average. \
Low confidence: the network did not score this change; that every copy is cut as often as the single site is an assumption.
  site        hexamer  known from  confidence  3' UTR  usage  with the variant
  20:322:+ <  AATAAA   gtf         0.89        213 nt  56.6%  72.3%
  20:522:+    AATAAA   gtf         0.86        413 nt  43.4%  27.7%
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assembly")
    fasta = write_fasta(folder / "genome.fa", {"20": GENOME})
    lines = [gtf_line("20", "x", "gene", 50, 522, "+", f'gene_id "G1"; gene_name "ABC"; {KIND}')]
    for number, end in ((1, 322), (2, 522)):
        names = f'gene_id "G1"; transcript_id "T{number}"; gene_name "ABC"; {KIND}'
        features = (("transcript", 50, end), ("exon", 50, end), ("CDS", 50, 109))
        lines += [gtf_line("20", "x", *feature, "+", names) for feature in features]
    (folder / "genes.gtf").write_text("".join(lines))
    options = ["--fasta", str(fasta), "--gtf", str(folder / "genes.gtf"), "--cache", str(folder / "cache")]
    return [*options, "--model", "aparent2-mini", "--device", "cpu"]


def test_a_deletion_and_a_duplication_in_words(assembly, capsys):
    assert main(["variant", "20:491-530:DEL", "20:201-350:DUP", *assembly]) == 0
    out, err = capsys.readouterr()
    assert out == WORDS
    assert "[W::" not in err


def test_lines_of_a_vcf_as_json(assembly, capsys, monkeypatch):
    lines = f"20\t490\tsv1\t{GENOME[489]}\t<DEL>\t.\t.\tEND=530\n20\t600\t.\t{GENOME[599]}\t<DEL>\t.\t.\tSVLEN=-50\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert main(["variant", "-", "--json", *assembly]) == 0
    gone, nothing = json.loads(capsys.readouterr().out)
    columns = ("pos", "alt", "id", "status", "reason", "mechanism", "copies", "structural_end", "site_ids", "usage_alt")
    assert {key: gone[key] for key in columns} == {
        "pos": 490,
        "alt": "<DEL>",
        "id": "sv1",
        "status": "structural",
        "reason": "a deletion of 40 nt that removes 1 site",
        "mechanism": "site_deleted",
        "copies": 0,
        "structural_end": 530,
        "site_ids": ["20:322:+", "20:522:+"],
        "usage_alt": [1.0, 0.0],
    }
    assert (gone["delta_logodds_narrow"], gone["scores"]) == (None, [])
    assert (nothing["status"], nothing["reason"]) == ("symbolic", "a deletion of 50 nt that removes no site")
    assert "gene_id" not in nothing


def test_a_run_without_its_record_says_what_is_missing(assembly, capsys):
    """The folder that keeps the sites has no provenance.json."""
    assert main(["variant", "20:491-530:DEL", *assembly]) == 0
    printed = capsys.readouterr().out
    (folder,) = (Path(assembly[5]) / "sites").iterdir()
    options = ["variant", "20:491-530:DEL", "--run", str(folder), "--device", "cpu"]
    assert main(options) == 1
    assert capsys.readouterr().err == (
        f"pasvar: error: {folder}/results/provenance.json: no such file; it records the genome of the run. Finish the run, or "
        "name the genome: --fasta GENOME.fa\n"
    )
    assert main([*options, *assembly[:2], *assembly[-4:-2]]) == 0
    assert capsys.readouterr().out == printed


def test_what_cannot_be_read_does_not_hide_the_answers_to_the_rest(assembly, capsys):
    assert main(["variant", "rs334", "20:491-530:DEL", *assembly]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("20:491-530:DEL = ")
    assert err.splitlines()[-1].startswith("pasvar: error: 'rs334' cannot be read as a variant")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["-"], "no variant is given; for example: pasvar variant 11:5225488:A:G"),
        (["20:600:A:C", "--known", "clinvar.vcf.gz"], "--known clinvar.vcf.gz: expected NAME=PATH:FIELD"),
        (["20:600:A:C", "--known", "clinvar=none.vcf.gz:CLNSIG"], "none.vcf.gz"),
        (["20:600:A:C", "--gtf", "none.gtf"], "none.gtf: no such file"),
    ],
)
def test_a_question_that_cannot_be_asked(assembly, capsys, monkeypatch, given, message):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["variant", *assembly, *given]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_without_files_the_missing_one_is_named(capsys):
    assert main(["variant", "20:600:A:C"]) == 1
    assert "--fasta is missing; give --run DIR of a finished run" in capsys.readouterr().err
