"""Tables as text for spreadsheets."""

import gzip
import json

import pandas as pd
import pytest

from pasvar.annotate.text import write_tsv
from pasvar.cli.main import main
from pasvar.tables import TABLES, empty_frame, write_table


def lines(path) -> list[list[str]]:
    return [line.split("\t") for line in gzip.open(path, "rt").read().splitlines()]


def test_a_formula_is_text_and_a_strand_stays(tmp_path):
    gene = {"gene_id": "=cmd()", "gene_name": "@SUM", "chrom": "1", "strand": "-", "n_sites": 2, "n_alleles": 3}
    row = dict.fromkeys(TABLES["genes"].schema.names) | gene | {"n_scored": 1, "n_strong": 0}
    write_table(tmp_path / "genes.parquet", pd.DataFrame([row]), "genes")
    assert write_tsv(tmp_path / "genes.parquet", "genes", tmp_path / "genes.tsv.gz") == 1
    header, found = lines(tmp_path / "genes.tsv.gz")
    assert header == TABLES["genes"].schema.names
    assert found[:6] == ["'=cmd()", "'@SUM", "1", "-", "2", "3"]


def test_an_empty_table_has_its_header(tmp_path):
    write_table(tmp_path / "a.parquet", empty_frame("scores"), "scores")
    assert write_tsv(tmp_path / "a.parquet", "scores", tmp_path / "a.tsv.gz") == 0
    assert lines(tmp_path / "a.tsv.gz") == [TABLES["scores"].schema.names]


@pytest.mark.parametrize(("min_cell", "exported"), [(None, {"gene_effects", "samples"}), (5, {"gene_effects"})])
def test_people_are_not_exported_where_few_are_hidden(tmp_path, capsys, min_cell, exported):
    for name in ("gene_effects", "samples"):
        made_by = {"settings": json.dumps({"min_cell": min_cell})}
        write_table(tmp_path / TABLES[name].file, empty_frame(name), name, made_by)
    assert main(["export", str(tmp_path), "--tsv", str(tmp_path / "tsv")]) == 0
    assert {path.name for path in (tmp_path / "tsv").iterdir()} == {f"{name}.tsv.gz" for name in exported}
    assert ("samples.parquet: not exported, because it has a row per person" in capsys.readouterr().out) == bool(
        min_cell
    )
