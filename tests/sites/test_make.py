"""The catalogue of GTF and atlases together, on a literal gene, and on chromosome 20."""

import pandas as pd
import pytest

from builders import gtf_line, records, write_fasta
from pasvar.config import fill_sites
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sites.make import make_sites
from pasvar.tables import content_sha256, to_arrow, write_table

GENE = 'gene_id "ONE"; gene_name "one"; transcript_biotype "protein_coding"; '


def line(feature: str, start: int, end: int, transcript: str) -> str:
    return gtf_line("20", "x", feature, start, end, "+", f'{GENE}transcript_id "{transcript}";')


GTF = "".join(
    [
        line("transcript", 101, 800, "T1.1"),
        line("exon", 101, 200, "T1.1"),
        line("exon", 301, 800, "T1.1"),
        line("CDS", 151, 200, "T1.1"),
        line("CDS", 301, 397, "T1.1"),
        line("stop_codon", 398, 400, "T1.1"),
        line("transcript", 101, 500, "T2.1"),
        line("exon", 101, 200, "T2.1"),
        line("exon", 301, 500, "T2.1"),
        line("CDS", 151, 200, "T2.1"),
        line("CDS", 301, 397, "T2.1"),
        line("stop_codon", 398, 400, "T2.1"),
    ]
)
"""3' ends at 500 and 800, 100 and 400 nt after the stop codon; an intron at 201-300."""


@pytest.fixture
def inputs(tmp_path):
    write_fasta(tmp_path / "genome.fa", {"20": "ACGTGCTA" * 200})
    (tmp_path / "genes.gtf").write_text(GTF)
    with Genome(tmp_path / "genome.fa") as genome:
        yield tmp_path, genome


def atlas_file(folder, name: str, *rows: tuple[int, float], contig: str = "20", strand: str = "+") -> dict:
    """A PolyA_DB file of (position, RPM)."""
    lines = [f"{contig}\t{position}\t{strand}\t{rpm}" for position, rpm in rows]
    (folder / f"{name}.txt").write_text("\n".join(["Chromosome\tPosition\tStrand\tMean RPM", *lines]) + "\n")
    return {"path": str(folder / f"{name}.txt"), "name": name}


def made(inputs, **config):
    folder, genome = inputs
    return make_sites(folder / "genes.gtf", genome, fill_sites(config))


COLUMNS = ["cut_pos", "source", "evidence", "site_class", "truncating", "n_transcripts", "utr_length", "usage_measured"]


def test_ends_and_an_atlas_become_one_catalogue(inputs):
    folder, _ = inputs
    # In an intron; 10 nt before the first end; 5 nt after the second; 300 nt downstream; too far downstream; a rare one.
    atlas = atlas_file(folder, "db", (250, 10), (490, 50), (805, 30), (1100, 10), (1900, 7), (650, 0.5))
    with pytest.raises(InputError, match=r"line 6: position is 1900"):
        made(inputs, atlas=[atlas])
    atlas = atlas_file(folder, "db", (250, 10), (490, 50), (805, 29.5), (1100, 10), (1590, 7), (650, 0.5))
    found = made(inputs, atlas=[atlas], extension=500)
    assert records(found.catalogue, *COLUMNS) == [
        (250, "db", ["db:250"], "intron", True, 0, None, pytest.approx(10 / 99.5)),
        (490, "gtf+db", ["gtf:500", "db:490"], "tandem_3utr", False, 1, 90, pytest.approx(50 / 99.5)),
        (805, "gtf+db", ["gtf:800", "db:805"], "tandem_3utr", False, 1, 405, pytest.approx(29.5 / 99.5)),
        (1100, "db", ["db:1100"], "extended", False, 0, 700, pytest.approx(10 / 99.5)),
    ]
    assert found.catalogue["rank"].to_list() == [1, 2, 3, 4]
    assert set(found.catalogue.usage_source) == {"measured:db"}
    assert (
        found.notes[-3:]
        == [
            "db: 6 sites of db.txt",
            "db: 2 3utr, 2 extended, 1 intron, 1 intergenic; left out: intergenic (config key `site_classes`)",
            "1 site of atlases alone with a usage below 0.01 left out",
        ]
        or found.notes[-1] == "1 site of atlases alone with a usage below 0.01 left out"
    )
    to_arrow(found.catalogue, "catalogue")


def test_classes_of_choice(inputs):
    atlas = atlas_file(inputs[0], "db", (250, 10), (795, 30), (1500, 7), (1550, 7))
    found = made(inputs, atlas=[atlas], extension=0, site_classes=["3utr", "intergenic"])
    assert records(found.catalogue, "cut_pos", "gene_id", "site_class", "usage_measured") == [
        (500, "ONE", "tandem_3utr", None),
        (795, "ONE", "3utr", 1.0),
        (1500, "intergenic@20:1500:+", "intergenic", 0.5),
        (1550, "intergenic@20:1500:+", "intergenic", 0.5),
    ]


def test_the_first_atlas_that_has_seen_a_gene_measures_it_and_all_are_evidence(inputs):
    one = atlas_file(inputs[0], "one", (1500, 1))
    two = atlas_file(inputs[0], "two", (495, 3), (803, 1))
    three = atlas_file(inputs[0], "three", (505, 1), (803, 9))
    found = made(inputs, atlas=[one, two, three], extension=100)
    assert records(found.catalogue, "evidence", "usage_measured", "usage_source") == [
        (["gtf:500", "two:495", "three:505"], 0.75, "measured:two"),
        (["gtf:800", "two:803", "three:803"], 0.25, "measured:two"),
    ]


def test_another_strand_is_no_evidence(inputs):
    atlas = atlas_file(inputs[0], "db", (500, 3), strand="-")
    assert made(inputs, atlas=[atlas]).catalogue.source.to_list() == ["gtf", "gtf"]


def test_usages_per_tissue_from_an_atlas(inputs):
    folder, _ = inputs
    (folder / "t.bed").write_text(
        "20\t494\t495\ta\t0\t+\t1\t8\n20\t799\t800\tb\t0\t+\t3\t2\n20\t810\t811\tc\t0\t+\t0\t0\n"
    )
    atlas = {"path": str(folder / "t.bed"), "format": "bed", "name": "t", "tissues": {"fat": 7, "skin": 8}}
    found = made(inputs, atlas=[atlas])
    assert records(found.tissue_usage, "site_id", "gene_id", "tissue", "usage", "source") == [
        ("20:495:+", "ONE", "fat", 0.25, "t"),
        ("20:811:+", "ONE", "fat", 0.75, "t"),
        ("20:495:+", "ONE", "skin", 0.8, "t"),
        ("20:811:+", "ONE", "skin", 0.2, "t"),
    ]


def test_a_catalogue_can_be_used_again(inputs, tmp_path):
    folder, _ = inputs
    first = made(inputs, atlas=[atlas_file(folder, "db", (490, 5), (805, 5))])
    write_table(folder / "catalogue.parquet", first.catalogue, "catalogue")
    again = made(inputs, catalogue=str(folder / "catalogue.parquet"))
    assert content_sha256(again.catalogue, "catalogue") == content_sha256(first.catalogue, "catalogue")
    write_fasta(tmp_path / "other.fa", {"20": "AACGTGCT" * 200})
    with (
        Genome(tmp_path / "other.fa") as other,
        pytest.raises(
            InputError, match=r"has the hexamer \w{6}, .*other.fa has \w{6} there; they are of different assemblies"
        ),
    ):
        make_sites(folder / "genes.gtf", other, fill_sites({"catalogue": str(folder / "catalogue.parquet")}))


def test_an_atlas_of_another_assembly_is_noticed(inputs):
    """Places without a signal."""
    atlas = atlas_file(inputs[0], "db", *((60 + 28 * i, 1) for i in range(53)))
    with pytest.raises(
        InputError, match=r"db\.txt: AATAAA or ATTAAA stands before 0% of 53 cuts, at least 15% expected"
    ):
        made(
            inputs, atlas=[atlas], site_classes=["3utr", "exon", "intron", "intergenic", "extended"], min_atlas_usage=0
        )


def test_polyasite_and_ensembl_on_chromosome_20(chr20):
    """Real ends and real sites: how many of each have one of the other within 24 nt, counted apart from the code."""
    bed = chr20 / "polyasite2_predominant.chr20.bed"
    columns = {"name": 4, "abundance": 8, "share": 10}
    with Genome(chr20 / "chr20.fa") as genome:
        found = make_sites(
            next(chr20.glob("*.gtf.gz")),
            genome,
            fill_sites({"atlas": [{"path": str(bed), "format": "bed", "name": "polyasite2", "columns": columns}]}),
        ).catalogue
    atlas = pd.read_csv(bed, sep="\t", header=None)
    ends = pd.DataFrame(
        [place.split(":") for places in found.evidence for place in places], columns=["source", "pos"]
    ).assign(strand=[s for s, places in zip(found.strand, found.evidence, strict=True) for _ in places])
    ends = ends[ends.source == "gtf"].astype({"pos": int}).drop_duplicates()
    middle = (atlas[1] + atlas[2]) // 2 + 1

    def near(pos, strand, others, strands):
        return any(abs(pos - other) < 24 and strand == s for other, s in zip(others, strands, strict=True))

    gtf_near = sum(near(p, s, middle, atlas[5]) for p, s in zip(ends.pos, ends.strand, strict=True))
    atlas_near = sum(near(p, s, ends.pos, ends.strand) for p, s in zip(middle, atlas[5], strict=True))
    assert len(atlas) == 458
    assert 330 <= atlas_near <= 400
    assert 0.3 < gtf_near / len(ends) < 0.5
    both = found[found.source == "gtf+polyasite2"]
    assert len(both) >= atlas_near - 20
    assert both.hexamer_tier.isin([0, 1]).mean() > 0.85
