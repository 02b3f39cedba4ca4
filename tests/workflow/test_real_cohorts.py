"""The ledgers of all real VCFs next to a developer's clone, against bcftools and against a look at each allele."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pandas as pd
import pysam
import pytest

from builders import records
from pasvar.config import fill_sites
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.sites import make_sites
from pasvar.tables import read_table, write_table
from pasvar.variants import close_ledger, read_shard

FILES = ("EUR503.chr20_1-4Mb", "1000Gp3_sites.chr20_1-2Mb", "1000Gp3_2504.PTGIS.chr20_48.12-48.19Mb")
LONGEST = 205

pytestmark = pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools (Debian package bcftools)")


def bcftools(*arguments: object) -> str:
    return subprocess.run(["bcftools", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def genome(chr20):
    with Genome(chr20 / "chr20.fa") as opened:
        yield opened


@pytest.fixture(scope="module")
def catalogue(chr20, genome) -> pd.DataFrame:
    return make_sites(next(chr20.glob("*.gtf.gz")), genome, fill_sites({})).catalogue


def close(folder: Path, vcfs: list[Path], genome, catalogue, complete: bool) -> tuple[dict, list, pd.DataFrame]:
    """Totals per status above 0, totals per file, and the ledger."""
    stretches = contig_table(genome).rename(columns={"length": "end"}).assign(shard=1, start=0)
    windows = reference_windows(catalogue, genome)
    found = read_shard(vcfs, stretches, windows, catalogue, genome, LONGEST, complete, unknown_contigs=True)
    write_table(folder / "1.ledger", found.ledger, "ledger")
    write_table(folder / "1.counts", found.vcf_counts, "vcf_counts")
    ledger = folder / "ledger.parquet"
    totals, files = close_ledger([folder / "1.ledger"], [folder / "1.counts"], vcfs, complete, 0.0, 0.0, ledger)
    counts = {row.status: row.n_alleles for row in totals.itertuples() if row.n_alleles}
    rows = records(files, "vcf", "n_records", "n_no_alt", "n_alleles", "n_indexed")
    return counts, rows, read_table(ledger, "ledger")


def judge_symbolic(pos: int, alt: str, info: str, catalogue: pd.DataFrame) -> str:
    """Status of `<CN0>` (a deletion), `<CN2>` (a duplication) or an insertion without bases, by a look at each site."""
    if alt not in ("<CN0>", "<CN2>"):
        return "symbolic"
    end = dict(part.partition("=")[::2] for part in info.split(";"))["END"]
    changed = set(range(pos + 1, int(end) + 1))
    for site in catalogue.itertuples():
        has_hexamer = 0 <= site.hexamer_tier <= 3
        signal = set(range(site.hexamer_start + 1, site.hexamer_end + 1)) if has_hexamer else {site.cut_pos}
        removed = alt == "<CN0>" and changed & (signal | {site.cut_pos})
        between = range(min(signal | {site.cut_pos}), max(signal | {site.cut_pos}) + 1)
        if removed or (alt == "<CN2>" and changed >= set(between)):
            return "structural"
    return "symbolic"


def judge(pos: int, ref: str, alt: str, contig: str, near: list[bool], seen: set) -> str:
    """Status of an allele by a look at it, in the order of the file. near: of each base, whether a window holds it."""
    if alt == "*":
        return "star"
    assert contig[pos - 1 : pos - 1 + len(ref)] == ref
    if (pos, ref, alt) in seen:
        return "duplicate"
    seen.add((pos, ref, alt))
    start, end = pos - 1, pos - 1 + len(ref)
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt, end = ref[:-1], alt[:-1], end - 1
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    while not (ref and alt) and contig[start - 1] == (ref or alt)[-1]:
        ref, alt = (contig[start - 1] + text[:-1] if text else "" for text in (ref, alt))
        start, end = start - 1, end - 1
    # An insertion lies in a window that holds the bases on both of its sides.
    touched = any(near[start:end]) if ref else near[start - 1] & near[start]
    return "scored" if touched else "no_site_in_range"


@pytest.mark.parametrize("name", FILES)
def test_every_allele_of_a_real_file_has_the_status_that_a_look_at_it_gives(chr20, tmp_path, genome, catalogue, name):
    vcf = chr20 / f"{name}.vcf.gz"
    contig = pysam.FastaFile(str(chr20 / "chr20.fa")).fetch("20")
    near = [0] * len(contig)
    for number, window in enumerate(catalogue.drop_duplicates("site_id").itertuples()):
        for base in range(window.window_start, window.window_end):
            near[base] |= 1 << number
    seen: set = set()
    expected, n_no_alt = [], 0
    lines = bcftools("query", "-f", "%POS\\t%REF\\t%ALT\\t%INFO\\n", vcf).splitlines()
    for line in lines:
        place, ref, alts, info = line.split("\t")
        pos = int(place)
        n_no_alt += alts == "."
        for alt in alts.split(","):
            if alt.startswith("<"):
                expected.append((pos, ref, alt, judge_symbolic(pos, alt, info, catalogue)))
            elif alt != ".":
                expected.append((pos, ref, alt, judge(pos, ref, alt, contig, near, seen)))
    totals, files, ledger = close(tmp_path, [vcf], genome, catalogue, complete=True)
    assert files == [(vcf.name, len(lines), n_no_alt, len(expected), int(bcftools("index", "-n", vcf)))]
    assert totals == Counter(status for *_, status in expected)
    expected.sort(key=lambda row: row[:3])
    assert records(ledger, "pos", "ref", "alt", "status") == expected


def test_real_files_as_one_cohort(chr20, tmp_path, genome, catalogue):
    """Two of the files share a stretch of the genome: what both have is a duplicate in the second."""
    vcfs = [chr20 / f"{name}.vcf.gz" for name in FILES]
    complete, files, ledger = close(tmp_path, vcfs, genome, catalogue, complete=True)
    assert [row[1:] for row in files] == [(24990, 0, 24990, 24990), (28998, 0, 29144, 28998), (803, 0, 818, 803)]
    assert sum(complete.values()) == len(ledger) == 24990 + 29144 + 818
    spelled = [set(bcftools("query", "-f", "%POS %REF %ALT\\n", vcf).splitlines()) for vcf in (vcfs[0], vcfs[1])]
    assert complete["duplicate"] >= len(spelled[0] & spelled[1]) > 5000
    in_range, files, near = close(tmp_path, vcfs, genome, catalogue, complete=False)
    columns = ["pos", "ref", "alt", "vcf"]
    scored = [records(frame[frame.status == "scored"], *columns) for frame in (near, ledger)]
    assert scored[0] == scored[1]
    # Of what was not read, each record counts as one allele.
    unread = sum(row[4] - row[1] for row in files)
    assert sum(in_range.values()) == len(near) + unread
