"""What docs/scores.md, docs/people.md, docs/sites.md, docs/tables.md and the VCF specification say, in plain Python.

Nothing of pasvar is imported, and nothing is clever: an allele is made by cutting a string, and two spellings are one change if
the strings that they make are equal. The sites and their usages in the reference are taken from the pipeline.
"""

import math
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from differential.cases import MAX_ALLELE_LENGTH, Case, Record, reverse_complement

PAD = 1000
"""N on either side of a contig, for the windows that reach past its ends."""

Edit = tuple[int, int, str]
"""(start, end, new bases): replace contig[start:end]."""


@dataclass
class Site:
    site_id: str
    contig: str
    strand: str
    hexamer_start: int
    window_start: int


@dataclass
class Gene:
    """sites: proximal to distal. usage: of each in the reference. lengths: of each 3' UTR, None without."""

    gene_id: str
    sites: list[Site]
    usage: list[float]
    lengths: list[float | None]


@dataclass(frozen=True)
class Allele:
    contig: str
    pos: int
    ref: str
    alt: str

    @property
    def name(self) -> str:
        return f"{self.contig}:{self.pos}:{self.ref}:{self.alt}"


@dataclass
class Carried:
    """What a person has at a site: variants by haplotype, or one by one where the phase is unknown.

    haplotypes: alleles of each. copies: (allele, ploidy of its call), one for each copy. phases: of the heterozygous calls.
    """

    haplotypes: list[list[Allele]] = field(default_factory=list)
    copies: list[tuple[Allele, int]] = field(default_factory=list)
    ploidies: list[int] = field(default_factory=list)
    phases: set = field(default_factory=set)

    @property
    def is_mixed(self) -> bool:
        return len(set(self.ploidies)) > 1

    @property
    def is_known(self) -> bool:
        return not self.phases or (len(self.phases) == 1 and not self.is_mixed)


class Reference:
    """All that is expected of a case. genes: from the pipeline's sites."""

    def __init__(self, case: Case, genes: list[Gene]):
        self.case, self.genes = case, genes
        self.genome = {contig: text.upper() for contig, text in case.genome.items()}
        self.sites = {site.site_id: site for gene in genes for site in gene.sites}
        self.records = self._in_order()
        self.people = sorted({name for names in case.people for name in names})
        self.status: list[tuple[str, Allele, str, int]] = []  # record, allele, status, sites
        self.scored: dict[Allele, list[str]] = {}
        self._judge()
        self._windows: dict[tuple, str] = {}
        self.rivals: dict[tuple[Allele, str], int] = {}
        """Start of the rival hexamer that an allele hits at a site, by the pipeline."""

    # --- alleles --------------------------------------------------------------------------------------------------------

    def _in_order(self) -> list[tuple[int, Record]]:
        """(file, record) by contig and position, then by file."""
        order = list(self.genome)
        rows = [(file, record) for file, records in enumerate(self.case.files) for record in records]
        return sorted(rows, key=lambda row: (order.index(row[1].contig), row[1].pos, row[0]))

    def _judge(self) -> None:
        seen = set()
        for _, record in self.records:
            for alt in record.alts:
                allele = Allele(record.contig, record.pos, record.ref, alt)
                status = self._fault(allele)
                sites = [] if status and status != "too_long" else self.touched(allele)
                if status is None:
                    status = "duplicate" if allele in seen else "scored" if sites else "no_site_in_range"
                    seen.add(allele)
                self.status.append((record.name, allele, status, len(sites)))
                if status == "scored":
                    self.scored[allele] = sites

    def _fault(self, allele: Allele) -> str | None:
        if allele.alt.startswith("<"):
            return "symbolic"
        if "*" in allele.alt:
            return "star"
        if set((allele.ref + allele.alt).upper()) - set("ACGT"):
            return "non_acgt"
        text = self.genome[allele.contig]
        if allele.pos - 1 + len(allele.ref) > len(text):
            return "chrom_end"
        if text[allele.pos - 1 :][: len(allele.ref)] != allele.ref.upper():
            return "ref_mismatch"
        start, end, new = spelled_edit(allele)
        return "too_long" if max(end - start, len(new)) > MAX_ALLELE_LENGTH else None

    def touched(self, allele: Allele) -> list[str]:
        """The sites of whose window an allele changes a base, or between two of whose bases it inserts, at all of its places: at
        another one it lies outside."""
        places = self.places(allele.contig, spelled_edit(allele))
        return [
            site.site_id
            for site in self.sites.values()
            if site.contig == allele.contig and all(_touches(edit, site.window_start) for edit in places)
        ]

    def places(self, contig: str, edit: Edit, low: int = 0, high: int | None = None) -> list[Edit]:
        """All places of an indel that make the same sequence, without a gap, within [low, high)."""
        text = self.genome[contig]
        high = len(text) if high is None else high
        start, end, new = edit
        if (end > start) == bool(new):
            return [edit]
        made = text[:start] + new + text[end:]
        found = [edit]
        for step in (-1, 1):
            at = start + step
            while low <= at and at + end - start <= high:
                # What is inserted here must be what the made sequence has here.
                here = made[at : at + len(new)]
                again = text[:at] + here + text[at + end - start :]
                moved = text[min(at, at - step) : max(at, at - step) + end - start]
                if again != made or "N" in moved:
                    break
                found.append((at, at + end - start, here))
                at += step
        return sorted(found)

    def change(self, allele: Allele) -> tuple[str, str]:
        """What an allele makes of its contig: equal for all spellings of one change."""
        start, end, new = spelled_edit(allele)
        text = self.genome[allele.contig]
        return allele.contig, text[:start] + new + text[end:]

    # --- windows --------------------------------------------------------------------------------------------------------

    def window(self, site: Site, alleles: tuple[Allele, ...] = ()) -> str | None:
        """The 205 nt with all alleles in place; None where they contradict one another."""
        key = site.site_id, alleles
        if key not in self._windows:
            self._windows[key] = self._window(site, sorted(spelled_edit(allele) for allele in alleles))
        return self._windows[key]

    def _window(self, site: Site, edits: list[Edit]) -> str | None:
        text = self.genome[site.contig]
        for one, two in pairwise(edits):
            if two[0] < one[1] or (one[0] == one[1] == two[0] == two[1]):
                return None
        ranges = []
        for i, edit in enumerate(edits):
            low = edits[i - 1][1] if i else 0
            high = edits[i + 1][0] if i + 1 < len(edits) else len(text)
            ranges.append(self.places(site.contig, edit, low, high))
        hexamer, padded = site.hexamer_start, "N" * PAD + text + "N" * PAD
        pieces, at = [], 0
        for start, end, new in edits:
            pieces += [padded[at : start + PAD], new]
            at = end + PAD
        made = "".join([*pieces, padded[at:]])
        upstream = hit = 0  # on the transcribed strand
        for places in ranges:
            longer = len(places[0][2]) - (places[0][1] - places[0][0])
            before = [place[1] <= hexamer for place in places]
            after = [place[0] >= hexamer + 6 for place in places]
            if site.strand == "-":
                before, after = after, before
            if any(before):
                upstream += longer
            elif not any(after):
                hit += longer
        if site.strand == "+":
            first = PAD + hexamer + upstream
        else:
            made = reverse_complement(made)
            first = PAD + len(text) - (hexamer + 6) + upstream
        keep_upstream = made[first - 70 :][:205]
        keep_downstream = made[first + hit - 70 :][:205]
        return keep_upstream if tier(keep_upstream[70:76]) < tier(keep_downstream[70:76]) else keep_downstream

    def score(self, window: str, wide: bool = False) -> float:
        weights = self.case.weights[wide]
        return sum(weights[i].get(base, 0) for i, base in enumerate(window)) / 64

    def effect(self, site: Site, alleles: tuple[Allele, ...], wide: bool = False) -> float | None:
        window = self.window(site, alleles)
        return None if window is None else self.score(window, wide) - self.score(self.window(site), wide)

    def allele_effect(self, site: Site, allele: Allele, wide: bool = False) -> float:
        """As `effect` of one allele; in the window of a rival hexamer that it hits, where the narrow effect is larger there."""
        effects = [
            (self.effect(one, (allele,)), self.effect(one, (allele,), wide)) for one in self._hexamers(site, allele)
        ]
        return max(effects, key=lambda pair: abs(pair[0]))[1]

    def site_effect(self, site: Site, allele: Allele) -> float:
        """Change of the log odds of the site as a whole: of its own and of a rival hexamer that the allele hits together."""
        hexamers = self._hexamers(site, allele)
        if len(hexamers) == 1:
            return self.effect(site, (allele,))
        before, after = (
            sum(math.exp(self.score(self.window(one, alleles))) for one in hexamers) for alleles in ((), (allele,))
        )
        return math.log(after) - math.log(before)

    def _hexamers(self, site: Site, allele: Allele) -> list[Site]:
        """The site, and as another one with the rival hexamer that the pipeline says the allele hits."""
        start = self.rivals.get((allele, site.site_id))
        rival = [] if start is None else [replace(site, site_id=f"{site.site_id} rival {start}", hexamer_start=start)]
        return [site, *rival]

    # --- people ---------------------------------------------------------------------------------------------------------

    def calls(self, person: str) -> list[tuple[Record, list[str], list[Allele | None], object]]:
        """(record, GT split, allele of each haplotype, phase set) of each record that has a call of the person."""
        found, had = [], set()
        for number, (file, record) in enumerate(self.records):
            if person not in self.case.people[file] or record.calls is None:
                continue
            gt, _, phase_set = record.calls[person].partition(":")
            parts = re.split(r"[|/]", gt)
            alleles = [None, *(Allele(record.contig, record.pos, record.ref, alt) for alt in record.alts)]
            own = [None if part == "." else alleles[int(part)] for part in parts]
            # Where a person has calls of an allele in several records, the first one counts.
            own = [None if allele in had else allele for allele in own]
            if any(part != "." for part in parts):
                had.update(allele for allele in alleles[1:])
            phase = (file, phase_set) if "|" in gt else ("record", number)
            found.append((record, parts, own, phase))
        return found

    def carried(self, person: str, site: Site) -> Carried:
        carried, changes = Carried(), set()
        for _, parts, own, phase in self.calls(person):
            here = [allele if self._takes_part(allele, site) else None for allele in own]
            # A change that several records spell differently counts in the first that gives it to the person.
            here = [allele if allele and self.change(allele) not in changes else None for allele in here]
            changes.update(self.change(allele) for allele in here if allele)
            if not any(here):
                continue
            ploidy = len(parts)
            carried.ploidies.append(ploidy)
            carried.copies += [(allele, ploidy) for allele in here if allele]
            if len(set(here)) > 1:
                carried.phases.add(phase)
            carried.haplotypes += [[] for _ in range(ploidy - len(carried.haplotypes))]
            for haplotype, allele in zip(carried.haplotypes, here, strict=False):
                haplotype += [allele] if allele else []
        if not carried.phases and carried.ploidies:
            carried.haplotypes = carried.haplotypes[: min(carried.ploidies)]
        return carried

    def _takes_part(self, allele: Allele | None, site: Site) -> bool:
        is_change = allele is not None and allele.ref.upper() != allele.alt.upper()
        return is_change and site.site_id in self.scored.get(allele, ())

    def counts(self, allele: Allele) -> tuple[int, int, int] | None:
        """(people, copies, called alleles); None where no record of the allele has genotypes."""
        rows = [
            (file, record)
            for file, record in self.records
            if (record.contig, record.pos, record.ref) == (allele.contig, allele.pos, allele.ref)
            and allele.alt in record.alts
            and record.calls is not None
            and self.case.people[file]
        ]
        if not rows:
            return None
        n_carriers = n_copies = n_called = 0
        for person in self.people:
            for file, record in rows:
                if person in self.case.people[file]:
                    parts = re.split(r"[|/]", record.calls[person].partition(":")[0])
                    if all(part == "." for part in parts):
                        continue
                    copies = sum(
                        part != "." and part != "0" and record.alts[int(part) - 1] == allele.alt for part in parts
                    )
                    n_copies += copies
                    n_called += sum(part != "." for part in parts)
                    n_carriers += copies > 0
                    break
        return n_carriers, n_copies, n_called

    # --- genes ----------------------------------------------------------------------------------------------------------

    def gene_usage(self, gene: Gene, effects: list[float]) -> list[float]:
        """Each share times exp(effect), brought to 1; a site that takes no part stays without any."""
        weight = [share * math.exp(effect) if share else 0.0 for share, effect in zip(gene.usage, effects, strict=True)]
        return [part / sum(weight) for part in weight]

    def sample(self, person: str, gene: Gene) -> dict | None:
        """What the person's row of table `samples` holds, whether or not it is strong enough; None where nothing is carried."""
        here = [self.carried(person, site) for site in gene.sites]
        if not any(carried.copies for carried in here):
            return None
        n = len(gene.sites)
        mean, size, each = [0.0] * n, [0.0] * n, [None] * n
        for i, (site, carried) in enumerate(zip(gene.sites, here, strict=True)):
            if not carried.copies:
                continue
            alone = [(self.site_effect(site, allele), ploidy) for allele, ploidy in carried.copies]
            if carried.is_known:
                each[i] = [self._of_haplotype(site, tuple(haplotype)) for haplotype in carried.haplotypes]
                mean[i] = sum(effect for effect, _ in each[i]) / len(each[i])
                singles = [
                    abs(self.site_effect(site, allele))
                    for haplotype, (_, is_sound) in zip(carried.haplotypes, each[i], strict=True)
                    for allele in haplotype
                    if not is_sound
                ]
                size[i] = max([abs(mean[i]), *singles, *(abs(effect) for effect, is_sound in each[i] if is_sound)])
            else:
                mean[i] = sum(effect / ploidy for effect, ploidy in alone)
                size[i] = max(abs(mean[i]), *(abs(effect) for effect, _ in alone))
        touched = [i for i in range(n) if here[i].copies]
        ploidies = {len(here[i].haplotypes) for i in touched}
        phases = set().union(*(here[i].phases for i in touched))
        if all(here[i].is_known for i in touched) and len(ploidies) == 1 and len(phases) < 2:
            usages = [
                self.gene_usage(gene, [each[i][h][0] if here[i].copies else 0.0 for i in range(n)])
                for h in range(*ploidies)
            ]
            usage = [sum(shares) / len(usages) for shares in zip(*usages, strict=True)]
        else:
            usage = self.gene_usage(gene, mean)
        hit = size.index(max(size))
        return self._row(gene, here[hit], each[hit] or [], hit, mean, size, usage)

    def _of_haplotype(self, site: Site, alleles: tuple[Allele, ...]) -> tuple[float, bool]:
        """(effect, whether it is one): with what each variant adds by a rival hexamer; of contradicting variants the
        sum."""
        effect, alone = self.effect(site, alleles), sum(self.site_effect(site, a) for a in alleles)
        if effect is None:
            return alone, False
        return effect + alone - sum(self.effect(site, (a,)) for a in alleles), True

    def _row(self, gene: Gene, carried: Carried, each, hit: int, mean, size, usage) -> dict:
        copies: dict[str, int] = {}
        counted = carried.copies if not carried.is_known else [(a, 0) for h in carried.haplotypes for a in h]
        for allele, _ in counted:
            copies[allele.name] = copies.get(allele.name, 0) + 1
        ploidy = len(carried.haplotypes) if carried.is_known else max(carried.ploidies)
        shown = [None, None]
        if carried.is_known and ploidy < 3:
            shown = [*(effect if is_sound else None for effect, is_sound in each), None, None][:2]
        shift = [abs(_logit(alt) - _logit(ref)) for alt, ref in zip(usage, gene.usage, strict=True)]
        last = max(i for i, share in enumerate(gene.usage) if share)  # of the sites that take part
        return {
            "size": max(*size, *shift),
            "site_id": gene.sites[hit].site_id,
            "copies": copies,
            "ploidy": ploidy,
            "mixed_ploidy": carried.is_mixed,
            "phased": carried.is_known,
            "delta_logodds_narrow_1": shown[0],
            "delta_logodds_narrow_2": shown[1],
            "delta_logodds_narrow": mean[hit],
            "delta_usage": usage[hit] - gene.usage[hit],
            "delta_pdui": usage[last] - gene.usage[last],
            "delta_utr_length": _length(usage, gene.lengths, gene.usage),
        }

    # --- haplotypes of the cohort ---------------------------------------------------------------------------------------

    def haplotypes(self, site: Site) -> list[dict]:
        """The sets of two or more variants that somebody has on one haplotype, spellings of one together."""
        found: dict[tuple, dict] = {}
        unphased: list[set] = []
        n_haplotypes = 0
        for person in self.people:
            carried = self.carried(person, site)
            n_haplotypes += self._n_haplotypes(person, site, carried)
            if not carried.is_known:
                unphased.append({self.change(allele) for allele, _ in carried.copies})
                continue
            keys = [self._key(site, haplotype) for haplotype in carried.haplotypes if len(haplotype) > 1]
            for key, haplotype in zip(keys, [h for h in carried.haplotypes if len(h) > 1], strict=True):
                group = found.setdefault(key, {"names": set(), "alleles": tuple(haplotype), "people": set(), "n": 0})
                group["names"].add(tuple(sorted(allele.name for allele in haplotype)))
                group["people"].add(person)
                group["n"] += 1
        for (changes, _), group in found.items():
            group["n_unphased"] = sum(has.issuperset(changes) for has in unphased)
            group["n_haplotypes"] = n_haplotypes
        return list(found.values())

    def _key(self, site: Site, haplotype: list[Allele]) -> tuple:
        return frozenset(self.change(allele) for allele in haplotype), self.window(site, tuple(haplotype))

    def _n_haplotypes(self, person: str, site: Site, carried: Carried) -> int:
        if carried.copies:
            return len(carried.haplotypes) if not carried.phases else max(carried.ploidies)
        asked = {record.pos for _, record in self.records if record.contig == site.contig}
        ploidies = [
            len(parts)
            for record, parts, _, _ in self.calls(person)
            if record.contig == site.contig
            and record.pos in asked
            and any(part != "." for part in parts)
            and any(
                site.site_id in self.scored.get(Allele(record.contig, record.pos, record.ref, alt), ())
                for alt in record.alts
            )
            and any(self._takes_part(Allele(record.contig, record.pos, record.ref, alt), site) for alt in record.alts)
        ]
        return max(ploidies, default=0)


def spelled_edit(allele: Allele) -> Edit:
    """What an allele replaces, where its record spells it: without the anchor in front of an indel, then without the common end,
    then without the common start."""
    start, ref, alt = allele.pos - 1, allele.ref.upper(), allele.alt.upper()
    if ref == alt:
        return start, start + 1, alt[0]
    if len(ref) != len(alt) and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, start + len(ref), alt


def _touches(edit: Edit, window_start: int) -> bool:
    start, end, _ = edit
    if start == end:
        return window_start < start < window_start + 205
    return start < window_start + 205 and end > window_start


def tier(hexamer: str) -> int:
    """0 for AATAAA, 1 for ATTAAA, 2 for the other four, 3 and 4 for one and two mismatches, 5 for more and with N."""
    if "N" in hexamer:
        return 5
    if hexamer in ("AATAAA", "ATTAAA"):
        return int(hexamer == "ATTAAA")
    if hexamer in ("AGTAAA", "TATAAA", "CATAAA", "GATAAA"):
        return 2
    n = sum(one != two for one, two in zip(hexamer, "AATAAA", strict=True))
    return n + 2 if n < 3 else 5


def find_hexamer(text: str, cut: int) -> tuple[int, int]:
    """(start, tier) of the signal of a cut (the last base before it) on the transcribed strand: it starts up to 45 nt before; of
    equals the closest; 25 nt before where there is none (tier -1)."""
    padded = "N" * 60 + text + "N" * 60
    tiers = {start: tier(padded[start + 60 :][:6]) for start in range(cut - 45, cut)}
    best = min(tiers.values())
    return (max(s for s, t in tiers.items() if t == best), best) if best < 5 else (cut - 25, -1)


def _logit(share: float) -> float:
    share = min(max(share, 1e-7), 1 - 1e-7)
    return math.log(share) - math.log1p(-share)


def _length(usage: list[float], lengths: list[float | None], before: list[float]) -> float | None:
    means = []
    for shares in (usage, before):
        known = [(share, length) for share, length in zip(shares, lengths, strict=True) if length is not None]
        total = sum(share for share, _ in known)
        if not total:
            return None
        means.append(sum(share * length for share, length in known) / total)
    return means[0] - means[1]
