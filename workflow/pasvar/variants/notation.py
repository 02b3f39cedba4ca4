"""Variants as people write them: `11:5225488:A:G`, `chr11-5225488-A-G`, a line of a VCF, or HGVS such as
`NC_000011.10:g.5225488A>G`, `ENST00000335295.4:c.*110T>C` and `HBB:c.*110T>C`.

HGVS is parsed by mavehgvs. `genome.Transcript` converts positions of a transcript to positions of the genome.
"""

import re
from difflib import get_close_matches
from typing import Any, NamedTuple

import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.genome import Genome, Transcript, TranscriptPosition
from pasvar.sequence import decode, encode, reverse_complement
from pasvar.variants.accessions import find_contig
from pasvar.variants.structural import read_structure

_SEPARATED = re.compile(
    r"(?P<chrom>\S+?)[:\-_\s](?P<pos>\d[\d,]*)[:\-_\s]*(?P<ref>[A-Za-z]+)[:\-_\s>/](?P<alt>[A-Za-z,]+|\*|<[^>]+>)"
)
_HGVS = re.compile(r"(?P<name>[^:\s()]+)(\([^)]*\))?:(?P<change>[cgmn]\.\S+)")
_SPELLED_OUT = re.compile(r"(?<=del)[ACGTacgt]+(?=$|ins)|(?<=dup)[ACGTacgt]+$")
"""The bases that many people write after `del` and `dup`; current HGVS leaves them out."""

_STRETCH = re.compile(r"(?P<chrom>\S+?):(?P<first>\d[\d,]*)-(?P<last>\d[\d,]*):(?P<kind>DEL|DUP)", re.IGNORECASE)
"""A structural change by its first and its last base, 1-based."""

_MOST_DIGITS = 12

_SYMBOLIC = re.compile(r"<(DEL|DUP|CN\d+)(:[^>]+)?>", re.IGNORECASE)
_EXAMPLES = "11:5225488:A:G, chr11-5225488-A-G, NC_000011.10:g.5225488A>G, HBB:c.*110T>C or 11:5224000-5226000:DEL"


class Allele(NamedTuple):
    """A variant in terms of VCF: chrom (the FASTA's name), pos (1-based), ref and alt in upper case; info: for a
    symbolic ALT, INFO with its end."""

    chrom: str
    pos: int
    ref: str
    alt: str
    info: str = "."

    def __str__(self) -> str:
        return f"{self.chrom}:{self.pos}:{self.ref}:{self.alt}"


class _Change(NamedTuple):
    """An HGVS change between two positions, on the strand of their reference sequence. kind: sub, del, dup, ins, delins
    or inv. first, last: objects of mavehgvs, which gives them no types."""

    kind: str
    first: Any
    last: Any
    ref: str
    alt: str


class VariantReader:
    """Reads variants of one genome. Every error is an InputError of one line. It names the variant and, if there is
    one, something similar that exists."""

    def __init__(self, genome: Genome, exons: pd.DataFrame | None = None):
        """exons: table `exons`, for HGVS of genes and transcripts."""
        self._genome = genome
        self._exons = exons

    def read(self, text: str) -> Allele:
        """The variant that a text names; its REF is the sequence of the genome there."""
        text = text.strip()
        if "\t" in text:
            return self._read_vcf_line(text)
        stretch = _STRETCH.fullmatch(text)
        if stretch:
            first, last = (_whole_number(text, stretch[name]) for name in ("first", "last"))
            return self._symbolic(text, stretch["chrom"], first - 1, f"<{stretch['kind'].upper()}>", f"END={last}")
        hgvs = _HGVS.fullmatch(text)
        if hgvs:
            return self._read_hgvs(text, hgvs["name"], hgvs["change"])
        separated = _SEPARATED.fullmatch(text)
        if not separated or "," in separated["alt"]:
            hint = "; an rsID names no allele, give position and bases" if re.fullmatch(r"rs\d+", text) else ""
            raise InputError(f"{text!r} cannot be read as a variant: expected for example {_EXAMPLES}{hint}")
        pos = _whole_number(text, separated["pos"])
        if _SYMBOLIC.fullmatch(separated["alt"]):
            raise InputError(
                f"{text}: where does {separated['alt']} end? Give its first and last base, such as "
                f"{separated['chrom']}:{pos + 1}-{pos + 500}:DEL, or a line of a VCF with END"
            )
        return self._checked(text, self._contig(text, separated["chrom"]), pos, separated["ref"], separated["alt"])

    @staticmethod
    def record_id(text: str) -> str | None:
        """The ID of a line of a VCF; None if it has none, and for other notations."""
        fields = text.strip().split("\t")
        return fields[2] if len(fields) >= 5 and fields[2] != "." else None

    def _read_vcf_line(self, line: str) -> Allele:
        fields = line.split("\t")
        if len(fields) < 5 or not fields[1].isdecimal() or "," in fields[4]:
            raise InputError(
                f"{line[:60]!r} is not a line of a VCF with one ALT: expected CHROM POS ID REF ALT, by tabs"
            )
        if _SYMBOLIC.fullmatch(fields[4]):
            info = fields[7] if len(fields) > 7 else "."
            return self._symbolic(line, fields[0], _whole_number(line, fields[1]), fields[4], info, fields[3])
        return self._checked(line, self._contig(line, fields[0]), _whole_number(line, fields[1]), fields[3], fields[4])

    def _symbolic(self, text: str, name: str, pos: int, alt: str, info: str, ref: str = "N") -> Allele:
        """A structural change of the bases after `pos`. ref: the base at pos; N if it is not given."""
        chrom = self._contig(text, name)
        change = read_structure(pos, alt.upper(), 0, info)
        if isinstance(change, str):
            raise InputError(f"{text[:60]}: {change}")
        if not 0 <= pos < change.end <= self._genome.lengths[chrom]:
            raise InputError(
                f"{text[:60]}: contig {chrom} has {self._genome.lengths[chrom]} nt, and no {pos + 1}-{change.end}"
            )
        here = self._bases(chrom, pos - 1, pos) if pos else "N"
        if ref.upper()[0] not in ("N", here):
            raise InputError(f"{text[:60]}: REF is {ref}, {self._genome.path} has {here} at {chrom}:{pos}")
        return Allele(chrom, pos, here, alt.upper(), info)

    def _contig(self, text: str, name: str) -> str:
        try:
            found = find_contig(name, self._genome)
        except InputError as error:
            raise InputError(f"{text}: {error}") from error
        if found is None:
            near = get_close_matches(name, self._genome.names.names, n=3) or self._genome.names.names
            raise InputError(f"{text}: {self._genome.path} has no contig {name}; it has {shorten(near)}")
        return found

    def _checked(self, text: str, chrom: str, pos: int, ref: str, alt: str) -> Allele:
        """The allele, if the genome has its REF."""
        ref, alt = ref.upper(), alt.upper()
        if not re.fullmatch("[ACGT]+", ref) or not re.fullmatch("[ACGT]+", alt):
            raise InputError(f"{text}: REF {ref} and ALT {alt} must be written with A, C, G and T")
        if not 1 <= pos <= self._genome.lengths[chrom] - len(ref) + 1:
            raise InputError(f"{text}: contig {chrom} has {self._genome.lengths[chrom]} nt, and no position {pos}")
        found = self._bases(chrom, pos - 1, pos - 1 + len(ref))
        if found != ref:
            raise InputError(
                f"{text}: REF is {ref}, {self._genome.path} has {found} at {chrom}:{pos}; "
                f"{self._why(chrom, pos, ref, alt, found)}"
            )
        return Allele(chrom, pos, ref, alt)

    def _why(self, chrom: str, pos: int, ref: str, alt: str, found: str) -> str:
        if "N" in found:
            return "it has no sequence there"
        if found == alt:
            return "REF and ALT may be swapped"
        if found == decode(reverse_complement(encode(ref))):
            return "it may be spelled on the minus strand: a VCF spells the plus strand"
        if pos > 1 and self._bases(chrom, pos - 2, pos - 2 + len(ref)) == ref:
            return f"it stands at {pos - 1}"
        if self._bases(chrom, pos, pos + len(ref)) == ref:
            return f"it stands at {pos + 1}"
        return "is the variant of another assembly?"

    def _bases(self, chrom: str, start: int, end: int) -> str:
        return decode(self._genome.slice(chrom, start, end).codes)

    def _read_hgvs(self, text: str, name: str, change: str) -> Allele:
        parsed = _parse_hgvs(text, change)
        if change.startswith(("g.", "m.")):
            chrom = self._contig(text, name)
            first, last = (int(position.position) - 1 for position in (parsed.first, parsed.last))
            return self._edit(text, chrom, "+", first, last, parsed)
        found: dict[Allele, list[str]] = {}
        faults: list[InputError] = []
        for transcript in self._transcripts(text, name, is_coding=change.startswith("c.")):
            try:
                positions = [_position(position, change) for position in (parsed.first, parsed.last)]
                first, last = (transcript.genomic(position) for position in positions)
                allele = self._edit(text, transcript.chrom, transcript.strand, first, last, parsed)
            except InputError as error:
                faults.append(error)
                continue
            found.setdefault(allele, []).append(transcript.transcript_id)
        if not found:
            raise faults[0]
        if len(found) > 1:
            choices = "; ".join(f"{allele} by {shorten(names, 2)}" for allele, names in found.items())
            raise InputError(f"{text}: transcripts of {name} place it differently ({choices}); name a transcript")
        return next(iter(found))

    def _transcripts(self, text: str, name: str, is_coding: bool) -> list[Transcript]:
        """The transcripts that a name means: one transcript, or all transcripts of a gene for which the position can be
        counted."""
        if self._exons is None:
            raise InputError(f"{text}: to read names of genes and transcripts, a GTF is needed")
        exons = self._exons
        bare = re.sub(r"\.\d+$", "", name)
        for column in ("transcript_id", "gene_name", "gene_id"):
            for wanted, names in ((name, exons[column]), (bare, exons[column].str.replace(r"\.\d+$", "", regex=True))):
                rows = exons[names == wanted]
                if column != "transcript_id" and is_coding and rows.coding_end.notna().any():
                    rows = rows[rows.coding_end.notna()]
                if len(rows):
                    return [
                        Transcript(part) for _, part in rows.groupby(["transcript_id", "chrom", "gene_id"], sort=True)
                    ]
        every = pd.unique(pd.concat([exons.gene_name, exons.transcript_id])).tolist()
        near = get_close_matches(name.upper(), every, n=3) or get_close_matches(bare.upper(), every, n=3, cutoff=0.5)
        what = "a transcript" if re.match(r"ENST|N[MR]_|X[MR]_", name) else "a gene"
        raise InputError(
            f"{text}: the annotation has no {what.removeprefix('a ')} {name}"
            + (f"; the nearest names are {', '.join(near)}" if near else "")
        )

    def _edit(self, text: str, chrom: str, strand: str, first: int, last: int, change: _Change) -> Allele:
        """The allele of a change of the bases from `first` to `last` (0-based, forward), on a strand."""
        start, end = min(first, last), max(first, last) + 1
        if not 0 <= start < end <= self._genome.lengths[chrom]:
            raise InputError(f"{text}: contig {chrom} has {self._genome.lengths[chrom]} nt, and no position {end}")
        ref, alt = (_turned(bases.upper(), strand) for bases in (change.ref, change.alt))
        here = self._bases(chrom, start, end)
        if change.kind == "sub":
            return self._checked(text, chrom, start + 1, ref, alt)
        if change.ref and change.kind in ("del", "dup", "delins") and here != ref:
            raise InputError(f"{text}: it changes {ref}, {self._genome.path} has {here} at {chrom}:{start + 1}-{end}")
        if change.kind == "ins":
            if end - start != 2:
                raise InputError(f"{text}: an insertion lies between two neighbours, such as c.*12_*13insA")
            return Allele(chrom, start + 1, here[0], here[0] + alt)
        if change.kind == "dup":
            before = self._bases(chrom, start - 1, start)
            return Allele(chrom, start, before, before + here)
        if change.kind == "inv":
            return Allele(chrom, start + 1, here, decode(reverse_complement(encode(here))))
        if change.kind == "delins":
            return Allele(chrom, start + 1, here, alt)
        if start == 0:
            after = self._bases(chrom, end, end + 1)
            return Allele(chrom, 1, here + after, after)
        before = self._bases(chrom, start - 1, start)
        return Allele(chrom, start, before + here, before)


def _whole_number(text: str, digits: str) -> int:
    """The number in a text that gives a position of the genome, with or without commas."""
    digits = digits.replace(",", "")
    if len(digits) > _MOST_DIGITS:
        raise InputError(f"{text[:60]!r}: no contig has a position of {len(digits)} digits")
    return int(digits)


def _turned(bases: str, strand: str) -> str:
    return bases if strand == "+" or not bases else decode(reverse_complement(encode(bases)))


def _position(parsed: Any, change: str) -> TranscriptPosition:
    number, offset = parsed.position, parsed.intronic_position or 0
    in_utr3 = bool(parsed.utr) and number > 0
    return TranscriptPosition(number, in_utr3, offset, is_coding=change.startswith("c."))


def _parse_hgvs(text: str, change: str) -> _Change:
    """Parse with mavehgvs, whose grammar is that of HGVS for single variants of DNA. Raises InputError if the text does
    not follow it."""
    from mavehgvs import MaveHgvsParseError, Variant

    inversion = re.fullmatch(r"(?P<left>.+)inv", change)
    spelled = _SPELLED_OUT.search(change)
    bare = f"{inversion['left']}del" if inversion else _SPELLED_OUT.sub("", change)
    try:
        variant: Any = Variant(bare)
    except (MaveHgvsParseError, ValueError) as error:  # the latter for a position of thousands of digits
        raise InputError(
            f"{text}: {change} cannot be read as HGVS; expected one substitution, del, dup, ins, delins or inv of DNA, "
            "such as c.*110T>C or g.5225486_5225488del"
        ) from error
    positions = variant.positions if isinstance(variant.positions, tuple) else (variant.positions, variant.positions)
    kind = "inv" if inversion else variant.variant_type
    if kind not in ("sub", "del", "dup", "ins", "delins", "inv"):
        raise InputError(f"{text}: {change} is not a change of single bases, and only such changes can be scored")
    ref, alt = variant.sequence if kind == "sub" else (spelled[0] if spelled else "", variant.sequence or "")
    return _Change(kind, positions[0], positions[-1], ref, alt)
