"""What a table of alleles (`scores`, `saturation`, `gene_effects` ...) says of the alleles of a VCF, whoever spelled them how."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pasvar.alleles import MAX_SHIFT, left_align, to_vcf, trim
from pasvar.genome import Genome, Patches, Stretch
from pasvar.regions import NO_END
from pasvar.sequence import decode, encode

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
        contig = genome.patches(chrom, starts - MAX_SHIFT - 1, ends + 1)
    return [_normal_form(*allele, contig) if good else None for allele, good in zip(alleles, sound, strict=True)]


def _normal_form(pos: int, ref: str, alt: str, contig: Patches | None) -> Allele | None:
    start, ref, alt = pos - 1, ref.upper(), alt.upper()
    edit = trim(start, ref, alt)
    if contig is None:
        known = Stretch(encode(ref), start, NO_END)
        return to_vcf(known, edit) if not edit.is_indel or edit.start > start else None
    end = start + len(ref)
    if end > contig.contig_length or decode(contig.between(start, end)) != ref:
        return None
    return to_vcf(contig, left_align(contig, edit))


class AlleleRows:
    """The rows of a table by allele. Of the file, what may have them is read as they are asked for, by place."""

    def __init__(self, file: pq.ParquetFile, columns: Iterable[str]):
        """file: open table with columns chrom, pos, ref and alt, sorted by place. columns: which a row is to have."""
        self._file = file
        # A table without normal forms may spell alleles so by itself, as the one of all substitutions does.
        self._normal = _NORMAL if _NORMAL[0] in file.schema_arrow.names else _SPELLED
        self._columns = list(dict.fromkeys(["chrom", *_SPELLED, *self._normal, *columns]))
        self._limits = _limits(file, ("chrom", _SPELLED[0], self._normal[0]))
        self._group = lru_cache(_GROUPS_HELD)(self._read)

    def find(self, chrom: str, spelled: Sequence[Allele], normal: Sequence[Allele | None]) -> list[list[dict]]:
        """The rows of each allele, by its spelling, or where the table has no such, by its normal form; in the table's order."""
        by_spelling, by_form = defaultdict(list), defaultdict(list)
        for row in self._rows(chrom, spelled, [form for form in normal if form]):
            by_spelling[tuple(row[name] for name in _SPELLED)].append(row)
            by_form[tuple(row[name] for name in self._normal)].append(row)
        found = []
        for spelling, form in zip(spelled, normal, strict=True):
            rows = by_spelling.get(spelling) or by_form.get(form, [])
            # The table may have the same allele in several spellings.
            found.append([row for row in rows if all(row[name] == rows[0][name] for name in _SPELLED)])
        return found

    def _rows(self, chrom: str, spelled: Sequence[Allele], normal: Sequence[Allele]) -> Iterator[dict]:
        """Rows that have the place of one of these."""
        wanted = {_SPELLED[0]: [pos for pos, _, _ in spelled]}
        wanted[self._normal[0]] = [*wanted.get(self._normal[0], ()), *(pos for pos, _, _ in normal)]
        for group, limits in enumerate(self._limits):
            at_a_place = any(_may_hold(limits[name], positions) for name, positions in wanted.items())
            if at_a_place and _may_hold(limits["chrom"], [chrom]):
                table = self._group(group)
                hits = [pc.is_in(table[name], value_set=pa.array(at, pa.int64())) for name, at in wanted.items()]
                hit = pc.or_(hits[0], hits[-1])
                yield from table.filter(pc.and_(pc.equal(table["chrom"], chrom), hit)).to_pylist()

    def _read(self, group: int) -> pa.Table:
        return self._file.read_row_group(group, columns=self._columns)


def _limits(file: pq.ParquetFile, columns: Iterable[str]) -> list[dict[str, tuple]]:
    """Least and greatest value of columns in each row group; none for a table without rows."""
    index = {name: file.schema_arrow.get_field_index(name) for name in columns}
    groups = map(file.metadata.row_group, range(file.num_row_groups if file.metadata.num_rows else 0))
    statistics = ({name: group.column(i).statistics for name, i in index.items()} for group in groups)
    return [{name: (found.min, found.max) for name, found in of_group.items()} for of_group in statistics]


def _may_hold(limits: tuple, values: Sequence) -> bool:
    return bool(values) and limits[0] <= max(values) and limits[1] >= min(values)
