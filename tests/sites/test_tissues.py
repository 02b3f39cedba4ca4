"""Usages per tissue from the expression of transcripts, from literal files and a literal catalogue."""

import gzip

import pandas as pd
import pytest

from builders import records
from pasvar.errors import InputError
from pasvar.sites.tissues import read_expression, usage_by_transcripts

CATALOGUE = pd.DataFrame(
    {
        "site_id": ["20:500:+", "20:800:+"],
        "gene_id": "ONE",
        "transcript_ids": [["ENST00000000001.1"], ["ENST00000000002.1"]],
    }
)
STRINGTIE = CATALOGUE.assign(transcript_ids=[["MSTRG.7.1"], ["MSTRG.7.2"]])
USAGES = ["site_id", "tissue", "usage", "source"]


def read(folder, text: str) -> pd.DataFrame:
    (folder / "e.tsv").write_text(text)
    return read_expression(folder / "e.tsv")


def test_a_gct_of_another_release(tmp_path):
    """Versions of Ensembl's identifiers do not count; in blood the gene is not expressed; the third transcript ends nowhere."""
    expression = read(
        tmp_path,
        "#1.2\n3\t3\ntranscript_id\tgene_id\tLiver\tBrain\tBlood\nENST00000000001.7\tONE\t3\t0\t0.01\n"
        "ENST00000000002.1\tONE\t1\t5\t0.02\nENST00000000009.1\tX\t1\t1\t1\n",
    )
    assert records(usage_by_transcripts(CATALOGUE, expression), *USAGES) == [
        ("20:500:+", "Liver", 0.75, "transcripts"),
        ("20:500:+", "Brain", 0.0, "transcripts"),
        ("20:800:+", "Liver", 0.25, "transcripts"),
        ("20:800:+", "Brain", 1.0, "transcripts"),
    ]


def test_what_follows_the_dot_is_no_version_but_in_ensembl_and_refseq(tmp_path):
    """MSTRG.7.1 is made in liver only, MSTRG.7.2 in brain only: they are two transcripts of one gene."""
    expression = read(tmp_path, "transcript_id\tliver\tbrain\nMSTRG.7.1\t4\t0\nMSTRG.7.2\t0\t9\n")
    assert records(usage_by_transcripts(STRINGTIE, expression), *USAGES) == [
        ("20:500:+", "liver", 1.0, "transcripts"),
        ("20:500:+", "brain", 0.0, "transcripts"),
        ("20:800:+", "liver", 0.0, "transcripts"),
        ("20:800:+", "brain", 1.0, "transcripts"),
    ]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("ENST00000381297.10", "ENST00000381297"),
        ("ENSMUST00000000001.4", "ENSMUST00000000001"),
        ("ENST00000381297.10_PAR_Y", "ENST00000381297_PAR_Y"),
        ("NM_001256799.3", "NM_001256799"),
        ("XR_1.2", "XR_1"),
        ("PB.12.3", "PB.12.3"),
        ("T1.7", "T1.7"),
    ],
)
def test_identifiers(tmp_path, given, known):
    assert read(tmp_path, f"Name\tLiver\n{given}\t1\n").index.to_list() == [known]


def test_rows_of_one_transcript_add_up(tmp_path):
    assert read(tmp_path, "transcript_id\tLiver\nA\t1\nB\t5\nA\t2\n").Liver.to_dict() == {"A": 3, "B": 5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tLiver\nT1\t1\n", r"no column transcript_id; its columns are gene, Liver"),
        ("transcript_id\tLiver\nT1\t1\nT2\tx\n", r"e\.tsv: line 3: expression in 'Liver' is 'x', expected a number"),
        ("transcript_id\tLiver\nT1\tinf\n", r"e\.tsv: line 2: expression in 'Liver' is 'inf', expected a number"),
        ("transcript_id\tLiver\nT1\tnan\n", r"e\.tsv: line 2: expression in 'Liver' is 'nan', expected a number"),
        ("transcript_id\tLiver\nT1\t-1\n", r"line 2: expression in 'Liver' is -1\.0, expected a number of at least 0"),
        ("#1.2\n1\t1\ntranscript_id\tLiver\nT1\tx\n", r"e\.tsv: line 4: expression in 'Liver' is 'x'"),
        ("transcript_id\nT1\n", r"no column of a tissue in addition to transcript_id"),
        ("transcript_id\tLiver\n", r"no line of a transcript"),
        ("", r"e\.tsv: cannot be read as tab-separated text"),
    ],
)
def test_bad_expression(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_a_damaged_file_is_named(tmp_path):
    whole = bytearray(gzip.compress(b"transcript_id\tLiver\n" + b"T1\t1\n" * 50))
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "e.tsv.gz").write_bytes(whole)
    with pytest.raises(InputError, match=r"e\.tsv\.gz: the gzipped file is damaged or cut short"):
        read_expression(tmp_path / "e.tsv.gz")


def test_transcripts_of_another_annotation(tmp_path):
    expression = read(tmp_path, "transcript_id\tLiver\nT7\t1\n")
    with pytest.raises(
        InputError, match=r"none of its transcripts \(T7\) ends at a site of the GTF \(MSTRG.7.1, MSTRG.7.2\)"
    ):
        usage_by_transcripts(STRINGTIE, expression)
