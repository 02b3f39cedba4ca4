"""The catalogue of sites from literal transcripts and literal GTFs."""

import pandas as pd
import pytest

from builders import gtf_line, records, reverse_complement, write_fasta
from pasvar.errors import InputError
from pasvar.genome import Genome, read_annotation
from pasvar.sites.catalogue import SiteRules, find_sites as find_sites_of_evidence, window_interval
from pasvar.sites.site_evidence import transcript_ends
from pasvar.tables import to_arrow

SIGNAL = "CTGCAC" + "AATAAA" + "CTGTCTGTTCGGACGTCC"  # the last base is cut; the signal starts 23 nt before it
PLAIN = "CTGCGCTGTCCGTTCGGACGTCCTGCGGCT"  # 30 nt without a signal
CONTIG = PLAIN * 4 + SIGNAL + PLAIN * 4 + reverse_complement(SIGNAL) + PLAIN * 4
PLUS_CUT = 120 + 29  # 0-based
MINUS_CUT = 150 + 120


def transcripts(*rows: tuple) -> pd.DataFrame:
    """(gene, strand, start, end), optionally followed by (is_coding, utr_length), of contig 1."""
    return pd.DataFrame(
        [
            {
                "transcript_id": f"T{i}",
                "gene_id": gene,
                "gene_name": gene.lower(),
                "chrom": "1",
                "strand": strand,
                "start": start,
                "end": end,
                "is_coding": bool(rest) and rest[0],
                "utr_length": rest[1] if rest else float("nan"),
            }
            for i, (gene, strand, start, end, *rest) in enumerate(rows)
        ]
    )


def find_sites(ends: pd.DataFrame, genome: Genome, merge_distance: int, min_canonical_share: float) -> pd.DataFrame:
    """The catalogue of transcript ends alone."""
    rules = SiteRules(merge_distance, 0.01, "keep", min_canonical_share)
    return find_sites_of_evidence(transcript_ends(ends), genome, rules).sites


@pytest.fixture
def genome_of(tmp_path):
    """Genomes of one contig, `1`."""
    opened = []

    def of(sequence: str) -> Genome:
        opened.append(Genome(write_fasta(tmp_path / f"genome{len(opened)}.fa", {"1": sequence})))
        return opened[-1]

    yield of
    for genome in opened:
        genome.__exit__()


@pytest.fixture
def contig(genome_of):
    return genome_of(CONTIG)


@pytest.mark.parametrize(
    ("cut_pos", "strand", "offset", "expected"),
    [
        (1000, "+", -20, (909, 1114)),
        (1000, "-", -20, (885, 1090)),
        (10, "+", -45, (-106, 99)),
        (10, "-", -1, (-124, 81)),
    ],
)
def test_window_interval(cut_pos, strand, offset, expected):
    start, end = window_interval(cut_pos, strand, offset)
    assert (start, end) == expected
    first_of_hexamer = start + 70 if strand == "+" else end - 71
    along = 1 if strand == "+" else -1
    assert (first_of_hexamer - (cut_pos - 1)) * along == offset


def test_a_site_of_each_strand(contig):
    sites = find_sites(transcripts(("P", "+", 10, PLUS_CUT + 1), ("M", "-", MINUS_CUT, 380)), contig, 24, 0.15)
    columns = [
        "site_id",
        "strand",
        "cut_pos",
        "hexamer",
        "hexamer_tier",
        "hexamer_start",
        "hexamer_end",
        "window_start",
        "window_end",
    ]
    assert records(sites, *columns) == [
        ("1:150:+", "+", 150, "AATAAA", 0, 126, 132, 56, 261),
        ("1:271:-", "-", 271, "AATAAA", 0, 288, 294, 159, 364),
    ]
    assert CONTIG[126:132] == "AATAAA"
    assert CONTIG[288:294] == "TTTATT"
    assert set(sites.source) == {"gtf"}
    assert sites.usage_measured.isna().all()
    assert records(sites, "gene_id", "gene_name", "rank", "n_transcripts") == [("P", "p", 1, 1), ("M", "m", 1, 1)]
    to_arrow(sites.assign(confidence=0.5, in_usage=True), "catalogue")


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("distance", "n_sites"), [(1, 1), (23, 1), (24, 2), (25, 2)])
def test_ends_closer_than_the_merge_distance_are_one_site(contig, strand, distance, n_sites):
    sites = find_sites(
        transcripts(
            ("G", strand, 100, 300), ("G", strand, *((100, 300 + distance) if strand == "+" else (100 - distance, 300)))
        ),
        contig,
        24,
        0,
    )
    assert len(sites) == n_sites
    assert sites.n_transcripts.to_list() == [2] if n_sites == 1 else [1, 1]
    # of equals the most distal
    assert (300 + distance if strand == "+" else 101 - distance) in sites.cut_pos.to_list()


@pytest.mark.parametrize("distance", [1, 2, 3])
def test_other_merge_distances(contig, distance):
    sites = find_sites(transcripts(("G", "+", 1, 300), ("G", "+", 1, 300 + distance - 1)), contig, distance, 0)
    assert len(sites) == 1
    assert len(find_sites(transcripts(("G", "+", 1, 300), ("G", "+", 1, 300 + distance)), contig, distance, 0)) == 2


def test_a_chain_of_close_ends_is_one_site_at_the_most_frequent_end(contig):
    sites = find_sites(
        transcripts(("G", "+", 1, 300), ("G", "+", 1, 320), ("G", "+", 2, 320), ("G", "+", 1, 340), ("G", "+", 1, 200)),
        contig,
        24,
        0,
    )
    assert records(sites, "cut_pos", "n_transcripts", "rank") == [(200, 1, 1), (320, 4, 2)]


def test_ends_of_other_genes_and_of_the_other_strand_stay_apart(contig):
    sites = find_sites(transcripts(("G", "+", 1, 300), ("H", "+", 1, 300), ("I", "-", 299, 360)), contig, 24, 0)
    assert records(sites, "site_id", "gene_id") == [("1:300:+", "G"), ("1:300:+", "H"), ("1:300:-", "I")]


@pytest.mark.parametrize(
    ("strand", "places", "expected"),
    [
        ("+", [(1, 300), (1, 100), (1, 200)], [(100, 1), (200, 2), (300, 3)]),
        ("-", [(99, 350), (199, 350), (299, 350)], [(100, 3), (200, 2), (300, 1)]),
    ],
)
def test_rank_is_along_transcription_and_rows_along_the_genome(contig, strand, places, expected):
    sites = find_sites(transcripts(*(("G", strand, *place) for place in places)), contig, 24, 0)
    assert records(sites, "cut_pos", "rank") == expected


@pytest.mark.parametrize(
    ("coding", "site_class", "utr_length"),
    [
        ([(True, 150.0), (True, 170.0)], "3utr", 170),
        ([(True, 0.0), (True, 20.0)], "3utr", 20),
        ([(True, 0.0), (False, float("nan"))], "cds", 0),
        ([(False, float("nan")), (False, float("nan"))], "noncoding", None),
    ],
)
def test_class_and_utr_length_of_a_merged_site(contig, coding, site_class, utr_length):
    rows = [("G", "+", 1, 300 + i, *one) for i, one in enumerate(coding)]
    sites = find_sites(transcripts(*rows), contig, 24, 0)
    assert records(sites, "site_class", "utr_length", "n_transcripts") == [(site_class, utr_length, 2)]


def test_the_3utr_is_that_of_the_place_and_not_the_longest_of_what_was_merged(contig):
    """Two transcripts end at 300, one at 310 with a longer 3' UTR; most end at 300, and there the site is."""
    rows = [("G", "+", 1, 300, True, 150.0), ("G", "+", 1, 300, True, 140.0), ("G", "+", 1, 310, True, 900.0)]
    assert records(find_sites(transcripts(*rows), contig, 24, 0), "cut_pos", "utr_length") == [(300, 150)]


# --- the signal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("before_cut", "after_cut", "expected"),
    [
        # within a tier the one closest to the cut, over all the lowest tier
        ("AATAAA" + "G" * 14 + "AATAAA" + "G" * 14, "", ("AATAAA", 0, -20)),
        ("AATAAA" + "G" * 14 + "ATTAAA" + "G" * 14, "", ("AATAAA", 0, -40)),
        ("ATTAAA" + "G" * 14 + "AGTAAA" + "G" * 14, "", ("ATTAAA", 1, -40)),
        # it may start up to 45 nt before the cut base, and at the base before it
        ("AATAAA" + "G" * 39, "", ("AATAAA", 0, -45)),
        ("AATAAA" + "G" * 40, "", ("GGGGGG", -1, -25)),
        ("G", "AATAAA", ("GGGGGG", -1, -25)),
        ("GA", "ATAAA", ("AATAAA", 0, -1)),
        ("", "", ("GGGGGG", -1, -25)),
    ],
)
def test_signals_before_a_cut(genome_of, strand, before_cut, after_cut, expected):
    text = "G" * (100 - len(before_cut)) + before_cut + after_cut.ljust(100, "G")
    if strand == "+":
        genome, row = genome_of(text), ("G", "+", 1, 101)
    else:
        genome, row = genome_of(reverse_complement(text)), ("G", "-", 199 - 100, 199)
    (site,) = find_sites(transcripts(row), genome, 24, 0).itertuples()
    offset = (site.hexamer_start - 100) if strand == "+" else (199 - 100) - (site.hexamer_end - 1)
    assert (site.hexamer, site.hexamer_tier, offset) == expected
    assert (
        (site.window_start + 70 == site.hexamer_start) if strand == "+" else (site.window_end - 70 == site.hexamer_end)
    )


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("shift", "rich"),
    # 13 A that begin `shift` nt after the cut base: the stretch looked at is from 10 before to 30 after
    [(1, True), (-10, True), (-11, False), (18, True), (19, False)],
)
def test_a_rich(genome_of, strand, shift, rich):
    letters = list("C" * 201)
    letters[100 + shift : 113 + shift] = "A" * 13
    text = "".join(letters)
    if strand == "+":
        genome, row = genome_of(text), ("G", "+", 1, 101)
    else:
        genome, row = genome_of(reverse_complement(text)), ("G", "-", 100, 200)
    assert find_sites(transcripts(row), genome, 24, 0).a_rich.to_list() == [rich]


def test_a_signal_past_the_contigs_end_is_n(genome_of):
    genome = genome_of("GC" * 5)
    sites = find_sites(transcripts(("G", "+", 0, 3), ("H", "-", 7, 10)), genome, 24, 0)
    assert records(sites, "cut_pos", "hexamer", "hexamer_tier", "window_start") == [
        (3, "NNNNNN", -1, -93),
        (8, "NNNNNN", -1, -102),
    ]


# --- input that does not fit --------------------------------------------------------------------------------------------


def test_no_transcripts(contig):
    with pytest.raises(InputError, match=r"zero polyadenylation sites: .* config keys `gtf` and `biotypes`"):
        find_sites(transcripts(("G", "+", 1, 9)).iloc[:0], contig, 24, 0.15)


def test_ends_without_signals_are_another_assembly(genome_of):
    genome = genome_of("G" * 3000)
    many = transcripts(*((f"G{i}", "+", 1, 200 + 40 * i) for i in range(50)))
    with pytest.raises(InputError, match=r"only 0% of 50 transcript ends .*another assembly.*`min_canonical_share`"):
        find_sites(many, genome, 24, 0.15)
    assert len(find_sites(many, genome, 24, 0)) == 50
    # too few to judge
    assert len(find_sites(many.iloc[:49], genome, 24, 0.15)) == 49


def test_from_gtf_to_catalogue(tmp_path, contig):
    """One gene with two ends on the plus strand, the longer with an intron in its 3' UTR, and one on the minus strand."""
    lines = ""
    for gene, name, strand, exons, cds in [
        ("P", "P1", "+", [(11, PLUS_CUT + 1)], (11, 60)),
        ("P", "P2", "+", [(11, 100), (161, 260)], (11, 60)),
        ("M", "M1", "-", [(MINUS_CUT + 1, 380)], (331, 380)),
    ]:
        attributes = (
            f'gene_id "{gene}"; transcript_id "{name}"; gene_name "{gene}GENE"; transcript_biotype "protein_coding";'
        )
        lines += gtf_line("chr1", "src", "transcript", exons[0][0], exons[-1][1], strand, attributes)
        lines += "".join(gtf_line("chr1", "src", "exon", *exon, strand, attributes) for exon in exons)
        lines += gtf_line("chr1", "src", "CDS", *cds, strand, attributes)
    path = tmp_path / "genes.gtf"
    path.write_text(lines)
    sites = find_sites(read_annotation(path, contig, ["protein_coding"])[0], contig, 24, 0.15)
    columns = ["site_id", "gene_id", "gene_name", "site_class", "rank", "utr_length", "hexamer_tier"]
    assert records(sites, *columns) == [
        ("1:150:+", "P", "PGENE", "3utr", 1, 90, 0),
        ("1:260:+", "P", "PGENE", "3utr", 2, 140, -1),
        ("1:271:-", "M", "MGENE", "3utr", 1, 60, 0),
    ]
