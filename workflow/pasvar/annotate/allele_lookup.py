"""What a table of alleles (`scores`, `saturation`, `gene_effects` ...) says of the alleles of a VCF, whoever spelled them how."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pasvar.genome import Genome, SequenceChunks, SequenceSlice
from pasvar.regions import NO_END
from pasvar.sequence import decode, encode
from pasvar.tables import open_table
from pasvar.variants import MAX_SHIFT, left_align, to_vcf, trim

Allele = tuple[int, str, str]
"""POS, REF and ALT."""

_SPELLED = ("pos", "ref", "alt")
_NORMAL = ("norm_pos", "norm_ref", "norm_alt")
_ACGT = frozenset("ACGT")

_GROUPS_HELD = 3
"""Row groups in memory. Alleles come by place, so the last ones are the next ones."""


def normal_forms(alleles: Sequence[Allele], genome: Genome | None, chrom: str | None) -> list[Allele | None]:
    """Each allele without what REF and ALT share, an indel left-aligned: as `alleles.to_vcf` writes it and table `scores` has it.

    None for what names no sequence or is not of this genome. Without a genome, or a contig of it, an indel stays where it is
    spelled, and one that is spelled without the base before it has no normal form.
    """
    sound = [_ACGT.issuperset(ref.upper()) and _ACGT.issuperset(alt.upper()) and pos > 0 for pos, ref, alt in alleles]
    contig = None
    if genome is not None and chrom is not None:
        places = [(pos - 1, pos - 1 + len(ref)) for (pos, ref, _), good in zip(alleles, sound, strict=True) if good]
        starts, ends = np.array(sorted(places), dtype=np.int64).reshape(-1, 2).T
        contig = genome.chunks(chrom, starts - MAX_SHIFT - 1, ends + 1)
    return [_normal_form(*allele, contig) if good else None for allele, good in zip(alleles, sound, strict=True)]


def _normal_form(pos: int, ref: str, alt: str, contig: SequenceChunks | None) -> Allele | None:
    start, ref, alt = pos - 1, ref.upper(), alt.upper()
    edit = trim(start, ref, alt)
    if contig is None:
        known = SequenceSlice(encode(ref), start, NO_END)
        return to_vcf(known, edit) if not edit.is_indel or edit.start > start else None
    end = start + len(ref)
    if end > contig.contig_length or decode(contig.between(start, end)) != ref:
        return None
    return to_vcf(contig, left_align(contig, edit))


class AlleleRows:
    """The rows of a table by allele. Of the file, what may have them is read as they are asked for, by place."""

    def __init__(self, paths: str | Path | Iterable[str | Path], names: Sequence[str], columns: Iterable[str]):
        """paths: a table with columns chrom, pos, ref and alt, sorted by place, or one in parts, in the order of places.
        names: what the table may be, see `tables.open_table`. columns: which a row is to have."""
        paths = [paths] if isinstance(paths, str | Path) else list(paths)
        self._names = names
        self._limits: dict[tuple[str | Path, int], dict[str, tuple]] = {}
        for path in paths:
            with open_table(path, names) as file:
                self._schema = file.schema_arrow
                # A table without normal forms may spell alleles so by itself, as the one of all substitutions does.
                self._normal = _NORMAL if _NORMAL[0] in self._schema.names else _SPELLED
                limits = _limits(file, ("chrom", _SPELLED[0], self._normal[0]))
            self._limits |= {(path, group): of_group for group, of_group in enumerate(limits)}
        self._columns = list(dict.fromkeys(["chrom", *_SPELLED, *self._normal, *columns]))
        self._group = lru_cache(_GROUPS_HELD)(self._read)

    def find(
        self, chrom: str, alleles: Sequence[Allele], normal_forms: Callable[[Sequence[Allele]], Sequence[Allele | None]]
    ) -> list[list[dict]]:
        """The rows of each allele, by its spelling, or where the table has no such, by its normal form; in the table's order.

        normal_forms: those of the alleles that are near a row, see the function of this name.
        """
        found: list[list[dict]] = [[] for _ in alleles]
        # An indel may move left, and what REF and ALT share may come before the change.
        low = np.array([pos - MAX_SHIFT for pos, _, _ in alleles])
        high = np.array([pos + len(ref) for pos, ref, _ in alleles])
        table = self._between(chrom, low.min(), high.max())
        places = np.sort(np.concatenate([table[name].to_numpy() for name in (_SPELLED[0], self._normal[0])]))
        near = np.flatnonzero(np.searchsorted(places, high, side="right") > np.searchsorted(places, low)).tolist()
        spelled = [alleles[i] for i in near]
        forms = normal_forms(spelled)
        by_spelling, by_form = self._rows(table, spelled, [form for form in forms if form])
        for i, spelling, form in zip(near, spelled, forms, strict=True):
            rows = by_spelling.get(spelling) or by_form.get(form, [])
            # The table may have the same allele in several spellings.
            found[i] = [row for row in rows if all(row[name] == rows[0][name] for name in _SPELLED)]
        return found

    def _between(self, chrom: str, low: int, high: int) -> pa.Table:
        """The row groups that may hold a place in [low, high], their rows of this contig."""
        tables = [self._schema.empty_table().select(self._columns)]
        for (path, group), limits in self._limits.items():
            places = [limits[name] for name in (_SPELLED[0], self._normal[0])]
            if limits["chrom"][0] <= chrom <= limits["chrom"][1] and any(a <= high and b >= low for a, b in places):
                tables.append(self._group(path, group).filter(pc.field("chrom") == chrom))
        return pa.concat_tables(tables)

    def _rows(self, table: pa.Table, spelled: Sequence[Allele], normal: Sequence[Allele]) -> tuple[dict, dict]:
        """The rows at the places of these, by spelling and by normal form."""
        by_spelling, by_form = defaultdict(list), defaultdict(list)
        wanted = ((_SPELLED[0], spelled), (self._normal[0], normal))
        hits = (pc.field(name).isin(pa.array([pos for pos, _, _ in at], pa.int64())) for name, at in wanted)
        for row in table.filter(reduce(or_, hits)).to_pylist():
            by_spelling[tuple(row[name] for name in _SPELLED)].append(row)
            by_form[tuple(row[name] for name in self._normal)].append(row)
        return by_spelling, by_form

    def _read(self, path: str | Path, group: int) -> pa.Table:
        with open_table(path, self._names) as file:
            return file.read_row_group(group, columns=self._columns)


def _limits(file: pq.ParquetFile, columns: Iterable[str]) -> list[dict[str, tuple]]:
    """Least and greatest value of columns in each row group; none for a table without rows."""
    index = {name: file.schema_arrow.get_field_index(name) for name in columns}
    groups = map(file.metadata.row_group, range(file.num_row_groups if file.metadata.num_rows else 0))
    statistics = ({name: group.column(i).statistics for name, i in index.items()} for group in groups)
    return [{name: (found.min, found.max) for name, found in of_group.items()} for of_group in statistics]
