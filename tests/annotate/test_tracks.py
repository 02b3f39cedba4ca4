"""Tracks for genome browsers, read back by other libraries than the one that writes them: UCSC's own (pybbi) and libBigWig."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from pasvar.annotate.track_rows import DIRECTION_COLOURS, allele_lines, base_effects, site_lines, source_group
from pasvar.annotate.tracks import SITES, write_tracks
from pasvar.cli.main import main
from pasvar.errors import InputError
from pasvar.tables import DIRECTIONS, TABLES, empty_frame, write_table

CONTIGS = pd.DataFrame({"chrom": ["20", "MT", "GL000191.1"], "length": [63025520, 16571, 106433]})

SITES_FOUND = [
    # chrom, strand, cut_pos, hexamer, hexamer_start, hexamer_end, gene_name, source, confidence, usage_ref
    ("20", "+", 1170, "AATAAA", 1150, 1156, "ONE", "gtf", 0.987, 0.75),
    ("20", "+", 1400, None, 1380, 1386, "ONE", "predicted", None, None),
    ("20", "-", 435, "ATTAAA", 450, 456, "TWO", "gtf+polyasite2", 0.5, 1.0),
    ("GL000191.1", "+", 170, "AATAAA", 150, 156, "THREE", "gtf", 1.0, 1.0),
]
ALLELES_FOUND = [
    # chrom, pos, ref, alt, id, gene_name, strand, direction, impact, expected_impact
    ("20", 452, "A", "G", "rs1", "TWO", "-", "less_cleavage", 0.8, 0.4),
    ("20", 1152, "TAAA", "T", None, "ONE", "+", "shortening", 0.25, 0.2),
    ("20", 1160, "C", "T", ".", "ONE", "+", "none", 0.0, 0.0),
    ("MT", 30, "C", "T", ".", "FOUR", "+", None, None, None),
]
EFFECTS_FOUND = [
    # chrom, pos, delta_logodds_narrow
    *[("20", 452, value) for value in (0.5, -2.25, 1.0)],
    *[("20", 453, value) for value in (0.125, 0.25, -0.0625)],
    ("MT", 30, -1.5),
]


def rows(name: str, columns: list[str], values: list[tuple], **others) -> pd.DataFrame:
    """Rows of a table; what is not given is null, and what may not be has a value in `others`."""
    known = pd.DataFrame(values, columns=columns).astype(object)
    rest = {column: [None] * len(values) for column in TABLES[name].schema.names if column not in columns}
    return known.assign(**(rest | {key: [value] * len(values) for key, value in others.items()}))


@pytest.fixture
def results(tmp_path) -> Path:
    folder = tmp_path / "results"
    write_table(folder / "reference" / "contigs.parquet", CONTIGS, "contigs")
    places = ["chrom", "strand", "cut_pos", "hexamer", "hexamer_start", "hexamer_end", "gene_name", "source"]
    sites = rows("sites", [*places, "confidence", "usage_ref"], SITES_FOUND)
    write_table(folder / "sites.parquet", sites, "sites")
    columns = ["chrom", "pos", "ref", "alt", "id", "gene_name", "strand", "direction", "impact", "expected_impact"]
    write_table(folder / "gene_effects.parquet", rows("gene_effects", columns, ALLELES_FOUND), "gene_effects")
    effects = rows("saturation", ["chrom", "pos", "delta_logodds_narrow"], EFFECTS_FOUND)
    write_table(folder / "saturation.parquet", effects, "saturation")
    return folder


def test_ucsc_reads_the_sites_with_names_scores_and_colours(results, tmp_path):
    bbi = pytest.importorskip("bbi")
    said = write_tracks(results, tmp_path / "tracks")
    with bbi.open(str(tmp_path / "tracks/hg19/sites.bb")) as file:
        assert file.chromsizes == {"chr20": 63025520}
        assert file.schema["columns"][9:] == ["source", "confidence", "usage"]
        found = file.fetch_intervals("chr20", 0, 63025520)
    assert [" ".join(map(str, row)) for row in found.itertuples(index=False)] == [
        "chr20 434 456 TWO ATTAAA 500 - 450 456 0,114,178 gtf+polyasite2 0.5 1",
        "chr20 1150 1170 ONE AATAAA 987 + 1150 1156 0,0,0 gtf 0.987 0.75",
        "chr20 1380 1400 ONE no hexamer 0 + 1380 1380 230,159,0 predicted nan nan",
    ]
    assert "contigs have UCSC's names: 20 is chr20, MT is chrM" in said
    assert "left out, for UCSC has no name for their contigs (GL000191.1): 1 line" in said


def test_libbigwig_reads_the_alleles_by_direction(results, tmp_path):
    libbigwig = pytest.importorskip("pyBigWig")
    write_tracks(results, tmp_path / "tracks")
    with libbigwig.open(str(tmp_path / "tracks/hg19/variants.bb")) as file:
        assert file.chroms() == {"chr20": 63025520, "chrM": 16571}
        assert file.entries("chr20", 0, 63025520) == [
            (451, 452, "rs1\t400\t-\t451\t452\t204,121,167\tTWO\tless_cleavage\t0.8"),
            (1151, 1155, "TAAA>T\t200\t+\t1151\t1155\t213,94,0\tONE\tshortening\t0.25"),
            (1159, 1160, "C>T\t0\t+\t1159\t1160\t150,150,150\tONE\tnone\t0"),
        ]
        assert file.SQL().startswith(b'table a\n""\n(\nstring chrom;""\n')
    text = (tmp_path / "tracks/hg19/variants.bed").read_text().splitlines()
    assert text[3] == "chrM\t29\t30\tC>T\t0\t+\t29\t30\t150,150,150\tFOUR\tnone\tnan"


def test_libbigwig_reads_the_largest_effect_of_each_base(results, tmp_path):
    libbigwig = pytest.importorskip("pyBigWig")
    write_tracks(results, tmp_path / "tracks")
    with libbigwig.open(str(tmp_path / "tracks/hg19/max_effect.bw")) as file:
        assert file.intervals("chr20") == ((451, 452, 2.25), (452, 453, 0.25))
        assert file.intervals("chrM") == ((29, 30, 1.5),)
    assert (tmp_path / "tracks/hg19/max_effect.bedGraph").read_text() == (
        "chr20\t451\t452\t2.25\nchr20\t452\t453\t0.25\nchrM\t29\t30\t1.5\n"
    )


def stanzas(path: Path) -> list[dict[str, str]]:
    """The stanzas of a file of a hub: lines `key value`, with blank lines between stanzas."""
    return [dict(line.split(" ", 1) for line in part.splitlines()) for part in path.read_text().strip().split("\n\n")]


def test_the_hub_has_what_ucsc_requires_and_its_files_are_there(results, tmp_path):
    """Required settings and the lengths of labels: UCSC's guide to track hubs."""
    folder = tmp_path / "tracks"
    write_tracks(results, folder)
    (hub,) = stanzas(folder / "hub.txt")
    assert set(hub) == {"hub", "shortLabel", "longLabel", "genomesFile", "email"}
    (genome,) = stanzas(folder / hub["genomesFile"])
    assert genome == {"genome": "hg19", "trackDb": "hg19/trackDb.txt"}
    tracks = stanzas(folder / genome["trackDb"])
    assert [(track["track"], track["type"]) for track in tracks] == [
        ("pasvar_sites", "bigBed 9 +"),
        ("pasvar_variants", "bigBed 9 +"),
        ("pasvar_max_effect", "bigWig 0 10"),
    ]
    for track in tracks:
        assert (folder / "hg19" / track["bigDataUrl"]).is_file()
        assert len(track["shortLabel"]) <= 17
    assert all(len(stanza["longLabel"]) <= 76 for stanza in (hub, *tracks))


def test_the_session_of_igv_has_relative_paths_that_are_there(results, tmp_path):
    folder = tmp_path / "tracks"
    write_tracks(results, folder)
    session = ElementTree.parse(folder / "igv_session.xml").getroot()
    paths = [resource.get("path") for resource in session.iter("Resource")]
    assert paths == ["hg19/sites.bb", "hg19/variants.bb", "hg19/max_effect.bw"]
    assert all((folder / path).is_file() for path in paths)
    assert [track.get("id") for track in session.iter("Track")] == paths
    assert (session.get("genome"), session.get("locus")) == ("hg19", "chr20:1-956")


def test_what_is_empty_or_missing_is_said_and_not_in_the_hub(results, tmp_path):
    (results / "saturation.parquet").unlink()
    write_table(results / "gene_effects.parquet", empty_frame("gene_effects"), "gene_effects")
    said = write_tracks(results, tmp_path / "tracks")
    assert "no variants: its table is empty" in said
    assert f"no max_effect: {results}/saturation.parquet comes of `snakemake saturation`" in said
    assert [track["track"] for track in stanzas(tmp_path / "tracks/hg19/trackDb.txt")] == ["pasvar_sites"]


def test_an_assembly_that_is_not_known_must_be_named(results, tmp_path):
    write_table(results / "reference/contigs.parquet", CONTIGS.assign(length=5000), "contigs")
    with pytest.raises(InputError, match=r"neither those of GRCh37 nor of GRCh38; name the assembly .*--genome hg38"):
        write_tracks(results, tmp_path / "tracks")
    write_tracks(results, tmp_path / "tracks", "canFam6")
    assert (tmp_path / "tracks/canFam6/sites.bb").is_file()


def test_a_folder_with_other_files_is_not_replaced(results, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.docx").write_text("")
    with pytest.raises(InputError, match="contains other files than tracks of pasvar"):
        write_tracks(results, mine)
    (mine / "hub.txt").write_text("hub mine\n")
    with pytest.raises(InputError, match="contains another track hub"):
        write_tracks(results, mine)
    assert (mine / "thesis.docx").is_file()
    for _ in range(2):
        write_tracks(results, tmp_path / "tracks")


def test_without_pybigtools_the_message_says_what_to_install(results, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pybigtools", None)
    assert main(["export", str(results), "--tracks", str(tmp_path / "tracks")]) == 1
    assert capsys.readouterr().err == (
        'pasvar: error: --tracks needs pybigtools; install it with: pip install "pasvar[tracks]"\n'
    )
    assert not (tmp_path / "tracks").exists()


def test_a_command_says_what_it_wrote(results, tmp_path, capsys):
    assert main(["export", str(results.parent), "--tracks", str(tmp_path / "tracks")]) == 0
    assert f"{tmp_path}/tracks/hg19/{SITES.file}: 3 lines" in capsys.readouterr().out.splitlines()


def test_every_direction_has_a_colour_of_its_own():
    assert set(DIRECTION_COLOURS) == set(DIRECTIONS)
    assert len(set(DIRECTION_COLOURS.values())) == len(DIRECTIONS)


@pytest.mark.parametrize(
    ("source", "group"),
    [
        *[("gtf", "gtf"), ("predicted", "predicted"), ("gtf+polyasite2", "gtf and atlas")],
        *[("polyasite2", "atlas"), ("polyasite2+lab", "atlas")],
    ],
)
def test_sources(source, group):
    assert source_group(source) == group


def test_a_base_in_two_pieces_is_one():
    pieces = [
        pd.DataFrame({"chrom": "1", "pos": [7, 8], "delta_logodds_narrow": [1.0, 0.5]}),
        pd.DataFrame({"chrom": ["1", "1", "2"], "pos": [8, 8, 8], "delta_logodds_narrow": [-3.0, 0.0, 0.25]}),
    ]
    assert list(base_effects(pieces)) == [("1", 6, 7, 1.0), ("1", 7, 8, 3.0), ("2", 7, 8, 0.25)]
    assert list(base_effects([])) == []


def test_lines_have_no_tab_of_a_name_and_no_negative_start():
    site = dict.fromkeys(["chrom", "strand"], "+") | {"hexamer": "AATAAA", "hexamer_start": -3, "hexamer_end": 3}
    site |= {"cut_pos": 17, "gene_name": "A\tB", "source": "gtf", "confidence": 2.0, "usage_ref": 1.0}
    assert list(site_lines(pd.DataFrame([site]))) == [("+", 0, 17, "A B AATAAA\t1000\t+\t0\t3\t0,0,0\tgtf\t2\t1")]
    assert list(allele_lines([])) == []
