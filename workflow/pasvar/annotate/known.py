"""What others know of the alleles of a run: their records in ClinVar, gnomAD, dbSNP or a file of one's own, in whatever spelling.

The sources are read record by record. In memory are the alleles that are looked for, and what was found of them.
"""

import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple

import cyvcf2
import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.annotate.allele_lookup import Allele, normal_forms
from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.files import index_path
from pasvar.genome import Genome
from pasvar.progress import no_progress
from pasvar.tables import TABLES
from pasvar.variants import (
    MAX_SHIFT,
    find_contig,
    indexed_contigs,
    open_vcf,
    room_after,
    stream_vcf,
    trim,
    variants_between,
)

_log = logging.getLogger(__name__)

_CHEAP_GAP = 1000
"""Alleles that lie closer than this, in nt, are read in one go: a step through the index reads a block of 64 kB anyway."""

_BATCH = 1000
"""Records whose normal forms are found together, and after which progress is reported."""

_COLUMNS = ("ID", "QUAL", "FILTER")
_LEAST_COMPARED, _MOST_WRONG = 20, 0.5
"""A source whose REF is not the genome's in more than this share of at least so many alleles is of another assembly."""

_ACGT = frozenset("ACGT")


class Source(NamedTuple):
    """An entry of config key `known`, as `config.check_known` gives it. hide_above: largest number of some of the fields."""

    name: str
    paths: Sequence[str | Path]
    fields: Sequence[str]
    hide_above: Mapping[str, float]


def known_sources(given: Iterable[Mapping]) -> list[Source]:
    """The entries of a checked config key `known`."""
    return [Source(source["name"], source["path"], source["fields"], source["hide_above"]) for source in given]


def describe_source(source: Source) -> str:
    """The names of a source's files, and what hides alleles, for the metadata of a table."""
    limits = [f"{name} above {limit:g} hides" for name, limit in source.hide_above.items()]
    return ", ".join([*(Path(path).name for path in source.paths), *limits])


class _Field(NamedTuple):
    """A field to carry. per: `A` or `R` where it has a value per allele, as the header's Number says. is_number: by its Type."""

    name: str
    per: str
    is_number: bool


@dataclass
class _Found:
    """What a source has of one allele: the IDs of its records, and the values of each field, without those that are missing."""

    ids: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def join_known(
    alleles: pd.DataFrame,
    sources: Iterable[Source],
    genome: Genome,
    progress: Callable[..., tqdm] = no_progress,
) -> pd.DataFrame:
    """Table `known`: what the sources have of some alleles, by place, source and field.

    alleles: chrom (the FASTA's name), pos, ref and alt, each once, contigs in the order of the genome. Two alleles are the same
    where they make the same sequence, however they are spelled and split into records.
    Raises InputError, naming the source's file, where it cannot be read, lacks a field, or is of another assembly. What it lacks
    else (a contig) is a warning.
    """
    of_contig = {str(chrom): _Wanted(str(chrom), rows, genome) for chrom, rows in alleles.groupby("chrom", sort=False)}
    found = [(source, _Reader(source, of_contig, genome, progress).read()) for source in sources] if of_contig else []
    rows = [
        (*allele, source.name, *row)
        for chrom, wanted in of_contig.items()
        for i, allele in wanted.in_order()
        for source, (fields, hits) in found
        if (chrom, i) in hits
        for row in _rows(source, fields, hits[chrom, i])
    ]
    return pd.DataFrame(rows, columns=TABLES["known"].schema.names)


def _rows(source: Source, fields: Iterable[_Field], found: _Found) -> Iterator[tuple]:
    """id, field, value, number and hides of each field."""
    for each in fields:
        values = found.values[each.name]
        number = max(_numbers(values), default=None) if each.is_number else None
        hides = number is not None and number > source.hide_above.get(each.name, np.inf)
        yield _joined(found.ids), each.name, _joined(values), number, hides


def _numbers(values: Iterable[str]) -> list[float]:
    found = [float(each) for value in values for each in value.split(",") if each != "."]
    return [number for number in found if np.isfinite(number)]


def _joined(texts: Iterable[str]) -> str | None:
    return "; ".join(dict.fromkeys(texts)) or None


class _Wanted:
    """The alleles of a contig that are looked for, by their normal form."""

    def __init__(self, chrom: str, rows: pd.DataFrame, genome: Genome):
        self.chrom, self._genome = chrom, genome
        self._spelled: list[Allele] = list(zip(rows.pos.tolist(), rows.ref, rows.alt, strict=True))
        self._by_form: dict[Allele, list[int]] = defaultdict(list)
        for i, form in enumerate(normal_forms(self._spelled, genome, chrom)):
            if form is not None:
                self._by_form[form].append(i)
        spans = sorted(self._spans())
        self._starts = [start for start, _ in spans]
        # With the furthest end so far, the last span that begins early enough speaks for all before it.
        self._ends = np.maximum.accumulate([end for _, end in spans] or [0]).tolist()

    def __len__(self) -> int:
        return len(self._spelled)

    def in_order(self) -> list[tuple[int, tuple]]:
        """Number and (chrom, pos, ref, alt) of each allele, by place."""
        return sorted(
            ((i, (self.chrom, *spelled)) for i, spelled in enumerate(self._spelled)), key=lambda each: each[1]
        )

    def _spans(self) -> Iterator[tuple[int, int]]:
        """[start, end), 0-based, that a record must overlap to be one of the alleles: an indel may be spelled further right."""
        forms = sorted(self._by_form)
        places = np.array([(pos - 1, pos + len(ref)) for pos, ref, _ in forms], dtype=np.int64).reshape(-1, 2)
        contig = self._genome.chunks(self.chrom, places[:, 0], places[:, 1] + MAX_SHIFT)
        for pos, ref, alt in forms:
            yield pos - 1, pos + len(ref) + room_after(contig, trim(pos - 1, ref, alt))

    def regions(self) -> Iterator[tuple[int, int, int]]:
        """(start, end, end of the one before) of stretches to read, 0-based."""
        first = begin = 0
        for i, end in enumerate(self._ends[: len(self._starts)]):
            if i + 1 == len(self._starts) or self._starts[i + 1] > end + _CHEAP_GAP:
                yield self._starts[first], end, begin
                first, begin = i + 1, end

    def near(self, variant: cyvcf2.Variant) -> bool:
        """Whether a record may be one of the alleles."""
        start = variant.POS - 1
        n_before = bisect_left(self._starts, start + len(variant.REF))
        return n_before > 0 and self._ends[n_before - 1] > start

    def match(self, variants: Iterable[cyvcf2.Variant], check: "_Check") -> Iterator[tuple[int, cyvcf2.Variant, int]]:
        """(number of the allele, record, number of its ALT) of records that have one of the alleles."""
        spelled = [(variant, i, alt) for variant in variants for i, alt in enumerate(variant.ALT)]
        forms = normal_forms([(v.POS, v.REF, alt) for v, _, alt in spelled], self._genome, self.chrom)
        for (variant, i, alt), form in zip(spelled, forms, strict=True):
            check.count(form is not None, variant.REF, alt)
            for number in self._by_form.get(form, ()) if form is not None else ():
                yield number, variant, i


@dataclass
class _Check:
    """Whether REF of a source is what the genome has, of the records that were compared."""

    n: int = 0
    n_wrong: int = 0

    def count(self, is_right: bool, ref: str, alt: str) -> None:
        if is_right or (_ACGT.issuperset(ref.upper()) and _ACGT.issuperset(alt.upper())):
            self.n += 1
            self.n_wrong += not is_right


class _Reader:
    """Reads one source."""

    def __init__(
        self, source: Source, wanted: Mapping[str, _Wanted], genome: Genome, progress: Callable[..., tqdm] = no_progress
    ):
        self._source, self._wanted, self._genome, self._progress = source, wanted, genome, progress
        self._check, self._n_uneven = _Check(), 0
        self._contigs: dict[str, str | None] = {}
        self._found: dict[tuple[str, int], _Found] = defaultdict(_Found)

    def read(self) -> tuple[list[_Field], dict[tuple[str, int], _Found]]:
        """The fields, and what the source has by contig and number of the allele."""
        fields: list[_Field] = []
        for path in self._source.paths:
            indexed = index_path(path) is not None
            vcf, records = (open_vcf(path), None) if indexed else stream_vcf(path)
            fields = self._fields(vcf, path)
            try:
                hits = self._by_index(path, vcf) if records is None else self._streamed(records)
                for chrom, number, variant, i in hits:
                    self._keep(self._found[chrom, number], fields, variant, i)
            except InputError as error:
                raise InputError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error
        self._tell()
        return fields, dict(self._found)

    def _fields(self, vcf: cyvcf2.VCF, path: str | Path) -> list[_Field]:
        defined = {line["ID"]: line for line in vcf.header_iter() if line.type == "INFO"}
        missing = [name for name in self._source.fields if name not in defined and name not in _COLUMNS]
        if missing:
            raise InputError(
                f"{path}: its header has no INFO field {missing[0]} (config key `known`, source {self._source.name}); it has "
                f"{shorten(sorted(defined), 20) or 'none'}"
            )
        return [
            _Field(name, line["Number"], line["Type"] in ("Integer", "Float"))
            if (line := defined.get(name)) and name not in _COLUMNS
            else _Field(name, "1", name == "QUAL")
            for name in self._source.fields
        ]

    def _wanted_on(self, name: str) -> "_Wanted | None":
        """The alleles on a contig of the file."""
        if name not in self._contigs:
            self._contigs[name] = find_contig(name, self._genome)
        return self._wanted.get(self._contigs[name] or "")

    def _by_index(self, path: str | Path, vcf: cyvcf2.VCF) -> Iterator[tuple[str, int, cyvcf2.Variant, int]]:
        """(contig of the FASTA, as of `_Wanted.match`) of the records of the alleles, of what lies near them."""
        for name in indexed_contigs(path):
            wanted = self._wanted_on(name)
            if wanted is None:
                continue
            regions = list(wanted.regions())
            with self._progress(total=len(regions), unit=f"places in {self._source.name}, {wanted.chrom}") as bar:
                for start, end, begin in regions:
                    records = variants_between(vcf, name, start, end, begin)
                    for batch in _batches(filter(wanted.near, records)):
                        yield from ((wanted.chrom, *hit) for hit in wanted.match(batch, self._check))
                    bar.update()

    def _streamed(self, records: Iterable[cyvcf2.Variant]) -> Iterator[tuple[str, int, cyvcf2.Variant, int]]:
        """As `_by_index`, of all records."""
        _log.info("%s: has no index, so that the whole file is read", self._source.name)
        with self._progress(total=None, unit=f"records of {self._source.name}") as bar:
            for name, of_contig in groupby(_counted(records, bar), key=lambda variant: variant.CHROM):
                wanted = self._wanted_on(name)
                if wanted is None:
                    continue
                for batch in _batches(filter(wanted.near, of_contig)):
                    yield from ((wanted.chrom, *hit) for hit in wanted.match(batch, self._check))

    def _keep(self, found: _Found, fields: Iterable[_Field], variant: cyvcf2.Variant, i: int) -> None:
        """Add the fields of a record's ALT number `i`."""
        columns = str(variant).rstrip("\n").split("\t")
        fixed = {"ID": columns[2], "QUAL": columns[5], "FILTER": columns[6]}
        info = dict((entry.partition("=")[::2]) for entry in columns[7].split(";"))
        if fixed["ID"] != ".":
            found.ids.append(fixed["ID"])
        for each in fields:
            value = fixed.get(each.name, info.get(each.name))
            if value == "":  # a flag
                value = "true"
            elif value is not None and each.per in ("A", "R"):
                values = value.split(",")
                even = len(values) == len(variant.ALT) + (each.per == "R")
                self._n_uneven += not even
                value = values[i + (each.per == "R")] if even else None
            if value is not None and value != ".":
                found.values[each.name].append(value)

    def _tell(self) -> None:
        """What the source lacks, and whether it is of another assembly."""
        name, files = self._source.name, shorten(map(str, self._source.paths), 2)
        has = set(self._contigs.values()) - {None}
        if self._contigs and not has:
            raise InputError(
                f"{files}: none of its contigs ({shorten(self._contigs)}) is in {self._genome.path} "
                f"({shorten(self._genome.names.names)}) (config key `known`, source {name})"
            )
        lacking = {chrom: len(wanted) for chrom, wanted in self._wanted.items() if chrom not in has}
        if self._check.n >= _LEAST_COMPARED and self._check.n_wrong > _MOST_WRONG * self._check.n:
            raise InputError(
                f"{files}: REF is not what {self._genome.path} has in {self._check.n_wrong} of {self._check.n} alleles that were "
                f"compared (config key `known`, source {name}); it is of another assembly"
            )
        if lacking:
            _log.warning(
                "%s: has no record on contig %s, which has %d of the scored alleles (config key `known`, source %s)",
                *(files, shorten(lacking), sum(lacking.values()), name),
            )
        if self._n_uneven:
            _log.warning(
                "%s: %d values are not one per allele, as the header says, and are left out", files, self._n_uneven
            )
        _log.info("%s: has %d of the scored alleles", name, len(self._found))


def _batches(variants: Iterable[cyvcf2.Variant]) -> Iterator[list[cyvcf2.Variant]]:
    variants = iter(variants)
    while batch := list(islice(variants, _BATCH)):
        yield batch


def _counted(variants: Iterable[cyvcf2.Variant], bar: tqdm) -> Iterator[cyvcf2.Variant]:
    n = 0
    for n, variant in enumerate(variants, start=1):
        if n % _BATCH == 0:
            bar.update(_BATCH)
        yield variant
    bar.update(n % _BATCH)
