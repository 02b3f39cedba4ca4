"""Configurations and command lines of docs/tools.md, by the programs that they are for."""

import gzip
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pysam
import pytest

from builders import write_vcf
from pasvar.annotate import GENE
from pasvar.tables import TABLES

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()
BODY = """
20 100 rs1 A G PASVAR_GENE={first}
20 200 rs2 C T PASVAR_GENE={second}
20 300 rs3 C T .
"""


def entry(**parts: object) -> str:
    """An entry of PASVAR_GENE, by the order that its header gives."""
    names = re.search(r"Format: ([^\"]+)\"", GENE.header).group(1).split("|")
    assert set(parts) <= set(names)
    return "|".join(str(parts.get(name, "")) for name in names)


@pytest.fixture
def folder(tmp_path) -> Path:
    first = entry(allele="G", gene_id="G1", direction="shortening", expected_impact=0.25)
    second = entry(allele="T", gene_id="G1", direction="none", expected_impact=0.0625)
    body = BODY.format(first=first, second=second)
    header = (GENE.header, '##INFO=<ID=PASVAR,Number=.,Type=String,Description="none">')
    write_vcf(tmp_path / "annotated.vcf.gz", body, header=header)
    write_vcf(tmp_path / "my.vcf.gz", "20 100 . A G .\n20 100 . A T .\n20 300 . C T .")
    columns = TABLES["saturation"].schema.names
    rows = [
        {"chrom": "20", "pos": pos, "ref": ref, "alt": alt, "delta_logodds_narrow": effect}
        for pos, ref, alt, effect in ((100, "A", "G", -1.5), (100, "A", "T", 0.25), (300, "C", "A", 2.0))
    ]
    lines = ["##pasvar_version=0.1.0", "#" + "\t".join(columns)]
    lines += ["\t".join(str(row.get(column, "")) for column in columns) for row in rows]
    with pysam.BGZFile(str(tmp_path / "saturation.tsv.gz"), "w") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    pysam.tabix_index(str(tmp_path / "saturation.tsv.gz"), seq_col=0, start_col=1, end_col=1, meta_char="#")
    return tmp_path


def infos(text: str) -> list[tuple[str, str]]:
    """ALT and INFO of the records of a VCF."""
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [(row[4], row[7]) for row in rows]


@pytest.mark.skipif(not shutil.which("vcfanno"), reason="needs vcfanno (Debian's package vcfanno)")
def test_vcfanno_takes_the_allele_that_a_record_has(folder):
    (config,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "pasvar.toml").write_text(config)
    done = subprocess.run(
        ["vcfanno", "pasvar.toml", "my.vcf.gz"], cwd=folder, capture_output=True, text=True, check=True
    )
    (g, g_info), (t, t_info), (_, none) = infos(done.stdout)
    assert (g, t) == ("G", "T")
    assert "pasvar_effect=-1.5" in g_info
    assert "pasvar_gene=G|G1|" in g_info
    assert "pasvar_effect=0.25" in t_info
    assert "pasvar_gene" not in t_info
    assert "pasvar" not in none


def test_the_column_that_vcfanno_takes_is_the_effect():
    (config,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (number,) = tomllib.loads(config)["annotation"][1]["columns"]
    assert TABLES["saturation"].schema.names[number - 1] == "delta_logodds_narrow"


def bcftools_lines() -> list[str]:
    """The commands of the page, in its order."""
    return re.findall(r"^    (bcftools (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("bcftools"), reason="needs bcftools")
def test_bcftools_takes_the_table_of_all_substitutions(folder):
    done = subprocess.run(["bash", "-ec", bcftools_lines()[2]], cwd=folder, capture_output=True, text=True, check=True)
    assert infos(done.stdout) == [("G", "PASVAR_EFFECT=-1.5"), ("T", "PASVAR_EFFECT=0.25"), ("T", ".")]


@pytest.mark.skipif(not shutil.which("bcftools"), reason="needs bcftools")
def test_bcftools_splits_and_filters(folder):
    split, view, _ = bcftools_lines()
    subprocess.run(["bash", "-ec", split], cwd=folder, capture_output=True, check=True)
    assert (
        "expected_impact=0.25;direction=shortening" in gzip.decompress((folder / "split.vcf.gz").read_bytes()).decode()
    )
    done = subprocess.run(["bash", "-ec", view], cwd=folder, capture_output=True, text=True, check=True)
    assert [alt for alt, _ in infos(done.stdout)] == ["G"]


@pytest.mark.skipif(not shutil.which("node"), reason="needs a JavaScript engine (node)")
@pytest.mark.parametrize(
    ("info", "kept"), [("{expected_impact: 0.25}", "true"), ("{expected_impact: 0.05}", "false"), ("{}", "false")]
)
def test_the_expression_for_slivar_is_javascript(info, kept):
    (expression,) = re.findall(r"--info '(.*?)'$", PAGE, re.MULTILINE)
    script = f"const INFO = {info}, variant = {{FILTER: 'PASS'}}; console.log({expression})"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kept
