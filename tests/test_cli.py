"""The command line, and what importing the library costs."""

import subprocess
import sys

import pytest

from pasvar.cli import COMMANDS, main
from pasvar.tables import read_table

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
    assert "1 transcripts of other biotypes than protein_coding left out" in printed
    assert "1 transcripts gave 1 sites of 1 genes" in printed


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
        # the Snakefile is read anew in every job
        (
            "pasvar.config, pasvar.digest, pasvar.errors, pasvar.files",
            "numpy pandas torch transformers pyarrow requests",
        ),
        ("pasvar.cli", "numpy pandas torch transformers"),
        # rules that do not run the network
        ("pasvar.network, pasvar.store", "torch transformers"),
        ("pasvar.variants, pasvar.effects, pasvar.ledger, pasvar.annotate, pasvar.report.build", "torch transformers"),
        # rules that do: transformers alone takes seconds
        ("pasvar.engine, pasvar.scores, pasvar.model.checkpoint", "transformers"),
    ],
)
def test_imports_stay_light(modules, forbidden):
    code = f"import sys, {modules}; print(*sorted(set({forbidden.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
