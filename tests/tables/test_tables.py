"""The tables' files: schemas, determinism, damage."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import records
from pasvar.errors import DamagedFile, InputError
from pasvar.tables import io as tables
from pasvar.tables.docs import tables_markdown
from pasvar.tables.io import (
    empty_frame,
    gather,
    read_arrow,
    read_made_by,
    read_table,
    to_arrow,
    write_batches,
    write_table,
    write_text,
)
from pasvar.tables.schema import STATUSES, TABLES, USER_TABLES


def ledger(n: int) -> pd.DataFrame:
    """n rows of table `ledger`."""
    return pd.DataFrame(
        {
            "chrom": "20",
            "pos": np.arange(n),
            "ref": "A",
            "alt": ["C", "GT"] * (n // 2) + ["C"] * (n % 2),
            "status": "scored",
            "n_sites": 1,
            "vcf": "a.vcf.gz",
            "id": None,
            "reason": None,
        }
    )


@pytest.mark.parametrize("name", list(TABLES))
def test_an_empty_table_has_the_schema_of_a_full_one(tmp_path, name):
    frame = empty_frame(name)
    assert frame.empty
    write_table(tmp_path / "a.parquet", frame, name)
    table = read_arrow(tmp_path / "a.parquet", name)
    assert table.schema.equals(TABLES[name].schema)
    assert pq.read_schema(tmp_path / "a.parquet").names == [field.name for field in TABLES[name].columns]


@pytest.mark.parametrize("name", list(TABLES))
def test_every_column_has_a_meaning_and_stands_once(name):
    names = [field.name for field in TABLES[name].columns]
    assert len(set(names)) == len(names)
    assert all(field.metadata[b"meaning"] for field in TABLES[name].columns)


def test_meaning_and_unit_are_in_the_file(tmp_path):
    write_table(tmp_path / "a.parquet", ledger(2), "ledger")
    field = pq.read_schema(tmp_path / "a.parquet").field("pos")
    assert field.metadata[b"unit"] == b"1-based"


def test_the_statuses():
    assert list(STATUSES) == [
        "scored", "no_site_in_range", "ref_mismatch", "contig_unknown", "structural", "cuts_gene", "symbolic", "star", "non_acgt",
        "too_long", "chrom_end", "filtered", "duplicate", "not_read",
    ]  # fmt: skip


def test_columns_are_put_in_order_and_a_missing_one_is_an_error():
    frame = ledger(3)
    assert to_arrow(frame[frame.columns[::-1]].assign(more=1), "ledger").column_names == frame.columns.to_list()
    with pytest.raises(KeyError, match="table ledger: no column ref, vcf"):
        to_arrow(frame.drop(columns=["vcf", "ref"]), "ledger")


def test_a_value_that_the_type_cannot_hold_is_an_error():
    with pytest.raises(pa.ArrowInvalid):
        to_arrow(ledger(1).assign(n_sites=100_000), "ledger")
    with pytest.raises(pa.ArrowInvalid):
        to_arrow(ledger(1).assign(pos=0.5), "ledger")


def test_there_and_back(tmp_path):
    write_table(tmp_path / "deep/er/a.parquet", ledger(5), "ledger", {"model": "aparent2"})
    found = read_table(tmp_path / "deep/er/a.parquet", "ledger")
    assert records(found, *found.columns) == records(ledger(5), *found.columns)
    assert read_table(tmp_path / "deep/er/a.parquet", "ledger", columns=["status"]).columns.to_list() == ["status"]
    assert read_made_by(tmp_path / "deep/er/a.parquet")["model"] == "aparent2"
    assert list((tmp_path / "deep/er").iterdir()) == [tmp_path / "deep/er/a.parquet"]


def test_integers_with_nulls_stay_integers(tmp_path):
    frame = pd.DataFrame({"chrom": "20", "pos": [2**53 + 1, 2], "ref": "A", "alt": "C"})
    frame = frame.assign(n_carriers=pd.array([None, 3], dtype="Int32"), allele_count=1, allele_number=2)
    write_table(tmp_path / "a.parquet", frame, "carriers")
    found = read_table(tmp_path / "a.parquet", "carriers")
    assert found.n_carriers.dtype == "Int32"
    assert records(found, "pos", "n_carriers") == [(2**53 + 1, None), (2, 3)]


def test_the_index_of_a_frame_leaves_no_trace(tmp_path):
    write_table(tmp_path / "a.parquet", ledger(3), "ledger")
    write_table(tmp_path / "b.parquet", ledger(3).set_index(pd.Index([7, 8, 9], name="x")), "ledger")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(0, 50), cuts=st.lists(st.integers(0, 50), max_size=6))
def test_the_same_rows_give_the_same_bytes_however_split(tmp_path, n, cuts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "ROW_GROUP_SIZE", 10)
        whole = to_arrow(ledger(n), "ledger")
        borders = [0, *sorted(min(cut, n) for cut in cuts), n]
        pieces = [whole.slice(low, high - low) for low, high in itertools.pairwise(borders)]
        write_batches(tmp_path / "one.parquet", [whole], "ledger")
        write_batches(tmp_path / "many.parquet", iter(pieces), "ledger")
        for i, piece in enumerate(pieces):
            write_batches(tmp_path / f"{i}.parquet", [piece], "ledger")
        paths = [tmp_path / f"{i}.parquet" for i in range(len(pieces))]
        assert gather(paths, "ledger", tmp_path / "gathered.parquet") == n
    one = (tmp_path / "one.parquet").read_bytes()
    assert (tmp_path / "many.parquet").read_bytes() == one
    assert (tmp_path / "gathered.parquet").read_bytes() == one
    groups = pq.ParquetFile(tmp_path / "one.parquet").metadata
    sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert sum(sizes) == n
    assert all(size == 10 for size in sizes[:-1])
    assert pq.read_table(tmp_path / "one.parquet").column("pos").to_pylist() == list(range(n))


def test_nothing_half_written_where_a_piece_fails(tmp_path):
    def pieces():
        yield to_arrow(ledger(3), "ledger")
        raise InputError("the second piece")

    write_table(tmp_path / "a.parquet", ledger(1), "ledger")
    before = (tmp_path / "a.parquet").read_bytes()
    with pytest.raises(InputError, match="the second piece"):
        write_batches(tmp_path / "a.parquet", pieces(), "ledger")
    assert (tmp_path / "a.parquet").read_bytes() == before


@pytest.mark.parametrize("damage", ["half", "empty", "text"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "a.parquet"
    write_table(path, ledger(100), "ledger")
    data = path.read_bytes()
    path.write_bytes({"half": data[: len(data) // 2], "empty": b"", "text": b"no parquet at all"}[damage])
    with pytest.raises(InputError, match=r"a\.parquet: cannot be read as a parquet file .*; remove it and run again"):
        read_table(path, "ledger")


def test_another_table_is_named(tmp_path):
    write_table(tmp_path / "a.parquet", ledger(1), "ledger")
    with pytest.raises(InputError, match=r"a\.parquet: is not the table 'sites' of pasvar .*; remove it and run again"):
        read_table(tmp_path / "a.parquet", "sites")


def test_text_has_empty_fields_for_nulls(tmp_path):
    frame = pd.DataFrame({"gene_id": ["G"], "gene_name": ["g"], "chrom": ["20"], "strand": ["-"], "n_sites": [1]})
    frame = frame.assign(
        n_alleles=2, n_scored=1, n_strong=0, max_abs_delta_logodds_narrow=0.123456789, top_delta_logodds_narrow=-0.5
    )
    frame = frame.assign(
        max_expected_impact=0.25,
        top_impact=0.5,
        top_direction="none",
        top_variant=None,
        top_variant_id=None,
        top_variant_known=None,
        top_site="20:1:-",
        carriers=pd.NA,
    )
    write_text(tmp_path / "genes.tsv", frame, "genes")
    assert (tmp_path / "genes.tsv").read_text().splitlines() == [
        "\t".join(TABLES["genes"].schema.names),
        "G\tg\t20\t-\t1\t2\t1\t0\t0.123457\t0.25\t\t\t\t0.5\tnone\t-0.5\t20:1:-\t",
    ]


def test_the_description_names_every_user_column_and_status():
    text = tables_markdown()
    for name in USER_TABLES:
        assert f"## `results/{TABLES[name].file}`" in text
        for field in TABLES[name].columns:
            assert f"| `{field.name}` | {field.type} |" in text
    for status in STATUSES:
        assert f"| `{status}` |" in text


@pytest.mark.parametrize(("old", "new"), [(b"aparent2", b"aparent3"), (b'"pasvar_v', b"\x80pasvar_v")])
def test_what_made_a_table_is_believed_only_unchanged(tmp_path, old, new):
    path = tmp_path / "contigs.parquet"
    write_table(path, pd.DataFrame({"chrom": ["20"], "length": [700]}), "contigs", {"model": "aparent2"})
    schema = pq.read_schema(path)
    about = {key: value.replace(old, new) for key, value in schema.metadata.items()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(about), path)
    with pytest.raises(DamagedFile, match=r"contigs\.parquet: what it says of what made it was changed"):
        read_table(path, "contigs")
    with pytest.raises(DamagedFile, match=r"contigs\.parquet"):
        read_made_by(path)


def test_no_cell_of_a_tsv_is_a_formula(tmp_path):
    gene = dict.fromkeys(TABLES["genes"].schema.names) | {"gene_id": "=cmd()", "gene_name": "-1+1", "strand": "-"}
    counts = {"n_sites": 1, "n_alleles": 0, "n_scored": 0, "n_strong": 0}
    write_text(tmp_path / "genes.tsv", pd.DataFrame([gene | {"chrom": "20"} | counts]), "genes")
    assert (tmp_path / "genes.tsv").read_text().splitlines()[1].split("\t")[:4] == ["'=cmd()", "'-1+1", "20", "-"]
