"""Several tables in one file."""

import zipfile

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pasvar.errors import DamagedFile, InputError
from pasvar.tables import read_made_by, read_pieces, read_table, write_bundle, write_table

PEOPLE = pd.DataFrame({"sample": ["anna", "bert"]})
CONTIGS = pd.DataFrame({"chrom": ["20", "21"], "length": [1_000, 2_000]})


def write(path, made_by="tiny"):
    with write_bundle(path) as folder:
        write_table(folder / "people.parquet", PEOPLE, "people", {"model": made_by})
        write_table(folder / "contigs.parquet", CONTIGS, "contigs")
    return path


def test_tables_come_back_as_they_were_written(tmp_path):
    path = write(tmp_path / "both.zip")
    assert read_table(path, "people")["sample"].to_list() == ["anna", "bert"]
    assert read_table(path, "contigs").length.to_list() == [1_000, 2_000]
    assert [len(piece) for piece in read_pieces(path, "contigs", ["chrom"])] == [2]
    assert read_made_by(path, "people")["model"] == "tiny"
    assert "model" not in read_made_by(path, "contigs")
    assert [file.name for file in tmp_path.iterdir()] == ["both.zip"]


def test_a_bundle_is_a_zip_of_parquet_files(tmp_path):
    path = write(tmp_path / "both.zip")
    with zipfile.ZipFile(path) as bundle:
        assert bundle.namelist() == ["contigs.parquet", "people.parquet"]
        assert bundle.testzip() is None
        bundle.extractall(tmp_path)
    assert pq.read_table(tmp_path / "people.parquet")["sample"].to_pylist() == ["anna", "bert"]


def test_the_same_tables_give_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.zip").read_bytes() == write(tmp_path / "b.zip").read_bytes()
    assert write(tmp_path / "a.zip").read_bytes() != write(tmp_path / "b.zip", "other").read_bytes()


def test_what_fails_leaves_the_former_bundle(tmp_path):
    path = write(tmp_path / "both.zip")
    before = path.read_bytes()
    with pytest.raises(KeyError), write_bundle(path) as folder:
        write_table(folder / "people.parquet", CONTIGS, "people")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["both.zip"]


def test_what_a_killed_job_left_is_removed(tmp_path):
    (tmp_path / ".part.n1.77.tables+both.zip").mkdir()
    (tmp_path / ".part.n1.77+both.zip").write_text("half")
    write(tmp_path / "both.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["both.zip"]


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(DamagedFile, match="has no table sites"):
        read_table(write(tmp_path / "both.zip"), "sites")


def test_another_table_under_its_name(tmp_path):
    with write_bundle(tmp_path / "both.zip") as folder:
        write_table(folder / "people.parquet", CONTIGS, "contigs")
    with pytest.raises(InputError, match="is not the table 'people'"):
        read_table(tmp_path / "both.zip", "people")


@pytest.mark.parametrize("place", [2, 100, 0.5, -3], ids=["begin", "pages", "middle", "end"])
def test_a_damaged_bundle_is_never_read_as_something_else(tmp_path, place):
    path = write(tmp_path / "both.zip")
    data = bytearray(path.read_bytes())
    data[int(place * len(data)) if isinstance(place, float) else place] ^= 0xFF
    path.write_bytes(data)
    try:
        tables = read_table(path, "people"), read_table(path, "contigs")
    except (DamagedFile, InputError):
        return
    for found, expected in zip(tables, (PEOPLE, CONTIGS), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_half_a_bundle(tmp_path):
    path = write(tmp_path / "both.zip")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DamagedFile, match="cannot be read as a zip of tables"):
        read_table(path, "people")
