"""Who has which variants together, and in which windows: compared with an oracle of plain Python, and with bcftools."""

import re
import shutil
import subprocess
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, make_sites, reverse_complement, write_fasta, write_vcf
from pasvar.genome import Genome
from shard_haplotypes import SITES, Found

LETTERS = "ACGT"
PLACES = [85, 97, 110, 140, 153, 170, 200, 280]


def spelled(kind: int, pos: int) -> tuple[str, str]:
    """REF and ALTs of a record at `pos`: SNVs, an insertion, a deletion, or two ALTs."""
    ref = CONTIG_20[pos - 1]
    others = [letter for letter in LETTERS if letter != ref]
    return [
        (ref, others[0]),
        (ref, f"{others[0]},{others[1]}"),
        (ref, ref + "GTC"[pos % 3] * 3),
        (CONTIG_20[pos - 1 : pos + 2], ref),
    ][kind]


@st.composite
def cohorts(draw) -> tuple[list[tuple], list[list[tuple[str, str]]]]:
    """Records (pos, ref, alts) of one window, far enough apart not to touch, and per record each person's (GT, PS or "")."""
    places = sorted(draw(st.sets(st.sampled_from(PLACES), min_size=1, max_size=5)))
    lines = [(pos, *spelled(draw(st.integers(0, 3)), pos)) for pos in places]
    ploidies = draw(st.lists(st.sampled_from([1, 2, 2, 2, 3]), min_size=1, max_size=5))
    calls = []
    for _, _, alts in lines:
        alleles = st.sampled_from([".", "0", "0", *(str(i + 1) for i in range(alts.count(",") + 1))])
        row = []
        for ploidy in ploidies:
            ploidy = draw(st.sampled_from([ploidy] * 9 + [1]))
            separator = draw(st.sampled_from("||/"))
            gt = separator.join(draw(alleles) for _ in range(ploidy))
            row.append((gt, draw(st.sampled_from(["", "", "7", "8"]))))
        calls.append(row)
    return lines, calls


def haplotypes_of(lines: list[tuple], calls: list[tuple[str, str]]) -> tuple[int, list[list[str]] | None, Counter]:
    """(ploidy, variants of each haplotype or None where the phase is unknown, copies of each variant) of one person."""
    haplotypes: list[list[str]] = []
    copies: Counter[str] = Counter()
    phases, ploidies, called = [], [], 0
    for (pos, ref, alts), (gt, phase_set) in zip(lines, calls, strict=True):
        names = [None, *(f"{pos}:{ref}:{alt}" for alt in alts.split(","))]
        alleles = re.split(r"[|/]", gt)
        if set(alleles) == {"."}:
            continue
        called = max(called, len(alleles))
        has = [None if allele == "." else names[int(allele)] for allele in alleles]
        copies.update(name for name in has if name)
        if any(has):
            ploidies.append(len(has))
        if len(set(has)) > 1:
            phases.append(phase_set if "|" in gt else None)
        haplotypes += [[] for _ in range(len(has) - len(haplotypes))]
        for haplotype, name in zip(haplotypes, has, strict=False):
            haplotype += [name] if name else []
    if not phases and ploidies:
        # Whatever is homozygous is on all haplotypes, of whatever ploidy.
        return min(ploidies), haplotypes[: min(ploidies)], copies
    known = len({*ploidies}) < 2 and (len(phases) < 2 or (None not in phases and len({*phases}) == 1))
    return max(ploidies, default=called), haplotypes if known else None, copies


@settings(max_examples=settings().max_examples * 2 // 3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cohorts())
def test_haplotypes_are_those_of_the_oracle(tmp_path, genome, cohort):
    lines, calls = cohort
    people = [f"p{i}" for i in range(len(calls[0]))]
    text = "\n".join(
        f"20 {pos} . {ref} {alts} . " + " ".join(f"{gt}:{ps}" if ps else gt for gt, ps in row)
        for (pos, ref, alts), row in zip(lines, calls, strict=True)
    )
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=tuple(people))], genome, sites=SITES[:1])
    expected_people: dict[str, list[tuple]] = {}
    counts: Counter[str] = Counter()
    carriers: Counter[str] = Counter()
    n_haplotypes, unphased = 0, []
    for i, person in enumerate(people):
        ploidy, haplotypes, copies = haplotypes_of(lines, [row[i] for row in calls])
        n_haplotypes += ploidy
        if haplotypes is None:
            unphased.append(set(copies))
            rows = sorted((found.names.index(name), name) for name in copies.elements())
            expected_people[person] = [(0, name) for _, name in rows]
        else:
            rows = [(copy, " ".join(names)) for copy, names in enumerate(haplotypes, start=1) if names]
            counts.update(name for _, name in rows)
            carriers.update({name for _, name in rows})
            expected_people[person] = rows
    assert found.people() == {person: rows for person, rows in expected_people.items() if rows}
    expected = {}
    for names, n in counts.items():
        n_unphased = sum(has.issuperset(names.split()) for has in unphased)
        if " " in names:
            expected[names] = (*((None, None) if n_unphased else (carriers[names], n)), n_haplotypes, n_unphased)
    assert found.together() == expected


# --- bcftools -----------------------------------------------------------------------------------------------------------


def test_windows_are_cut_from_the_haplotypes_of_bcftools_consensus(tmp_path):
    """Random phased people, all of whose variants are in the window of a site on one contig and not in its hexamer."""
    if shutil.which("bcftools") is None:
        pytest.skip("needs bcftools (Debian: apt install bcftools) to compare with")
    random = np.random.default_rng(20)
    sites = make_sites(("20", "+", 150, "PLUS"), ("21", "-", 250, "MINUS"))
    lines = []
    for contig, places in (
        ("20", [*range(90, 145, 7), *range(160, 280, 8)]),
        ("21", [*range(130, 245, 8), *range(260, 320, 7)]),
    ):
        for pos in places:
            genotypes = " ".join("|".join(random.choice(["0", "0", "0", "1"], 2)) for _ in "abcd")
            ref, alt = spelled(int(random.choice([0, 2, 3])), pos)
            lines.append(f"{contig} {pos} . {ref} {alt} . {genotypes}")
    fasta = write_fasta(tmp_path / "genome.fa", {"20": CONTIG_20[:420], "21": CONTIG_20[:420]}, width=420)
    vcf = write_vcf(tmp_path / "a.vcf.gz", "\n".join(lines), samples=tuple("abcd"))
    with Genome(fasta) as genome:
        found = Found([vcf], genome, sites)
    expected = {}
    for person in "abcd":
        for haplotype in (1, 2):
            command = ["bcftools", "consensus", "-f", fasta, "-s", person, "-H", str(haplotype), vcf]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            contigs = [part.split() for part in text.split(">")[1:]]
            expected[person, haplotype] = {name: "".join(letters) for name, *letters in contigs}
    windows = found.carried.merge(found.sets, on=["site_id", "haplotype"]).merge(sites, on="site_id")
    assert len(windows) == 16
    for row in windows.itertuples():
        haplotype = expected[found.cohort.people[row.person], row.copy][row.chrom]
        names = [found.names[i].split(":") for i in row.alleles]
        # what the haplotype won and lost before the hexamer moves it
        start = row.hexamer_start + sum(len(alt) - len(ref) for pos, ref, alt in names if int(pos) <= row.hexamer_start)
        padded = "N" * 300 + haplotype + "N" * 300
        assert padded[300 + start : 306 + start] == CONTIG_20[row.hexamer_start : row.hexamer_end]
        if row.strand == "-":
            padded, start = reverse_complement(padded), len(haplotype) - (start + 6)
        assert row.window_alt == padded[300 + start - 70 :][:205]
