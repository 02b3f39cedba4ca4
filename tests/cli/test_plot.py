"""``pasvar plot``: a gene by name or ID from the tables of a run, and what is refused."""

import pytest

from pasvar.cli import main
from pasvar.tables import TABLES, empty_frame, write_table

SITE = {
    "site_id": "20:1200:+", "chrom": "20", "strand": "+", "cut_pos": 1_200, "rank": 1, "gene_id": "G1", "gene_name": "A<b>",
    "window_start": 1_109, "window_end": 1_314, "usage_ref": 1.0, "confidence": 0.9, "source": "gtf",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import pandas as pd

    results = tmp_path_factory.mktemp("run") / "results"
    (results / "sites").mkdir(parents=True)
    sites = pd.DataFrame(
        [SITE, SITE | {"gene_id": "G2", "gene_name": "TWIN"}, SITE | {"gene_id": "G3", "gene_name": "TWIN"}]
    )
    sites = sites.assign(**dict.fromkeys(set(TABLES["sites"].schema.names) - set(sites), None))
    write_table(results / "sites.parquet", sites, "sites")
    write_table(results / "sites" / "exons.parquet", empty_frame("exons"), "exons")
    write_table(results / "gene_effects.parquet", empty_frame("gene_effects"), "gene_effects")
    return results.parent


@pytest.mark.parametrize("name", ["A<b>", "G1"])
def test_a_gene_is_drawn_by_name_or_id(run, tmp_path, name):
    assert main(["plot", name, "--run", str(run), "--out", str(tmp_path / "gene.svg")]) == 0
    text = (tmp_path / "gene.svg").read_text()
    assert "A&lt;b&gt; (G1)" in text
    assert "position on 20, plus strand" in text


@pytest.mark.parametrize(
    ("what", "out", "message"),
    [
        ("TWIN", "gene.svg", "TWIN: 2 genes have this name, give the ID: G2, G3"),
        ("NOBODY", "gene.svg", "NOBODY: no gene of"),
        ("G1", "gene.gif", "ends in .svg, .png or .pdf"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(run, tmp_path, capsys, what, out, message):
    assert main(["plot", what, "--run", str(run), "--out", str(tmp_path / out)]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_run_is_named(tmp_path, capsys):
    assert main(["plot", "G1", "--run", str(tmp_path), "--out", str(tmp_path / "gene.svg")]) == 1
    assert "sites.parquet: no such file; give --run DIR" in capsys.readouterr().err
