"""The queries of docs/sql.md, each run by DuckDB on small tables."""

import re
from pathlib import Path

import pandas as pd
import pytest

from pasvar.tables import TABLES, write_table

duckdb = pytest.importorskip("duckdb")

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)

GENE = {"gene_id": "G1", "gene_name": "ONE", "chrom": "20", "strand": "+", "n_sites": 2, "n_alleles": 2, "n_scored": 2}
ALLELE = {"chrom": "20", "pos": 100, "ref": "A", "alt": "G", "norm_pos": 100, "norm_ref": "A", "norm_alt": "G"}
ALLELE |= {"gene_id": "G1", "gene_name": "ONE", "site_ids": ["20:90:+", "20:300:+"]}
SITE = {"site_id": "20:90:+", "chrom": "20", "gene_name": "ONE"}
KNOWN = {"chrom": "20", "ref": "A", "hides": False}
TABLES_MADE = {
    "genes": [
        GENE | {"max_expected_impact": 0.25, "top_variant": "20:100:A:G", "top_direction": "shortening", "carriers": 3},
        GENE | {"gene_name": "TWO", "max_expected_impact": 0.5, "top_direction": "lengthening", "carriers": 1},
        GENE | {"gene_name": "NONE"},
    ],
    "gene_effects": [
        ALLELE
        | {"af": 0.001, "direction": "shortening", "impact": 0.5, "expected_impact": 0.25, "n_carriers": 2}
        | {"usage_ref": [0.25, 0.75], "usage_alt": [0.75, 0.25]},
        ALLELE
        | {"pos": 105, "alt": "T", "norm_pos": 104, "norm_alt": "T", "af": 0.001, "direction": "shortening"}
        | {"impact": 0.125, "expected_impact": 0.0625, "n_carriers": 3, "flags": "a_rich&unconfirmed_site"}
        | {"usage_ref": [0.25, 0.75], "usage_alt": [0.375, 0.625]},
        ALLELE | {"pos": 200, "norm_pos": 200, "af": 0.5, "direction": "none", "impact": 0.0, "expected_impact": 0.0},
    ],
    "sites": [
        SITE | {"source": "gtf", "confidence": 1.0},
        SITE | {"source": "gtf", "confidence": 0.96875},
        SITE | {"source": "predicted", "confidence": 0.25},
    ],
    "known": [
        KNOWN | {"pos": 100, "alt": "G", "source": "clinvar", "field": "CLNSIG", "value": "Pathogenic"},
        KNOWN | {"pos": 105, "alt": "T", "source": "clinvar", "field": "CLNSIG", "value": "Likely_pathogenic"},
        KNOWN | {"pos": 105, "alt": "T", "source": "gnomad", "field": "AF", "value": "5e-05", "number": 0.00005},
        KNOWN | {"pos": 200, "alt": "G", "source": "clinvar", "field": "CLNSIG", "value": "Pathogenic"},
        KNOWN | {"pos": 200, "alt": "G", "source": "gnomad", "field": "AF", "value": "0.25", "number": 0.25},
    ],
    "samples": [
        {"sample": "ann", "gene_name": "ONE", "delta_pdui": -0.5},
        {"sample": "bob", "gene_name": "ONE", "delta_pdui": 0.25},
        {"sample": "eve", "gene_name": "ONE", "delta_pdui": 0.0},
    ],
}
ANSWERS = [
    [
        ("TWO", None, "lengthening", None, 0.5, 1),
        ("ONE", "20:100:A:G", "shortening", None, 0.25, 3),
    ],
    [("ONE", "shortening", "high", 1, 2), ("ONE", "shortening", "moderate", 1, 3)],
    [("20", 100, "A", "G", "ONE", pytest.approx(0.001), "shortening", 0.5, None, None)],
    [("gtf", 0.9, 1), ("gtf", 1.0, 1), ("predicted", 0.2, 1)],
    [
        ("ONE", "20", 100, "A", "G", "20:90:+", 0.25, 0.75),
        ("ONE", "20", 100, "A", "G", "20:300:+", 0.75, 0.25),
        ("ONE", "20", 105, "A", "T", "20:90:+", 0.25, 0.375),
        ("ONE", "20", 105, "A", "T", "20:300:+", 0.75, 0.625),
    ],
    [("ONE", 104, "A", "T", 0.0625, "Pathogenic")],
    [
        ("ONE", "20", 100, "A", "G", 0.25, "shortening", "Pathogenic", None),
        ("ONE", "20", 105, "A", "T", 0.0625, "shortening", "Likely_pathogenic", 0.00005),
    ],
    [("ONE", 2, 2.0, 3.0)],
    [(2,)],
]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    for name, rows in TABLES_MADE.items():
        frame = pd.DataFrame(rows).reindex(columns=TABLES[name].schema.names).astype(object)
        write_table(folder / "results" / TABLES[name].file, frame.where(frame.notna(), None), name)
    (folder / "clinvar.tsv").write_text("chrom\tpos\tref\talt\tsignificance\n20\t104\tA\tT\tPathogenic\n")
    (folder / "phenotype.tsv").write_text("sample\tvalue\nann\t1\nbob\t3\neve\t5\n")
    return folder


@pytest.mark.parametrize(("query", "answer"), list(zip(QUERIES, ANSWERS, strict=True)))
def test_a_query_of_the_page_answers(run, monkeypatch, query, answer):
    monkeypatch.chdir(run)
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchall() == answer
    if "strong.csv" in query:
        assert len(Path("strong.csv").read_text().splitlines()) == 3
