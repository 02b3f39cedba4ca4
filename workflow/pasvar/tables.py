"""Every table of pasvar: its columns, their types, units and meanings, and the only code that reads or writes one.

A table's schema is the contract with the user. An empty table has the same schema as a full one, and the same rows
give the same bytes: the row groups have a fixed size, and what pyarrow would add of its own (a pandas index) is left out.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pasvar import __version__
from pasvar.errors import InputError

ROW_GROUP_SIZE = 100_000

STATUSES = {
    "scored": "the allele touches at least one window and has a row per site and gene in scores.parquet",
    "no_site_in_range": "a sound allele outside every window",
    "ref_mismatch": "REF is not what the FASTA has there",
    "contig_unknown": "the FASTA has no such contig, also not with or without `chr`",
    "symbolic": "a symbolic allele (<DEL>, <CN0>) or a breakend, which names no sequence",
    "star": "the `*` allele: the base is missing because of another record's deletion",
    "non_acgt": "REF or ALT has letters other than A C G T (upper or lower case)",
    "too_long": "longer than `max_allele_length` (REF or ALT, after trimming what they share)",
    "chrom_end": "REF reaches past an end of the contig",
    "filtered": "sound, but config key `filters`, `min_af`, `max_af` or `regions` leaves it out",
    "duplicate": "the same chrom, pos, ref and alt stood in an earlier record",
}
"""The ledger's statuses, each allele has exactly one; where several fit, the order of `variants.classify` decides."""


def _column(name: str, dtype: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    return pa.field(name, dtype, metadata={"meaning": meaning, "unit": unit})


_CHROM = _column("chrom", pa.string(), "contig, by its name in the FASTA")
_POS = _column("pos", pa.int64(), "POS as in the VCF", "1-based")
_REF = _column("ref", pa.string(), "REF as spelled in the VCF")
_ALT = _column("alt", pa.string(), "one ALT as spelled in the VCF")
_ALLELE = [_CHROM, _POS, _REF, _ALT]
_GENE = [
    _column("gene_id", pa.string(), "gene_id of the GTF"),
    _column("gene_name", pa.string(), "gene_name of the GTF, or gene_id where it has none"),
]
_STRAND = _column("strand", pa.string(), "strand of the gene, + or -")
_SITE_ID = _column("site_id", pa.string(), "`chrom:cut_pos:strand`")
_HEXAMER_TIER = _column(
    "hexamer_tier", pa.int8(), "0 AATAAA, 1 ATTAAA, 2 AGTAAA TATAAA CATAAA GATAAA, 3 one mismatch, 4 two, -1 none found"
)
_LOGODDS = [
    _column(
        "logodds_narrow", pa.float32(), "reference log odds of cleavage 7 to 57 nt after the hexamer's start", "ln"
    ),
    _column("logodds", pa.float32(), "reference log odds of cleavage anywhere in the window", "ln"),
]
_CUT_SCORES = [
    _column("logodds_core", pa.float32(), "log odds of cleavage 15 to 35 nt after the hexamer's start", "ln"),
    _column("cut_mean", pa.float32(), "mean index of the cut in the window, given that it lies there", "nt"),
    _column("cut_entropy", pa.float32(), "entropy of where in the window the cut lies, given that it does", "bits"),
    _column("cut_mode", pa.float32(), "likeliest index of the cut in the narrow window", "nt"),
]


def _alternate(columns: list[pa.Field]) -> list[pa.Field]:
    """The same columns of an alternate window."""
    return [
        _column(f"{c.name}_alt", c.type, "as without _alt, of the alternate window", c.metadata[b"unit"])
        for c in columns
    ]


_PAIR = [
    *_ALLELE,
    _column("id", pa.string(), "ID of the VCF record"),
    _column(
        "norm_pos", pa.int64(), "POS of the normal form (minimal, left-aligned, as bcftools norm writes it)", "1-based"
    ),
    _column("norm_ref", pa.string(), "REF of the normal form"),
    _column("norm_alt", pa.string(), "ALT of the normal form"),
    _column(
        "af",
        pa.float32(),
        "allele frequency: of the genotypes where there are any, else INFO/AF, else INFO/AC by INFO/AN",
        "share",
    ),
    _SITE_ID,
]
_PLACE = [
    _column(
        "window_index",
        pa.int16(),
        "first base changed, counted along the transcribed strand; the hexamer is 70-75",
        "nt",
    ),
    _column("region", pa.string(), "upstream, hexamer, hexamer_to_cut or downstream (of the cut)"),
    _column(
        "anchor",
        pa.string(),
        "hexamer: it keeps its place; downstream or upstream: an indel hits the hexamer, so that side keeps its place",
    ),
]
_GENOTYPES = [
    _column("n_carriers", pa.int32(), "people with at least one copy; null without genotypes", "people"),
    _column("allele_count", pa.int32(), "copies among the called alleles; null without genotypes"),
    _column("allele_number", pa.int32(), "called alleles; null without genotypes"),
]


@dataclass(frozen=True)
class Table:
    """One table: its file under results/, what a row is, and its columns in order."""

    file: str
    row: str
    columns: tuple[pa.Field, ...]
    options: Mapping[str, bool] = field(default_factory=dict)
    """How pyarrow writes it, where not as the others."""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(self.columns)


_SITES = (
    _SITE_ID,
    _CHROM,
    _STRAND,
    _column("cut_pos", pa.int64(), "the last transcribed base before the cut", "1-based"),
    _column("hexamer", pa.string(), "the core signal on the transcribed strand"),
    _column("hexamer_start", pa.int64(), "start of the hexamer on the forward strand", "0-based"),
    _column("hexamer_end", pa.int64(), "end of the hexamer on the forward strand", "half-open"),
    _HEXAMER_TIER,
    _column(
        "window_start", pa.int64(), "start of the 205 nt; negative where it reaches past the contig's start", "0-based"
    ),
    _column("window_end", pa.int64(), "end of the 205 nt, which may lie past the contig's end", "half-open"),
    *_GENE,
    _column("site_class", pa.string(), "what ends here: 3utr, cds (an incomplete coding transcript) or noncoding"),
    _column("source", pa.string(), "where the site comes from: gtf"),
    _column("n_transcripts", pa.int32(), "transcripts of the gene that end at the site"),
    _column("usage_ref", pa.float32(), "share of the gene's 3' ends made here in the reference", "share"),
    _column("usage_source", pa.string(), "where usage_ref comes from: predicted:polyadb_v3"),
    _column("rank", pa.int16(), "place among the gene's sites along transcription, 1 is the most proximal"),
    _column(
        "utr_length",
        pa.int32(),
        "exonic 3' UTR length of the transcripts that end here, the longest; null without CDS",
        "nt",
    ),
    _column("a_rich", pa.bool_(), "oligo-A in the genome at the cut: a suspect of internal priming"),
    *_LOGODDS,
)

TABLES = {
    "contigs": Table(
        "reference/contigs.parquet",
        "contig of the FASTA",
        (_CHROM, _column("length", pa.int64(), "length of the contig", "nt")),
    ),
    "catalogue": Table("sites/catalogue.parquet", "site and gene, before the model has seen it", _SITES[:-2]),
    "windows": Table(
        "windows/windows.parquet",
        "site",
        (
            _SITE_ID,
            _CHROM,
            _STRAND,
            _column(
                "window_start", pa.int64(), "start on the forward strand, negative past the contig's start", "0-based"
            ),
            _column("window_end", pa.int64(), "end on the forward strand", "half-open"),
            _column("cut_index", pa.int16(), "index of the cut in the window", "nt"),
            _column("window", pa.string(), "the 205 nt of the transcribed strand, N past the contig's ends"),
        ),
    ),
    "window_scores": Table("scores/windows.parquet", "site", (_SITE_ID, *_LOGODDS, *_CUT_SCORES)),
    "store": Table(
        "{store}/{kind of engine}/{digest}.parquet",
        "window that was scored once",
        (_column("window", pa.binary(16), "digest of the 205 nt"), *_LOGODDS, *_CUT_SCORES),
        # Digests repeat nowhere; checksums find damage without reading the whole file.
        {"use_dictionary": False, "write_page_checksum": True},
    ),
    "shards": Table(
        "shards/plan.parquet",
        "stretch of genome that one shard reads",
        (
            _column("shard", pa.int32(), "number of the shard, from 1"),
            _CHROM,
            _column("start", pa.int64(), "start of the stretch", "0-based"),
            _column("end", pa.int64(), "end of the stretch", "half-open"),
        ),
    ),
    "alleles": Table(
        "shards/{shard}/alleles.parquet",
        "allele and site",
        (
            *_PAIR,
            *_PLACE,
            _column("window_alt", pa.string(), "the 205 nt of the transcribed strand with the allele in place"),
        ),
    ),
    "allele_scores": Table(
        "shards/{shard}/allele_scores.parquet",
        "allele and site, as in alleles.parquet",
        (
            *_ALLELE,
            _SITE_ID,
            *_alternate([*_LOGODDS, *_CUT_SCORES]),
        ),
    ),
    "carriers": Table("shards/{shard}/carriers.parquet", "scored allele", (*_ALLELE, *_GENOTYPES)),
    "gene_carriers": Table(
        "shards/{shard}/gene_carriers.parquet",
        "gene",
        (
            _GENE[0],
            _column("people", pa.binary(), "one bit per person of the cohort, set for a carrier of a strong allele"),
        ),
    ),
    "gene_counts": Table(
        "shards/{shard}/gene_counts.parquet",
        "gene",
        (
            _GENE[0],
            _column("n_alleles", pa.int64(), "input alleles that touch a window of the gene, whatever their status"),
            _column("n_scored", pa.int64(), "those of them that were scored"),
        ),
    ),
    "sites": Table("sites.parquet", "site and gene", _SITES),
    "scores": Table(
        "scores.parquet",
        "allele and site and gene",
        (
            *_PAIR,
            *_GENE,
            _STRAND,
            *_PLACE,
            _column(
                "logodds_narrow_ref",
                pa.float32(),
                "log odds of cleavage 7 to 57 nt after the hexamer's start, reference",
                "ln",
            ),
            _column("logodds_narrow_alt", pa.float32(), "the same, alternate", "ln"),
            _column(
                "delta_logodds_narrow", pa.float32(), "alternate minus reference of the above: the main score", "ln"
            ),
            _column("logodds_ref", pa.float32(), "log odds of cleavage anywhere in the window, reference", "ln"),
            _column("logodds_alt", pa.float32(), "the same, alternate", "ln"),
            _column("delta_logodds", pa.float32(), "alternate minus reference of the above", "ln"),
            _column(
                "usage_ref", pa.float32(), "share of the gene's 3' ends made at the site in the reference", "share"
            ),
            _column("delta_usage", pa.float32(), "change of that share were no other site to respond", "share"),
            _column("hexamer_ref", pa.string(), "the six bases at index 70, reference"),
            _column("hexamer_alt", pa.string(), "the six bases at index 70, alternate"),
            *_GENOTYPES,
        ),
    ),
    "gene_effects": Table(
        "gene_effects.parquet",
        "allele and gene",
        (
            *_ALLELE,
            _column("id", pa.string(), "ID of the VCF record"),
            _column(
                "af",
                pa.float32(),
                "allele frequency: of the genotypes where there are any, else INFO/AF, else INFO/AC by INFO/AN",
                "share",
            ),
            *_GENE,
            _STRAND,
            _column("n_sites", pa.int16(), "sites of the gene"),
            _column("n_sites_hit", pa.int16(), "those whose window the allele changes"),
            _column("site_id", pa.string(), "the site hit hardest: largest |delta_logodds_narrow|, then most proximal"),
            _column("region", pa.string(), "where in that site's window, as in scores"),
            _column("delta_logodds_narrow", pa.float32(), "the signed effect there", "ln"),
            _column("delta_logodds", pa.float32(), "the wide effect there", "ln"),
            _column("site_ids", pa.list_(pa.string()), "all sites of the gene, proximal to distal"),
            _column(
                "usage_ref", pa.list_(pa.float32()), "the gene's usage vector in the reference, sums to 1", "share"
            ),
            _column("usage_alt", pa.list_(pa.float32()), "the same with the allele", "share"),
            _column("delta_pdui", pa.float32(), "change of the most distal site's usage", "share"),
            _column(
                "delta_utr_length",
                pa.float32(),
                "change of the expected 3' UTR length; null where no site has one",
                "nt",
            ),
            *_GENOTYPES,
        ),
    ),
    "genes": Table(
        "genes.parquet",
        "gene with a site",
        (
            *_GENE,
            _CHROM,
            _STRAND,
            _column("n_sites", pa.int16(), "sites of the gene"),
            _column("n_alleles", pa.int64(), "input alleles that touch a window of the gene, whatever their status"),
            _column("n_scored", pa.int64(), "those of them that were scored"),
            _column("n_strong", pa.int64(), "scored alleles with |delta_logodds_narrow| of at least `min_effect`"),
            _column(
                "max_abs_delta_logodds_narrow", pa.float32(), "the largest effect, unsigned; null without alleles", "ln"
            ),
            _column("top_delta_logodds_narrow", pa.float32(), "the same effect with its sign", "ln"),
            _column("top_variant", pa.string(), "the allele that has it, `chrom:pos:ref:alt`"),
            _column("top_variant_id", pa.string(), "its ID in the VCF"),
            _column("top_site", pa.string(), "the site where it has it"),
            _column("carriers", pa.int32(), "people with at least one strong allele; null without genotypes", "people"),
        ),
    ),
    "ledger": Table(
        "ledger.parquet",
        "input allele",
        (
            *_ALLELE,
            _column("status", pa.string(), "; ".join(STATUSES)),
            _column("n_sites", pa.int16(), "sites whose window the allele touches"),
            _column("vcf", pa.string(), "name of the VCF file"),
        ),
    ),
    "vcf_counts": Table(
        "shards/{shard}/vcf_counts.parquet",
        "VCF file and contig",
        (
            _column("vcf", pa.string(), "name of the VCF file"),
            _CHROM,
            _column("n_records", pa.int64(), "records read"),
            _column("n_no_alt", pa.int64(), "those without an ALT, which have no allele"),
            _column("n_alleles", pa.int64(), "alleles of the rest"),
        ),
    ),
}
"""All tables by name. `sites`, `scores`, `gene_effects`, `genes` and `ledger` are for users, the rest lie between rules."""

USER_TABLES = ("sites", "scores", "gene_effects", "genes", "ledger")


def empty_frame(name: str) -> pd.DataFrame:
    """A frame of table `name` without rows."""
    return TABLES[name].schema.empty_table().to_pandas()


def to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    """The columns of table `name` in order, cast to its schema. Raises KeyError where one is missing."""
    schema = TABLES[name].schema
    missing = [column for column in schema.names if column not in frame.columns]
    if missing:
        raise KeyError(f"table {name}: no column {', '.join(missing)}")
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata(None)


def write_table(path: str | Path, frame: pd.DataFrame, name: str, made_by: dict[str, str] | None = None) -> None:
    """Write `frame` as table `name`; the file appears whole or not at all."""
    write_batches(path, [to_arrow(frame, name)], name, made_by)


def write_batches(
    path: str | Path, tables: Iterable[pa.Table], name: str, made_by: dict[str, str] | None = None
) -> None:
    """Write arrow tables one after the other into one file, holding one row group in memory.

    The row groups are cut from the rows alone, so that however the rows were split the bytes are the same.
    `made_by` goes into the file's metadata beside pasvar's version (the model's name and digest, say).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    made_by = {"pasvar_version": __version__, **(made_by or {})}
    schema = TABLES[name].schema.with_metadata({"pasvar": json.dumps(made_by, sort_keys=True)})
    beside = path.with_name(f".{path.name}.part")
    with pq.ParquetWriter(beside, schema, compression="zstd", **TABLES[name].options) as writer:
        for group in _row_groups(tables, schema):
            writer.write_table(group, row_group_size=ROW_GROUP_SIZE)
    os.replace(beside, path)


def _row_groups(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of `tables`, in slices of `ROW_GROUP_SIZE`; at least one slice, if empty, so that the schema is written."""
    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table.cast(schema)])
        while waiting.num_rows > ROW_GROUP_SIZE:
            yield waiting.slice(0, ROW_GROUP_SIZE).combine_chunks()
            waiting = waiting.slice(ROW_GROUP_SIZE)
    yield waiting.combine_chunks()


def read_arrow(path: str | Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """Table `name` from a file. Raises InputError where the file is damaged or is another table."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path}: cannot be read as a parquet file ({error}); remove it and run again") from error
    with file:
        require_schema(file, path, name)
        return file.read(columns=columns)


def require_schema(file: pq.ParquetFile, path: str | Path, name: str) -> None:
    """Raise InputError where an open file is not table `name`."""
    if not file.schema_arrow.equals(TABLES[name].schema):
        raise InputError(f"{path}: is not the table {name!r} of pasvar {__version__}; remove it and run again")


def read_table(path: str | Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """As `read_arrow`, as a frame; integer columns with nulls come as Int64 and the like, never as floats."""
    table = read_arrow(path, name, columns)
    nullable = {
        field.name: field.type
        for field in table.schema
        if pa.types.is_integer(field.type) and table[field.name].null_count
    }
    frame = table.to_pandas()
    for column, dtype in nullable.items():
        frame[column] = pd.array(table[column].to_pylist(), dtype=str(dtype).replace("int", "Int"))
    return frame


def read_made_by(path: str | Path | pq.ParquetFile) -> dict[str, str]:
    """What `write_batches` was told in `made_by`, plus `pasvar_version`."""
    schema = path.schema_arrow if isinstance(path, pq.ParquetFile) else pq.read_schema(path)
    return json.loads((schema.metadata or {}).get(b"pasvar", b"{}"))


def gather(paths: Iterable[str | Path], name: str, out: str | Path, made_by: dict[str, str] | None = None) -> int:
    """Join the tables of consecutive shards, in the order given, without holding them; returns the number of rows."""
    n_rows = 0

    def each() -> Iterator[pa.Table]:
        nonlocal n_rows
        for path in paths:
            table = read_arrow(path, name)
            n_rows += table.num_rows
            yield table

    write_batches(out, each(), name, made_by)
    return n_rows


def write_text(path: str | Path, frame: pd.DataFrame, name: str) -> None:
    """As `write_table`, tab-separated, with nulls as empty fields."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.part")
    to_arrow(frame, name).to_pandas().to_csv(beside, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    os.replace(beside, path)


def describe() -> str:
    """Markdown that documents the tables for users (docs/tables.md is made from it)."""
    lines = ["# Tables", "", "Made from `workflow/pasvar/tables.py`; `make docs` writes it anew.", ""]
    for name in USER_TABLES:
        table = TABLES[name]
        lines += [
            f"## `results/{table.file}`",
            "",
            f"One row per {table.row}.",
            "",
            "| column | type | unit | meaning |",
        ]
        lines.append("|---|---|---|---|")
        for column in table.columns:
            unit, meaning = (column.metadata[key].decode() for key in (b"unit", b"meaning"))
            lines.append(f"| `{column.name}` | {column.type} | {unit} | {meaning} |")
        lines.append("")
    lines += ["## Statuses of the ledger", "", "| status | meaning |", "|---|---|"]
    lines += [f"| `{status}` | {meaning} |" for status, meaning in STATUSES.items()]
    return "\n".join([*lines, ""])
