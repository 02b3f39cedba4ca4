"""The records of a VCF or BCF in bulk, as columns: bcftools (which pysam includes) writes the fields, pyarrow reads
them.

No Python object is made for a record; this alone would cost more than all the rest. Genotypes are not read. INFO is
read only if it is requested.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cyvcf2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pysam
import pysam.bcftools

from pasvar.errors import InputError
from pasvar.files import as_argument
from pasvar.variants.structural import REACHING
from pasvar.variants.vcf import header_ids, read_genotypes, variants_between

_FIELDS = {
    "pos": "%POS",
    "ref": "%REF",
    "alts": "%ALT",
    "id": "%ID",
    "filter": "%FILTER",
    "af": "%INFO/AF",
    "ac": "%INFO/AC",
    "an": "%INFO/AN",
    "end": "%END",
    "info": "%INFO",
}
RECORDS = pa.schema([(name, pa.int64() if name in ("pos", "end") else pa.string()) for name in _FIELDS])
"""Columns that a table of records may have. pos is 1-based, and so is end, the last base of REF or the END of INFO. All
other columns are text as in the file, with `.` for missing values and commas between ALTs."""

SPELLING = ("pos", "ref", "alts", "id")
INFO = ("af", "ac", "an")
"""The fields from which the frequencies of a record's ALTs are computed."""

Intervals = Sequence[tuple[int, int]]
"""[start, end), by position and disjoint."""

_CHEAP_GAP = 1000
"""Regions that are at most this many nt apart are read together, which is faster than a search for the start of the
second one."""


def read_records(
    path: Path,
    vcf: cyvcf2.VCF,
    contigs: Iterable[str],
    start: int,
    end: int,
    regions: Intervals,
    columns: Sequence[str],
) -> pa.Table:
    """The columns of `RECORDS` that are requested, for the records whose POS lies in [start, end) and whose REF
    overlaps a region. With column end, also records whose structural change overlaps a region, if the file's index
    knows its end.

    vcf: the opened file at `path`. If it was opened with samples, frequencies that INFO lacks are counted, which is
    slow. contigs: the file's names of the contig. start, end, regions: 0-based; the regions may extend past the end.
    POS 0 (telomeres) belongs to the region that begins at 0. columns: must include pos and ref. Raises InputError if
    the file is damaged.
    """
    schema = pa.schema([RECORDS.field(name) for name in columns])
    parts, joint = [schema.empty_table()], join(regions, _CHEAP_GAP)
    for contig in contigs if joint else ():
        if vcf.samples and "af" in columns:
            parts.append(_one_by_one(vcf, contig, joint).select(columns))
            continue
        if joint[0][0] == 0:  # bcftools' regions begin at POS 1
            telomere = _one_by_one(vcf, contig, [(0, 1)], "info" in columns)
            parts.append(telomere.filter(pc.field("pos") == 0).select(columns))
        parts.append(_in_bulk(path, contig, joint, schema))
    records = pa.concat_tables(parts)
    low = records["pos"].to_numpy() - 1
    high = low + pc.utf8_length(records["ref"]).to_numpy()
    if "end" in columns:
        is_structural = pc.match_substring_regex(records["alts"], REACHING).to_numpy()
        high = np.where(is_structural, np.maximum(high, records["end"].to_numpy()), high)
    return records.filter((low >= (start or -1)) & (low < end) & _overlap(low, high, regions))


def join(intervals: Intervals, gap: int = 0) -> list[tuple[int, int]]:
    """Intervals, by start; those that overlap or are at most `gap` apart are joined."""
    joint: list[tuple[int, int]] = []
    for low, high in intervals:
        if joint and low - joint[-1][1] <= gap:
            joint[-1] = (joint[-1][0], max(high, joint[-1][1]))
        else:
            joint.append((low, high))
    return joint


def _overlap(start: np.ndarray, end: np.ndarray, regions: Intervals) -> np.ndarray:
    """Which of [start, end) overlap a region, or are POS 0 before the first region."""
    starts, ends = np.array(regions, dtype=np.int64).reshape(-1, 2).T
    which = np.searchsorted(ends, start, side="right")
    return np.append(starts, np.iinfo(np.int64).max)[which] < np.maximum(end, 1)


def _in_bulk(path: Path, contig: str, regions: Intervals, schema: pa.Schema) -> pa.Table:
    with TemporaryDirectory(prefix="pasvar-") as folder:
        bed, text = Path(folder, "regions.bed"), Path(folder, "records.tsv")
        bed.write_text("".join(f"{contig}\t{low}\t{high}\n" for low, high in regions))
        fields = "\\t".join(_FIELDS[name] for name in schema.names) + "\\n"
        arguments = ["--allow-undef-tags", "--format", fields, "--regions-file", str(bed), "--output", str(text)]
        try:
            # A record that overlaps several regions is written once.
            pysam.bcftools.query(*arguments, as_argument(path), catch_stdout=False)
            size = text.stat().st_size
            if not size:
                return schema.empty_table()
            table = pyarrow.csv.read_csv(
                text,
                # All in one block, because a block must hold the longest line.
                pyarrow.csv.ReadOptions(column_names=schema.names, block_size=size, use_threads=False),
                pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
                pyarrow.csv.ConvertOptions(column_types=schema),
            )
            pos = table["pos"]
            if pc.min(pos).as_py() < 0:  # bcftools writes POS as a number of 32 bits
                pos = pc.if_else(pc.less(pos, 0), pc.add(pos, 1 << 32), pos)
                table = table.set_column(table.schema.get_field_index("pos"), "pos", pos)
            return _without_flags(path, contig, table, bed) if "af" in schema.names else table
        except (pysam.SamtoolsError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{path}: cannot be read on contig {contig}, the file is damaged ({error}); check it with: bcftools view"
            ) from error


def _without_flags(path: Path, contig: str, records: pa.Table, bed: Path) -> pa.Table:
    """The records, with `.` for an AF without a value, which bcftools writes as 1. bed: a file to write to."""
    is_one = pc.equal(records["af"], "1").to_numpy()
    if not is_one.any():
        return records
    places = records.filter(pa.array(is_one))["pos"].unique().to_pylist()
    bed.write_text("".join(f"{contig}\t{pos - 1}\t{pos}\n" for pos in places))
    wanted = "%POS\\t%REF\\t%ALT\\t;%INFO;\\n"
    lines = str(pysam.bcftools.query("--format", wanted, "--regions-file", str(bed), as_argument(path))).splitlines()
    flags = {tuple(fields[:3]) for line in lines if ";AF;" in (fields := line.split("\t"))[3]}
    spelled = zip(*(records[name].to_pylist() for name in ("pos", "ref", "alts")), is_one.tolist(), strict=True)
    is_flag = [one and (str(pos), ref, alts) in flags for pos, ref, alts, one in spelled]
    column = pc.if_else(pa.array(is_flag), ".", records["af"])
    return records.set_column(records.schema.get_field_index("af"), "af", column)


def _one_by_one(vcf: cyvcf2.VCF, contig: str, regions: Intervals, with_info: bool = False) -> pa.Table:
    """The records that overlap the regions, with counts of the genotypes if the file was opened with samples.

    with_info: column info is requested, which costs as much as all the rest.
    """
    rows, last = [], -1
    for low, high in regions:
        for variant in variants_between(vcf, contig, low or -1, high, last):
            af, ac, an = (_text(variant.INFO.get(key)) for key in ("AF", "AC", "AN"))
            n_alts = len(variant.ALT)
            if vcf.samples and n_alts and "GT" in variant.FORMAT and np.isnan(_frequency(af, ac, an, 0, n_alts)):
                called, _ = read_genotypes(variant)
                ac = _text(tuple((called == number).sum() for number in range(1, n_alts + 1)))
                an = _text((called >= 0).sum())
            alts, passed = ",".join(variant.ALT) or ".", ";".join(variant.FILTERS) or "."
            info = str(variant).split("\t", 8)[7].rstrip("\n") if with_info else "."
            rows.append((variant.POS, variant.REF, alts, variant.ID or ".", passed, af, ac, an, variant.end, info))
        last = high
    return pa.Table.from_pylist([dict(zip(RECORDS.names, row, strict=True)) for row in rows], RECORDS)


def _text(value: object) -> str:
    """A value of INFO in the spelling of the file."""
    if isinstance(value, tuple):
        return ",".join(_text(part) for part in value)
    return "." if value is None else str(value)


def split_alts(records: pa.Table) -> pa.Table:
    """The table with one row for each ALT, in the same order, and two more columns: alt, and number, its index among
    the `alts`."""
    with_alt = records.filter(pc.not_equal(records["alts"], ".")).combine_chunks()
    split = pc.split_pattern(with_alt["alts"], ",").combine_chunks()
    n_alts = pc.list_value_length(split).to_numpy()
    number = np.arange(n_alts.sum()) - np.repeat(np.cumsum(n_alts) - n_alts, n_alts)
    alleles = with_alt if len(number) == len(with_alt) else with_alt.take(pc.list_parent_indices(split))
    return alleles.append_column("alt", pc.list_flatten(split)).append_column("number", pa.array(number))


def has_frequencies(vcf: cyvcf2.VCF) -> bool:
    """Whether INFO may contain frequencies."""
    info = set(header_ids(vcf, "INFO"))
    return "AF" in info or {"AC", "AN"} <= info


def add_info(alleles: pa.Table, records: pa.Table) -> pa.Table:
    """Rows of `split_alts` with `INFO`. records: the same columns and the others of the same file, at least for those
    records."""
    key = [name for name in alleles.column_names if name in RECORDS.names]
    spelled = zip(*records.select(key).to_pydict().values(), strict=True)
    found: dict[tuple, int] = {}
    for row, record in enumerate(spelled):
        found.setdefault(record, row)  # of equal rows the first, because the others are duplicates
    rows = [found[record] for record in zip(*alleles.select(key).to_pydict().values(), strict=True)]
    for name in INFO:
        alleles = alleles.append_column(name, records[name].take(pa.array(rows, pa.int64())))
    return alleles


def frequencies(alleles: pa.Table) -> np.ndarray:
    """Frequency of each row of `split_alts` with INFO, float32: AF, otherwise AC divided by AN. NaN if the record has
    neither, or if the value is not a share (`12%` is read as 12)."""
    number = r"\d+(\.\d+)?([eE][+-]?\d+)?"
    # In nearly all rows these columns are one number each, so they need not be parsed row by row.
    plain = pc.and_(pc.match_substring_regex(alleles["af"], f"^{number}$"), pc.equal(alleles["alts"], alleles["alt"]))
    found = pc.if_else(plain, alleles["af"], None).cast(pa.float32()).to_numpy().copy()
    rows = np.flatnonzero(~plain.to_numpy())
    columns = [alleles[name].take(rows).to_pylist() for name in ("af", "ac", "an", "number", "alts")]
    found[rows] = [
        _frequency(af, ac, an, number, alts.count(",") + 1) for af, ac, an, number, alts in zip(*columns, strict=True)
    ]
    found[(found < 0) | (found > 1)] = np.nan
    return found


def _frequency(af: str, ac: str, an: str, number: int, n_alts: int) -> float:
    values = _numbers(af, n_alts)
    if values is not None:
        return values[number]
    counts, total = _numbers(ac, n_alts), _numbers(an, 1)
    return counts[number] / total[0] if counts is not None and total is not None and total[0] else float("nan")


def _numbers(text: str, n: int) -> list[float] | None:
    """`n` numbers, NaN for a missing one; None if the text is something else."""
    texts = text.split(",")
    if text == "." or len(texts) != n:
        return None
    try:
        return [float("nan") if part == "." else float(part) for part in texts]
    except ValueError:
        return None
