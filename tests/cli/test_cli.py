"""The command line, and what importing the library costs."""

import argparse
import gzip
import os
import subprocess
import sys

import pytest

from builders import gtf_line, write_fasta, write_vcf
from pasvar.cli import sites
from pasvar.cli.main import COMMANDS, main
from pasvar.tables import empty_frame, read_table, write_table

GTF = """\
20\tensembl\ttranscript\t11\t90\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "one"; transcript_biotype "protein_coding";
20\tensembl\texon\t11\t90\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "one"; transcript_biotype "protein_coding";
20\tensembl\ttranscript\t11\t95\t.\t+\t.\tgene_id "G1"; transcript_id "T2"; gene_name "one"; transcript_biotype "lncRNA";
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert COMMANDS[command][3].split(",")[0] in capsys.readouterr().out


def test_sites_writes_the_catalogue(tmp_path, fasta, capsys):
    gtf, out = tmp_path / "genes.gtf", tmp_path / "sites.parquet"
    gtf.write_text(GTF)
    assert main(["sites", "--gtf", str(gtf), "--fasta", str(fasta), "--out", str(out)]) == 0
    assert read_table(out, "catalogue").site_id.tolist() == ["20:90:+"]
    printed = capsys.readouterr().out
    assert "1 transcript of other biotypes than protein_coding left out" in printed
    assert "1 site of 1 gene" in printed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"biotypes": ["protein_coding"], "min_canonical_share": 0.25, "merge_distance": 30}),
        (["--biotypes"], {"biotypes": [], "min_canonical_share": 0.25, "merge_distance": 30}),
        (
            ["--min-canonical-share", "0"],
            {"biotypes": ["protein_coding"], "min_canonical_share": 0, "merge_distance": 30},
        ),
    ],
)
def test_options_of_sites_that_are_nought_or_empty_count(tmp_path, options, expected):
    (tmp_path / "a.yaml").write_text("biotypes: [protein_coding]\nmin_canonical_share: 0.25\nmerge_distance: 30\n")
    parser = argparse.ArgumentParser()
    sites.add_arguments(parser)
    parsed = parser.parse_args(
        ["--gtf", "a.gtf", "--fasta", "a.fa", "--out", "a", "--config", str(tmp_path / "a.yaml"), *options]
    )
    found = sites._site_settings(parsed)
    assert {key: found[key] for key in expected} == expected


def test_sites_predicts_by_a_model(tmp_path, capsys):
    utr = "C" * 200 + "AATAAA" + "TGTGTCTGTTGTCATGTTGTGTCTTTTGTGT" + "C" * 300
    fasta = write_fasta(tmp_path / "genome.fa", {"1": "C" * 1000 + utr + "C" * 1000})
    gtf, out = tmp_path / "genes.gtf", tmp_path / "sites.parquet"
    attributes = 'gene_id "G"; transcript_id "T"; transcript_biotype "protein_coding";'
    lines = [("transcript", 101, 1537), ("exon", 101, 1537), ("CDS", 101, 1000)]
    gtf.write_text("".join(gtf_line("1", "test", *line, "+", attributes) for line in lines))
    given = ["sites", "--gtf", str(gtf), "--fasta", str(fasta), "--out", str(out), "--min-canonical-share", "0"]
    assert main([*given, "--model", "aparent2-mini"]) == 0
    assert "predicted: 1 site at 1 hexamer" in capsys.readouterr().out
    found = read_table(out, "catalogue").set_index("source")
    assert found.hexamer["predicted"] == "AATAAA"
    assert found.confidence["gtf"] < 0.2 < found.confidence["predicted"]


def test_sites_takes_the_biotypes_that_it_is_given(tmp_path, fasta):
    gtf, out = tmp_path / "genes.gtf", tmp_path / "sites.parquet"
    gtf.write_text(GTF)
    arguments = ["sites", "--gtf", str(gtf), "--fasta", str(fasta), "--out", str(out), "--biotypes", "lncRNA"]
    assert main(arguments) == 0
    assert read_table(out, "catalogue").site_id.tolist() == ["20:95:+"]


def test_an_error_is_one_line_and_leaves_no_file(tmp_path, fasta, capsys):
    out = tmp_path / "sites.parquet"
    assert main(["sites", "--gtf", "none.gtf", "--fasta", str(fasta), "--out", str(out)]) == 1
    assert capsys.readouterr().err == "pasvar: error: none.gtf: no such GTF file (config key `gtf`)\n"
    assert not out.exists()


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        # the Snakefile is read again in every job
        (
            "pasvar.config, pasvar.digest, pasvar.errors, pasvar.files",
            "numpy pandas torch transformers pyarrow requests",
        ),
        ("pasvar.cli.main", "numpy pandas torch transformers"),
        # rules that do not run the network
        ("pasvar.scoring.lazy_engine, pasvar.scoring.store", "torch transformers"),
        (
            "pasvar.variants.read, pasvar.effects.allele_effects, pasvar.variants.ledger, "
            "pasvar.annotate.annotated_vcf, pasvar.report.build",
            "torch transformers",
        ),
        # rules that do: transformers alone takes seconds
        ("pasvar.scoring.engine, pasvar.scoring.scores, pasvar.model.checkpoint", "transformers"),
    ],
)
def test_imports_stay_light(modules, forbidden):
    code = f"import sys, {modules}; print(*sorted(set({forbidden.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_annotate_says_which_genes_a_restricted_table_has(tmp_path, capsys):
    table = empty_frame("saturation")
    write_table(tmp_path / "saturation.parquet", table, "saturation", {"saturation_genes": "PTGIS, SOX12"})
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    out = tmp_path / "out.vcf.gz"
    assert (
        main(["annotate", "--vcf", str(vcf), "--scores", str(tmp_path / "saturation.parquet"), "--out", str(out)]) == 0
    )
    printed = capsys.readouterr().out
    assert "0 records annotated" in printed
    assert "has only the sites of these genes, so that alleles at other sites get no entry: PTGIS, SOX12" in printed
    with gzip.open(out, "rt") as lines:
        assert "##pasvar_saturation_genes=PTGIS, SOX12\n" in lines


@pytest.mark.parametrize("value", ["nan", "inf", "much"])
def test_a_limit_must_be_a_number_that_compares(value, capsys):
    with pytest.raises(SystemExit):
        main(["annotate", "--vcf", "a", "--scores", "b", "--out", "c", "--min-effect", value])
    assert f"argument --min-effect: '{value}' is no finite number" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error():
    """`pasvar ... | head`: the pipe is closed before the program writes."""
    code = (
        "import sys, pasvar.cli.docs as docs; from pasvar.cli import main\n"
        "def run(parsed): print('x' * 100_000, flush=True)\n"
        "docs.run = run\n"
        "sys.exit(main(['docs']))"
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
