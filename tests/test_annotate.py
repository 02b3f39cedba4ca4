"""INFO/PASVAR: what stands in it, and that nothing else of the VCF changes."""

import gzip
import shutil
import subprocess

import pandas as pd
import pysam
import pytest

from pasvar.annotate import FIELDS, GENE, NEW_SITE, annotate_vcf
from pasvar.cli import main
from pasvar.contigs import ContigNames
from pasvar.tables import TABLES, empty_frame, write_table

HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=q10,Description="low">
##contig=<ID=chr1,length=1000>
##contig=<ID=chr2,length=1000>
##INFO=<ID=AC,Number=A,Type=Integer,Description="copies">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\tbob
"""
RECORDS = """\
chr1\t10\trs1\tA\tC,G\t12.5\tPASS\tAC=1,2\tGT\t0|1\t2|2
chr1\t20\t.\tT\tTA\t.\tq10\tAC=1\tGT\t./.\t0/1
chr2\t10\trs2\tA\tC\t.\tPASS\t.\tGT\t0|1\t0|0
"""


def score(**changes) -> dict:
    """A row of the table `scores`."""
    row = dict.fromkeys(TABLES["scores"].schema.names) | {
        "chrom": "1",
        "pos": 10,
        "ref": "A",
        "alt": "C",
        "norm_pos": 10,
        "site_id": "1:30:+",
        "gene_id": "G1",
        "gene_name": "one",
        "strand": "+",
        "region": "hexamer",
        "anchor": "hexamer",
        "window_index": 71,
        "logodds_narrow_ref": 0.1,
        "delta_logodds_narrow": -2.25,
        "delta_logodds": 0.5,
        "delta_usage": -0.125,
        "hexamer_ref": "AATAAA",
        "hexamer_alt": "ACTAAA",
        "mechanism": "hexamer",
        "motif_lost": "AATAAA>ACTAAA",
        "percentile": 0.75,
        "delta_cut_mean": 1.5,
        "delta_cut_entropy": -0.25,
        "flags": "hexamer_changed&opposite_signs",
    }
    return row | changes


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text(HEADER + RECORDS)
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    return f"{path}.gz"


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "scores.parquet"
    rows = [
        score(),
        score(gene_id="G2", gene_name="two, or; three|four=4%"),
        score(alt="G", delta_logodds=-0.5, mechanism="other", motif_lost=None, percentile=None, flags="hexamer_indel"),
    ]
    write_table(path, pd.DataFrame(rows), "scores", {"model": "test", "model_sha256": "00"})
    return path


def info(path) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return [line.split("\t")[7] for line in lines if not line.startswith("#")]


def test_each_allele_gene_and_site_has_an_entry(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    assert annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {"model": "test"}) == 1
    numbers = "0.1|-2.25|0.5|-0.125|hexamer_changed&opposite_signs|site_weakened|hexamer|AATAAA>ACTAAA||0.75|1.5|-0.25"
    assert info(out) == [
        "AC=1,2;PASVAR="
        f"C|G1|one|1:30:+|+|AATAAA|hexamer|{numbers},"
        f"C|G2|two%2C%20or%3B%20three%7Cfour%3D4%25|1:30:+|+|AATAAA|hexamer|{numbers},"
        "G|G1|one|1:30:+|+|AATAAA|hexamer|0.1|-2.25|-0.5|-0.125|hexamer_indel|site_weakened|other||||1.5|-0.25",
        "AC=1",
        ".",
    ]


def test_nothing_else_changes(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {})
    with gzip.open(out, "rt") as lines:
        records = [line for line in lines if not line.startswith("#")]
    stripped = [
        "\t".join([*f[:7], ";".join(x for x in f[7].split(";") if not x.startswith("PASVAR=")), *f[8:]])
        for f in (record.split("\t") for record in records)
    ]
    assert "".join(stripped) == RECORDS


def test_the_header_says_what_made_it(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1"]), {"pasvar_version": "9.9", "model": "test", "model_sha256": "00"})
    with gzip.open(out, "rt") as lines:
        header = [line.rstrip() for line in lines if line.startswith("##pasvar")]
    assert header == ["##pasvar_version=9.9", "##pasvar_model=test", "##pasvar_model_sha256=00"]


def test_the_output_is_indexed(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1"]), {})
    with pysam.VariantFile(str(out)) as opened:
        assert [record.pos for record in opened.fetch("chr1", 15, 25)] == [20]


def test_no_scores_leave_the_records_as_they_are(vcf, tmp_path):
    write_table(tmp_path / "none.parquet", empty_frame("scores"), "scores")
    assert annotate_vcf(vcf, tmp_path / "none.parquet", tmp_path / "out.vcf.gz", ContigNames(["1"]), {}) == 0
    assert info(tmp_path / "out.vcf.gz") == ["AC=1,2", "AC=1", "."]


def test_substitutions_are_found_however_they_are_spelled(tmp_path):
    """In the table of all substitutions; `scores` has the spellings of its VCF, and what it lacks there was not scored."""
    record = "chr1\t{}\t.\t{}\t{}\t.\t.\t.\tGT\t0|1\t0|1\n".format
    spellings = [
        (8, "TTA", "TTC"),
        (8, "tta", "ttc"),
        (9, "TAG", "TCG,TGG,T"),
        (10, "A", "C"),
        (10, "A", "CT"),
        (10, "AG", "CC"),
    ]
    path = tmp_path / "in.vcf"
    path.write_text(HEADER + "".join(record(*spelling) for spelling in spellings))
    pysam.tabix_index(str(path), preset="vcf", force=True)
    found = []
    for name in ("saturation", "scores"):
        write_table(tmp_path / f"{name}.parquet", pd.DataFrame([score(), score(alt="G")]), name)
        annotate_vcf(f"{path}.gz", tmp_path / f"{name}.parquet", tmp_path / "out.vcf.gz", ContigNames(["1"]), {})
        entries = [text.removeprefix("PASVAR=").split(",") for text in info(tmp_path / "out.vcf.gz")]
        found.append([[entry.split("|")[0] for entry in of_record] for of_record in entries])
    assert found == [
        [["TTC"], ["ttc"], ["TCG", "TGG"], ["C"], ["."], ["."]],
        [["."], ["."], ["."], ["C"], ["."], ["."]],
    ]


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools (Debian package bcftools)")
def test_bcftools_splits_the_entries(vcf, scores, tmp_path):
    out = tmp_path / "out.vcf.gz"
    annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {})
    query = "%POS %allele %gene_id %delta_logodds_narrow\\n"
    command = ["bcftools", "+split-vep", "-a", "PASVAR", "-d", "-f", query, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["10 C G1 -2.25", "10 C G2 -2.25", "10 G G1 -2.25"], done.stderr


def test_the_command_annotates_without_a_model(vcf, scores, tmp_path, capsys):
    out = tmp_path / "out.vcf.gz"
    assert main(["annotate", "--vcf", vcf, "--scores", str(scores), "--out", str(out)]) == 0
    assert "1 records annotated" in capsys.readouterr().out
    assert info(out)[0].count("|") == 3 * (len(FIELDS) - 1)


def test_the_command_says_what_is_wrong_in_one_line(scores, tmp_path, capsys):
    assert main(["annotate", "--vcf", "none.vcf.gz", "--scores", str(scores), "--out", str(tmp_path / "o.vcf.gz")]) == 1
    assert capsys.readouterr().err == "pasvar: error: none.vcf.gz: no such VCF file (config key `vcf`)\n"


def test_genes_and_new_sites_have_fields_of_their_own(vcf, scores, tmp_path):
    allele = {"chrom": "1", "ref": "A", "alt": "G", "gene_id": "G1", "gene_name": "one"}
    gene = dict.fromkeys(TABLES["gene_effects"].schema.names) | allele | {
        "pos": 10, "n_sites": 3, "site_id": "1:30:+", "delta_pdui": 0.25, "delta_utr_length": -60.5, "total_variation": 0.5,
        "direction": "shortening", "gaining_site": "1:9:+", "losing_site": "1:30:+", "delta_truncated": 0.0, "top_tissue": None,
    }  # fmt: skip
    new = dict.fromkeys(TABLES["new_sites"].schema.names) | allele | {
        "pos": 20, "ref": "T", "alt": "TA", "site_id": "1:45:+", "strand": "+", "site_class": "3utr", "hexamer_ref": "AATGAA",
        "hexamer_alt": "AATAAA", "logodds_narrow_ref": -5.0, "delta_logodds_narrow": 3.0, "strength": 0.5, "usage_ref": 0.125,
        "usage_alt": 0.25, "delta_utr_length": None,
    }  # fmt: skip
    for name, row in (("gene_effects", gene), ("new_sites", new)):
        write_table(tmp_path / f"{name}.parquet", pd.DataFrame([row]), name)
    more = {GENE: tmp_path / "gene_effects.parquet", NEW_SITE: tmp_path / "new_sites.parquet"}
    out = tmp_path / "out.vcf.gz"
    assert annotate_vcf(vcf, scores, out, ContigNames(["1", "2"]), {}, more=more) == 2
    first, second, third = info(out)
    assert first.split(";PASVAR_GENE=")[1] == (
        "G|G1|one|3|1:30:+|0.25|-60.5|0.5|shortening|1:9:+|1:30:+|0.0||3utr_shortening"
    )
    assert second == "AC=1;PASVAR_NEW=TA|G1|one|1:45:+|+|3utr|AATGAA|AATAAA|-5.0|3.0|0.5|0.125|0.25||site_created"
    assert third == "."
    with pysam.VariantFile(str(out)) as file:
        for name in ("PASVAR_GENE", "PASVAR_NEW"):
            assert "Format: allele|gene_id|gene_name|" in file.header.info[name].description
