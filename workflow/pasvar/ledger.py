"""The ledger: every input allele has one status, and the totals agree with what the files say of themselves."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pasvar.errors import InputError
from pasvar.tables import STATUSES, gather, read_table
from pasvar.vcf import open_vcf

_FEW = 20
"""Alleles below which a share of bad ones says nothing."""


def close_ledger(
    ledgers: Sequence[Path],
    vcf_counts: Sequence[Path],
    vcfs: Sequence[Path],
    complete: bool,
    max_ref_mismatch: float,
    max_contig_unknown: float,
    out: Path,
    made_by: dict[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the shards' ledgers into `out`; return the totals per status and the totals per file.

    Raises InputError where a file gave fewer records than its index has (it is cut short, or the index is of another file),
    and where the share of bad alleles says that VCF and FASTA are of different assemblies.
    """
    files = _per_file(vcf_counts, vcfs, complete)
    totals = _totals(ledgers)
    if not complete:
        totals["no_site_in_range"] += int((files.n_indexed - files.n_records).sum())
    _check_shares(totals, ledgers, max_ref_mismatch, max_contig_unknown)
    n_rows = gather(ledgers, "ledger", out, made_by)
    if n_rows != files.n_alleles.sum():
        raise InputError(
            f"{out}: {n_rows} alleles, but {files.n_alleles.sum()} were read; remove results/shards and run again"
        )
    return totals.rename_axis("status").rename("n_alleles").reset_index(), files


def _per_file(vcf_counts: Sequence[Path], vcfs: Sequence[Path], complete: bool) -> pd.DataFrame:
    """Records and alleles read per file beside the records that its index has (null where the index does not count)."""
    counts = pd.concat([read_table(path, "vcf_counts") for path in vcf_counts])
    files = counts.groupby("vcf")[["n_records", "n_no_alt", "n_alleles"]].sum()
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
                f"index is of another file; check the file and index it anew with: bcftools index --tbi --force {path.name}"
            )
    return files


def _n_indexed(path: Path) -> int | None:
    """Number of records by the index; None where the index does not say (old versions of tabix)."""
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


def _check_shares(
    totals: pd.Series, ledgers: Sequence[Path], max_ref_mismatch: float, max_contig_unknown: float
) -> None:
    n_alleles = int(totals.sum())
    for status, limit, key, reason in (
        (
            "contig_unknown",
            max_contig_unknown,
            "max_contig_unknown",
            "their contigs are not in the FASTA, under any spelling",
        ),
        ("ref_mismatch", max_ref_mismatch, "max_ref_mismatch", "VCF and FASTA are probably of different assemblies"),
    ):
        # Alleles on unknown contigs cannot mismatch, so they do not count in the share of those that do.
        base = n_alleles - (0 if status == "contig_unknown" else int(totals["contig_unknown"]))
        if base >= _FEW and totals[status] / base > limit:
            example = _first(ledgers, status)
            raise InputError(
                f"{totals[status]} of {base} alleles are {status}, first {example.chrom}:{example.pos} "
                f"{example.ref}>{example.alt} in {example.vcf}: {reason}; give files of one assembly, "
                f"or raise config key `{key}` (now {limit})"
            )


def _first(ledgers: Sequence[Path], status: str):
    """The first row of a status."""
    for path in ledgers:
        rows = read_table(path, "ledger")
        rows = rows[rows.status == status]
        if len(rows):
            return rows.iloc[0]
    raise LookupError(status)
