"""Random inputs: genomes with overlapping genes and repeats, alleles of all kinds, and people with all kinds of calls."""

import re
from dataclasses import dataclass, field, replace
from random import Random

COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")
HEXAMERS = ["AATAAA", "AATAAA", "ATTAAA", "AGTAAA", "AATACA", "AATGGA", "AAAAAA"]
N_GENOMES = 16
"""Genomes of a case. They share what a run costs whatever its size."""

MAX_ALLELE_LENGTH = 30
"""Config key `max_allele_length`, short so that some alleles are longer."""


def reverse_complement(text: str) -> str:
    return text.translate(COMPLEMENT)[::-1]


@dataclass(frozen=True)
class Transcript:
    """start, end, coding_start, coding_end: 0-based, half-open, forward strand; one exon."""

    gene: str
    contig: str
    strand: str
    start: int
    end: int
    coding_start: int
    coding_end: int

    @property
    def cut(self) -> int:
        """0-based last base of the transcript."""
        return self.end - 1 if self.strand == "+" else self.start


@dataclass(frozen=True)
class Record:
    """A VCF record. calls: GT, or GT:PS, by person; None for a record without GT. first: number of its first ALT, where the
    others of a record stand in records of their own."""

    name: str
    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    calls: dict[str, str] | None
    first: int = 0


@dataclass
class Case:
    """All inputs of a run. genome: contigs by name. atlases: (contig, cut, strand, reads) of each. files: records of each VCF."""

    genome: dict[str, str]
    transcripts: list[Transcript]
    atlases: list[list[tuple[str, int, str, int]]]
    files: list[list[Record]]
    people: list[list[str]]
    weights: list[list[dict[str, int]]]
    n_shards: int = 1
    vcf_prefix: str = ""
    notes: list[str] = field(default_factory=list)


def make_case(seed: int, is_plain: bool = False) -> Case:
    """The case of a seed: `N_GENOMES` small genomes, each a contig.

    is_plain: records with one ALT each, of which no two are one change, so that the reverse complement says the same.
    """
    random = Random(seed)
    contigs = [str(number) for number in range(1, N_GENOMES + 1)]
    genome = {name: _sequence(random, random.randint(1500, 2600)) for name in contigs}
    genome["EMPTY"] = "".join(random.choices("ACGT", k=300))  # without genes and records
    transcripts = [t for contig in contigs for t in _transcripts(random, contig, len(genome[contig]))]
    for transcript in transcripts:
        _plant_signal(random, genome, transcript)
    atlases = [_atlas(random, genome, transcripts) for _ in range(random.choice([0, 1, 2]))]
    n_files = 1 if is_plain else random.choice([1, 1, 2])
    people = [[f"p{i}" for i in range(random.randint(1, 4))] for _ in range(n_files)]
    if n_files == 2:
        people[1] = random.sample(["p0", "p1", "q0", "q1"], 3)
    files = [_records(random, genome, transcripts, names, i, is_plain) for i, names in enumerate(people)]
    weights = [[{base: random.randint(-16, 16) for base in "ACGT"} for _ in range(205)] for _ in range(2)]
    return Case(genome, transcripts, atlases, files, people, weights)


def _sequence(random: Random, length: int) -> str:
    pieces = []
    while sum(map(len, pieces)) < length:
        pieces.append("".join(random.choices("ACGT", k=random.randint(20, 60))))
        unit = "".join(random.choices("ACGT", k=random.choice([1, 1, 2, 3])))
        pieces.append(unit * random.randint(2, 6))
    text = "".join(pieces)[:length]
    if random.random() < 0.3:
        at = random.randint(0, length - 40)
        text = text[:at] + "N" * 30 + text[at + 30 :]
    if random.random() < 0.3:
        at = random.randint(0, length - 200)
        text = text[:at] + text[at : at + 200].lower() + text[at + 200 :]
    return text


def _transcripts(random: Random, contig: str, length: int) -> list[Transcript]:
    found = []
    for gene in range(random.randint(1, 4)):
        strand = random.choice("+-")
        start = random.randint(10, length - 700)
        end = random.randint(start + 400, min(start + 1200, length - 5))
        low, high = start + 20, start + 150
        if strand == "-":
            low, high = end - 150, end - 20
        for i in range(random.randint(1, 3)):
            # Ends of one gene are so far apart that they are not merged.
            if strand == "+" and end - 70 * i > high + 30:
                found.append(Transcript(f"G{contig}{gene}", contig, strand, start, end - 70 * i, low, high))
            if strand == "-" and start + 70 * i < low - 30:
                found.append(Transcript(f"G{contig}{gene}", contig, strand, start + 70 * i, end, low, high))
    return found


def _plant_signal(random: Random, genome: dict[str, str], transcript: Transcript) -> None:
    if random.random() < 0.25:
        return
    hexamer, distance = random.choice(HEXAMERS), random.randint(8, 35)
    text = genome[transcript.contig]
    at = transcript.cut - distance if transcript.strand == "+" else transcript.cut + distance - 5
    letters = hexamer if transcript.strand == "+" else reverse_complement(hexamer)
    genome[transcript.contig] = text[:at] + letters + text[at + 6 :]


def _atlas(random: Random, genome: dict[str, str], transcripts: list[Transcript]) -> list[tuple[str, int, str, int]]:
    points = []
    for transcript in transcripts:
        if random.random() < 0.5:
            at = transcript.cut + random.choice([0, 35, -35]) * (1 if transcript.strand == "+" else -1)
            if 0 <= at < len(genome[transcript.contig]):
                points.append((transcript.contig, at, transcript.strand, random.randint(1, 500)))
    return sorted(set(points))


def _records(
    random: Random, genome: dict[str, str], transcripts: list[Transcript], people: list[str], file: int, is_plain: bool
) -> list[Record]:
    records: list[Record] = []
    used: set[tuple[str, int]] = set()
    chosen = [t for contig in genome for t in _some(random, [t for t in transcripts if t.contig == contig])]
    for number, transcript in enumerate(chosen):
        text = genome[transcript.contig]
        start = transcript.cut + random.randint(-160, 160)
        if not 30 < start < len(text) - 60:
            continue
        made = _spelled(random, text, start, is_plain)
        if made is None:
            continue
        pos, ref, alts = made
        if is_plain and any((transcript.contig, place) in used for place in range(pos - 1, pos + len(ref) + 1)):
            continue
        used.update((transcript.contig, place) for place in range(pos - 30, pos + len(ref) + 30) if is_plain)
        calls = _calls(random, people, len(alts))
        name = f"f{file}r{number}"
        records.append(Record(name, transcript.contig, pos, ref, alts, calls))
        if not is_plain and random.random() < 0.1:
            records.append(Record(name + "d", transcript.contig, pos, ref, alts, _calls(random, people, len(alts))))
        if not is_plain and random.random() < 0.15 and (other := _respelled(random, text, pos, ref, alts[0])):
            records.append(Record(name + "s", transcript.contig, *other, _calls(random, people, 1)))
    return sorted(records, key=lambda record: (record.contig, record.pos))


def _some(random: Random, transcripts: list[Transcript]) -> list[Transcript]:
    return random.choices(transcripts, k=random.randint(3, 14)) if transcripts else []


def _spelled(random: Random, text: str, start: int, is_plain: bool) -> tuple[int, str, tuple[str, ...]] | None:
    """POS, REF and ALTs of an edit of `text` at `start`."""
    kind = random.choice(["snv", "snv", "snv", "deletion", "insertion", "mnv", "delins"] + ["odd"] * (not is_plain))
    n = random.choice([1, 1, 2, 3, 6])
    before = random.choice([1, 1, 1, 2, 4]) if not is_plain else 1
    if kind == "odd":
        return _odd(random, text, start)
    if kind == "snv":
        ref = text[start]
        alts = random.sample(
            [base for base in "ACGT" if base != ref.upper()], 1 if is_plain else random.choice([1, 1, 2])
        )
        return _if_sound(start + 1, ref, tuple(alts))
    if kind == "deletion":
        return _if_sound(start - before + 1, text[start - before : start + n], (text[start - before : start],))
    if kind == "insertion":
        added = random.choice([text[start : start + n], "".join(random.choices("ACGT", k=n))])
        anchor = text[start - before : start]
        return _if_sound(start - before + 1, anchor, (anchor + added,))
    n_new = n if kind == "mnv" else random.randint(1, 6)
    alt = "".join(random.choices("ACGT", k=n_new))
    ref = text[start : start + n]
    if is_plain and (alt[0] == ref[0].upper() or alt[-1] == ref[-1].upper()):
        return None
    return _if_sound(start + 1, ref, (alt,))


def _if_sound(pos: int, ref: str, alts: tuple[str, ...]) -> tuple[int, str, tuple[str, ...]] | None:
    letters = set("".join((ref, *alts)).upper())
    return (pos, ref, alts) if letters <= set("ACGT") and ref.upper() not in [alt.upper() for alt in alts] else None


def _odd(random: Random, text: str, start: int) -> tuple[int, str, tuple[str, ...]]:
    """Alleles that are not scored, or that are written oddly."""
    ref = text[start]
    other = next(base for base in "ACGT" if base != ref.upper())
    return random.choice(
        [
            (start + 1, ref, ("<DEL>", other)),
            (start + 1, ref, (other, "*")),
            (start + 1, ref, ("N",)),
            (start + 1, other, (ref,)),
            (start + 1, ref, (other, other)),
            (start + 1, ref, (other.lower(),)),
            (start + 1, ref, (ref + other * 40,)),
            (start + 1, text[start : start + 3], (text[start : start + 2] + other,)),
            (start + 1, ref, (ref,)),
        ]
    )


def _respelled(random: Random, text: str, pos: int, ref: str, alt: str) -> tuple[int, str, tuple[str, ...]] | None:
    """The same change with another base in front of it."""
    if "<" in alt or "*" in alt or pos < 10:
        return None
    more = random.randint(1, 3)
    front = text[pos - 1 - more : pos - 1]
    return _if_sound(pos - more, front + ref, (front + alt,))


def _calls(random: Random, people: list[str], n_alts: int) -> dict[str, str] | None:
    if random.random() < 0.04:
        return None
    separator = random.choice("||/")
    calls = {}
    for i, person in enumerate(people):
        ploidy = random.choice([2, 2, 2, 2, 2, 2, 1, 3]) if i else random.choice([1, 1, 1, 1, 2])
        alleles = random.choices([".", "0", *map(str, range(1, n_alts + 1))], [1, 8, *[6] * n_alts], k=ploidy)
        own = separator if random.random() < 0.9 else "/"
        phase_set = random.choice(["", "", "", ":7", ":8"]) if own == "|" else ""
        calls[person] = own.join(alleles) + phase_set
    return calls


# --- the same case in other words ---------------------------------------------------------------------------------------


def in_shards(case: Case) -> Case:
    return replace(case, n_shards=4)


def in_files(case: Case) -> Case:
    """Each file in two, by contig."""
    files, people = [], []
    for records, names in zip(case.files, case.people, strict=True):
        for half in (0, 1):
            files.append([record for record in records if int(record.contig) % 2 == half])
            people.append(names)
    return replace(case, files=files, people=people)


def with_prefix(case: Case) -> Case:
    return replace(case, vcf_prefix="chr")


def renamed(case: Case) -> Case:
    """All files with other names of contigs, as RefSeq has them."""

    def name(contig: str) -> str:
        return f"NC_{int(contig):06}.11" if contig.isdecimal() else f"NT_{contig}.1"

    return replace(
        case,
        genome={name(contig): text for contig, text in case.genome.items()},
        transcripts=[replace(t, contig=name(t.contig)) for t in case.transcripts],
        atlases=[[(name(contig), *rest) for contig, *rest in atlas] for atlas in case.atlases],
        files=[[replace(record, contig=name(record.contig)) for record in records] for records in case.files],
    )


def respelled(case: Case) -> Case:
    """A plain case whose indels stand at the last of their places, and whose other records have one to three more bases in
    front."""
    files = []
    for records in case.files:
        spelled = [_moved(record, case.genome[record.contig]) for record in records]
        files.append(sorted(spelled, key=lambda record: (record.contig, record.pos)))
    return replace(case, files=files)


def _moved(record: Record, text: str) -> Record:
    (alt,), ref, low = record.alts, record.ref, record.pos - 1
    is_indel = len(ref) != len(alt) and 1 in (len(ref), len(alt)) and ref[0].upper() == alt[0].upper()
    if not is_indel:
        made = _respelled(Random(record.name), text, record.pos, ref, alt)
        return replace(record, pos=made[0], ref=made[1], alts=made[2]) if made else record
    low, gone, added = low + 1, len(ref) - 1, alt[1:].upper()
    while low + gone < len(text) - 1:
        leaves, enters = (added or text[low].upper())[0], text[low + gone].upper()
        if leaves != enters:
            break
        low, added = low + 1, added[1:] + added[:1]
    anchor = text[low - 1]
    return replace(record, pos=low, ref=anchor + text[low : low + gone], alts=(anchor + added,))


def with_third_alleles(case: Case) -> Case:
    """A plain case whose phased SNVs have a second ALT, which some of the haplotypes have that had none."""
    files = []
    for records in case.files:
        changed = []
        for record in records:
            calls, (alt,) = record.calls, record.alts
            if len(record.ref) == len(alt) == 1 and calls and not any("/" in call for call in calls.values()):
                random = Random(record.name)
                third = next(base for base in "ACGT" if base not in (record.ref.upper(), alt.upper()))
                more = {person: _with_third(random, call) for person, call in calls.items()}
                record = replace(record, alts=(alt, third), calls=more)
            changed.append(record)
        files.append(changed)
    return replace(case, files=files)


def _with_third(random: Random, call: str) -> str:
    alleles, *phase_set = call.split(":")
    found = ["2" if each == "0" and random.random() < 0.3 else each for each in alleles.split("|")]
    return ":".join(["|".join(found), *phase_set])


def split(case: Case) -> Case:
    """Each ALT in a record of its own; haplotypes with another ALT have the reference there, as `bcftools norm -m -` does it."""
    files = []
    for records in case.files:
        parts = []
        for record in records:
            for number, alt in enumerate(record.alts):
                of_alt = {person: _of_alt(call, number + 1) for person, call in (record.calls or {}).items()}
                calls = None if record.calls is None else of_alt
                parts.append(replace(record, alts=(alt,), calls=calls, first=number))
        files.append(parts)
    return replace(case, files=files)


def _of_alt(call: str, number: int) -> str:
    alleles, *phase_set = call.split(":")
    changed = re.sub(r"\d+", lambda found: "1" if int(found[0]) == number else "0", alleles)
    return ":".join([changed, *phase_set])


def shuffled(case: Case) -> Case:
    """People in another order."""
    return replace(case, people=[names[::-1] for names in case.people])


def mirrored(case: Case) -> Case:
    """The reverse complement of a plain case."""
    lengths = {contig: len(text) for contig, text in case.genome.items()}
    genome = {contig: reverse_complement(text) for contig, text in case.genome.items()}
    other = {"+": "-", "-": "+"}

    def turn(contig: str, low: int, high: int) -> tuple[int, int]:
        return lengths[contig] - high, lengths[contig] - low

    transcripts = [
        Transcript(
            t.gene,
            t.contig,
            other[t.strand],
            *turn(t.contig, t.start, t.end),
            *turn(t.contig, t.coding_start, t.coding_end),
        )
        for t in case.transcripts
    ]
    atlases = [
        sorted((contig, lengths[contig] - 1 - cut, other[strand], reads) for contig, cut, strand, reads in atlas)
        for atlas in case.atlases
    ]
    files = [
        sorted((_turned(record, case.genome) for record in records), key=lambda record: (record.contig, record.pos))
        for records in case.files
    ]
    return replace(case, genome=genome, transcripts=transcripts, atlases=atlases, files=files)


def _turned(record: Record, genome: dict[str, str]) -> Record:
    (alt,), ref, low = record.alts, record.ref, record.pos - 1
    text = genome[record.contig]
    if len(ref) != len(alt) and ref[0].upper() == alt[0].upper():
        ref, alt, low = ref[1:], alt[1:], low + 1
    high = low + len(ref)
    start = len(text) - high
    ref, alt = reverse_complement(ref), reverse_complement(alt)
    if not ref or not alt:
        anchor = reverse_complement(text)[start - 1]
        ref, alt, start = anchor + ref, anchor + alt, start - 1
    return replace(record, pos=start + 1, ref=ref, alts=(alt,))
