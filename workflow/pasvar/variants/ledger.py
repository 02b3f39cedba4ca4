"""The ledger: every input allele has one status, and the totals agree with the totals that the files give."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.tables import STATUSES, gather, read_table
from pasvar.variants.vcf import open_vcf

_FEW = 20
"""With fewer alleles than this, a share of bad ones says nothing, unless most are bad."""

_NOT_COMPARED = ("contig_unknown", "not_read", "symbolic", "star", "non_acgt", "chrom_end")
"""Statuses of alleles whose REF was not compared with the FASTA."""

_log = logging.getLogger(__name__)


def close_ledger(
    ledgers: Sequence[Path],
    vcf_counts: Sequence[Path],
    vcfs: Sequence[Path],
    complete: bool,
    max_ref_mismatch: float,
    max_contig_unknown: float,
    out: Path,
    made_by: dict[str, str] | None = None,
    fasta_names: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the shards' ledgers into `out`; return the totals per status and the totals per file.

    fasta_names: the contigs of the FASTA, for messages.
    Raises InputError if a file gave fewer records than its index has (the file is truncated, or the index is of another
    file), or if the share of bad alleles shows that VCF and FASTA are of different assemblies. Gives a warning if there
    are fewer bad alleles.
    """
    files = _per_file(vcf_counts, vcfs, complete)
    n_swapped = int(files.pop("n_swapped").sum())
    totals = _totals(ledgers)
    if not complete:
        totals["not_read"] += int((files.n_indexed - files.n_records).sum())
    n_alleles = int(totals.sum())
    _check_share(
        totals, n_alleles, "contig_unknown", max_contig_unknown, ledgers, lambda: _unknown(ledgers, fasta_names)
    )
    n_compared = n_alleles - int(totals[list(_NOT_COMPARED)].sum())
    _check_share(
        totals,
        n_compared,
        "ref_mismatch",
        max_ref_mismatch,
        ledgers,
        lambda: _mismatch(totals["ref_mismatch"], n_swapped),
    )
    n_rows = gather(ledgers, "ledger", out, made_by)
    if n_rows != files.n_alleles.sum():
        raise InputError(
            f"{out}: {n_rows} alleles, but {files.n_alleles.sum()} were read; remove results/shards and run again"
        )
    return totals.rename_axis("status").rename("n_alleles").reset_index(), files


def _per_file(vcf_counts: Sequence[Path], vcfs: Sequence[Path], complete: bool) -> pd.DataFrame:
    """Records and alleles read per file, and the number of records in its index (null if the index does not count
    records)."""
    counts = pd.concat([read_table(path, "vcf_counts") for path in vcf_counts])
    files = counts.groupby("vcf")[["n_records", "n_no_alt", "n_alleles", "n_swapped"]].sum()
    files = files.reindex([path.name for path in vcfs], fill_value=0).reset_index()
    files["n_indexed"] = pd.array([_n_indexed(path) for path in vcfs], dtype="Int64")
    for path, row in zip(vcfs, files.itertuples(), strict=True):
        if pd.isna(row.n_indexed):
            if not complete:
                raise InputError(
                    f"{path}: its index does not count records, which `ledger: in_range` needs; "
                    f"make a new one with: bcftools index --tbi --force {path.name}"
                )
        elif row.n_records > row.n_indexed or (complete and row.n_records < row.n_indexed):
            raise InputError(
                f"{path}: {row.n_records} records could be read, its index has {row.n_indexed}: the file is cut short or the "
                f"index is of another file; check the file and index it again with: bcftools index --tbi --force {path.name}"
            )
    return files


def _n_indexed(path: Path) -> int | None:
    """Number of records by the index; None if the index does not say (old versions of tabix)."""
    try:
        return int(open_vcf(path).num_records)
    except ValueError:
        return None


def _totals(ledgers: Sequence[Path]) -> pd.Series:
    totals = pd.Series(0, index=list(STATUSES), dtype="int64")
    for path in ledgers:
        found = read_table(path, "ledger", columns=["status"]).status.value_counts()
        totals[found.index] += found.to_numpy()
    return totals


def _check_share(
    totals: pd.Series, of: int, status: str, limit: float, ledgers: Sequence[Path], reason: Callable[[], str]
) -> None:
    """Raise InputError if more than `limit` of so many alleles have a status that shows a problem of the files; warn if
    there are fewer."""
    n_bad = int(totals[status])
    if not n_bad:
        return
    example = _first(ledgers, status)
    named = f"first {example.chrom}:{example.pos} {example.ref}>{example.alt} in {example.vcf}"
    found = f"{n_bad} of {of} alleles are {status}, {named}: {reason()}"
    if n_bad / of > limit and (of >= _FEW or n_bad / of > 0.5):
        raise InputError(f"{found}, or raise config key `max_{status}` (now {limit})")
    _log.warning("%s; these alleles are not scored", found)


def _unknown(ledgers: Sequence[Path], fasta_names: Sequence[str]) -> str:
    tables = (read_table(path, "ledger", columns=["chrom", "status"]) for path in ledgers)
    unknown = dict.fromkeys(chrom for table in tables for chrom in table.chrom[table.status == "contig_unknown"])
    return (
        f"their contigs are not in the FASTA, under any spelling; the VCF has {shorten(unknown)}, the FASTA "
        f"{shorten(fasta_names)}; give files of one assembly, or rename the VCF's contigs with: bcftools annotate --rename-chrs "
        "NAMES.txt (a line per contig, its name in the VCF, a blank and its name in the FASTA)"
    )


def _mismatch(n_bad: int, n_swapped: int) -> str:
    if n_swapped > n_bad / 2:
        return (
            f"REF and ALT are swapped, for {n_swapped} have in ALT what the FASTA has, as in a VCF that PLINK wrote; mend the "
            "file with: bcftools norm --check-ref s --fasta-ref GENOME.fa (or plink2 --ref-from-fa force --fa GENOME.fa)"
        )
    return "VCF and FASTA are probably of different assemblies; give files of one assembly"


def _first(ledgers: Sequence[Path], status: str):
    """The first row of a status."""
    for path in ledgers:
        rows = read_table(path, "ledger")
        rows = rows[rows.status == status]
        if len(rows):
            return rows.iloc[0]
    raise LookupError(status)
