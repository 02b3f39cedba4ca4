"""Random alleles of every kind and spelling: normal forms and windows compared with those of bcftools."""

import shutil
import subprocess

import numpy as np
import pytest

from allele_windows import stretch_of, window_of
from builders import reverse_complement, write_fasta, write_vcf
from pasvar.sequence import decode, encode
from pasvar.variants.alleles import Edit, left_align, to_vcf, trim


@pytest.fixture(scope="module")
def random_alleles(tmp_path_factory):
    """400 contigs with one random allele each, of every kind and spelling: {contig: (text, pos, ref, alt)}, FASTA, VCF."""
    if shutil.which("bcftools") is None:
        pytest.skip("needs bcftools (Debian: apt install bcftools) to compare with")
    random = np.random.default_rng(205)
    alleles = {}
    for number in range(400):
        unit = "".join(random.choice(list("ACGT"), size=random.integers(1, 5)))
        ends = ["".join(random.choice(list("ACGT"), size=size)) for size in random.integers(0, 120, size=2)]
        text = ends[0] + unit * int(random.integers(1, 12)) + ends[1] + "ACGT"
        low = int(random.integers(0, max(len(text) - 30, 1)))
        # Biased to the repeat, so that indels have several places.
        if random.random() < 0.6:
            low = int(np.clip(len(ends[0]) + random.integers(-3, 30), 0, len(text) - 8))
        ref = text[low : low + int(random.integers(1, 9))]
        kind = random.integers(5)
        inner = "".join(random.choice(list("ACGT"), size=random.integers(1, 8)))
        alt = [
            ref[: len(ref) // 2] + unit + ref[len(ref) // 2 :],
            ref[0] + ref[1 + len(unit) :],
            ref + inner,
            inner,
            ref[:1],
        ]
        chosen = alt[kind] if alt[kind] != ref else ("A" if ref[0] != "A" else "C") + ref[1:]
        alleles[f"c{number}"] = (text, low + 1, ref, chosen)
    folder = tmp_path_factory.mktemp("bcftools")
    fasta = write_fasta(folder / "contigs.fa", {name: allele[0] for name, allele in alleles.items()})
    body = "\n".join(f"{name} {pos} . {ref} {alt} ." for name, (_, pos, ref, alt) in alleles.items())
    vcf = write_vcf(folder / "alleles.vcf.gz", body, contigs=tuple(alleles))
    return alleles, fasta, vcf


def test_the_normal_form_is_that_of_bcftools_norm(random_alleles):
    alleles, fasta, vcf = random_alleles
    lines = subprocess.run(
        ["bcftools", "norm", "--no-version", "-f", fasta, vcf], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    expected = {line.split("\t")[0]: line.split("\t") for line in lines if not line.startswith("#")}
    assert len(expected) == len(alleles)
    n_moved = 0
    for name, (text, pos, ref, alt) in alleles.items():
        stretch = stretch_of(text)
        found = to_vcf(stretch, left_align(stretch, trim(pos - 1, ref, alt)))
        assert found == (int(expected[name][1]), *expected[name][3:5]), (name, text, pos, ref, alt)
        n_moved += found != (pos, ref, alt)
    assert n_moved > 100


def test_the_window_is_cut_from_the_haplotype_of_bcftools_consensus(random_alleles):
    alleles, fasta, vcf = random_alleles
    lines = subprocess.run(
        ["bcftools", "consensus", "-f", fasta, vcf], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    haplotypes: dict[str, str] = {}
    for line in lines:
        if line.startswith(">"):
            name = line[1:].split()[0]
            haplotypes[name] = ""
        else:
            haplotypes[name] += line
    random = np.random.default_rng(70)
    n_compared = 0
    for name, (text, pos, ref, alt) in alleles.items():
        edit = trim(pos - 1, ref, alt)
        hexamer = int(random.integers(0, len(text) - 6))
        shift = len(haplotypes[name]) - len(text)
        padded = "N" * 300 + haplotypes[name] + "N" * 300
        if edit.end <= hexamer:
            expected = padded[300 + hexamer + shift - 70 :][:205]
        elif edit.start >= hexamer + 6:
            expected = padded[300 + hexamer - 70 :][:205]
        else:
            continue
        n_compared += 1
        assert decode(window_of(text, hexamer, "+", edit).codes) == expected, (name, text, pos, ref, alt)
        mirrored = Edit(len(text) - edit.end, len(text) - edit.start, encode(reverse_complement(decode(edit.alt))))
        minus = window_of(reverse_complement(text), len(text) - 1 - hexamer, "-", mirrored)
        assert decode(minus.codes) == expected, (name, text, pos, ref, alt)
    assert n_compared > 300
