"""Cohorts that are no VCF, written by plink2 and bio2zarr: the VCF that is made of them has their genotypes."""

import shutil
import subprocess
from pathlib import Path

import cyvcf2
import numpy as np
import pytest

from pasvar.cohort import convert_genotypes
from pasvar.cohort.formats.bgen import call
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.genotype_files import GenotypeFiles, find_genotype_files

FASTA = ">20\nACGTACGTACGTACGTACGT\n>X\nTTTTACGTTTTTTTTTTTTT\n"

VCF = """\
##fileformat=VCFv4.2
##contig=<ID=20,length=20>
##contig=<ID=X,length=20>
##FILTER=<ID=low,Description="Low">
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO	FORMAT	ann	bob	cat
20	2	rs1	C	T	50	PASS	AF=0.5	GT	0|1	1|0	0/1
20	6	.	C	CAA	.	low	.	GT	1|1	./.	0|0
20	10	two	C	A,G	.	.	AF=0.1,0.2	GT	1|2	0|2	0|0
X	5	x1	A	G	.	.	.	GT	0|1	1	0|0
"""

BIALLELIC = "".join(line + "\n" for line in VCF.splitlines() if "\ttwo\t" not in line)


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    fasta = tmp_path_factory.mktemp("fasta") / "genome.fa"
    fasta.write_text(FASTA)
    with Genome(fasta) as opened:
        yield opened


def rows(vcf: Path) -> list[tuple]:
    """CHROM to INFO, and the genotypes: the alleles of unphased calls in order, as the order says nothing."""
    found = []
    for variant in cyvcf2.VCF(str(vcf)):
        calls = []
        for *alleles, phased in variant.genotypes:
            ordered = alleles if phased else sorted(alleles)
            calls.append((tuple(ordered), phased or len(set(alleles)) == 1))
        fields = (variant.CHROM, variant.POS, variant.ID, variant.REF, variant.ALT, variant.QUAL, variant.FILTER)
        found.append((*fields, variant.INFO.get("AF"), calls))
    return found


def plink2(*arguments: object) -> None:
    program = shutil.which("plink2")
    if program is None:
        pytest.skip("needs plink2")
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "cohort.vcf"
    path.write_text(VCF)
    (tmp_path / "sexes").write_text("#IID\tSEX\nann\t2\nbob\t1\ncat\t2\n")
    return path


def converted(files: GenotypeFiles, genome: Genome, folder: Path, zones=None) -> list[tuple]:
    out = folder / "converted.vcf.gz"
    convert_genotypes(files, genome, out, zones)
    assert Path(f"{out}.csi").exists()
    return rows(out)


def test_plink_2(vcf, genome, tmp_path):
    plink2("--vcf", vcf, "--make-pgen", "--update-sex", tmp_path / "sexes", "--out", tmp_path / "p")
    files = find_genotype_files(str(tmp_path / "p.pgen"), tmp_path)
    assert files == GenotypeFiles(*(str(tmp_path / f"p.{suffix}") for suffix in ("pgen", "pvar", "psam")))
    found = converted(files, genome, tmp_path)
    assert found == rows(vcf)
    assert found[3][-1] == [((0, 1), True), ((1,), True), ((0, 0), True)]  # a man has one X


def test_of_plink_2_only_what_is_near_windows_is_read(vcf, genome, tmp_path):
    plink2("--vcf", vcf, "--make-pgen", "--update-sex", tmp_path / "sexes", "--out", tmp_path / "p")
    files = find_genotype_files(str(tmp_path / "p.pgen"), tmp_path)
    assert converted(files, genome, tmp_path, {"20": [(8, 12)]}) == rows(vcf)[2:3]


@pytest.mark.parametrize("exchanged", [False, True], ids=["A2 is the reference", "A1 is the reference"])
def test_plink_1_has_the_allele_of_the_genome_as_reference(genome, tmp_path, exchanged):
    (tmp_path / "cohort.vcf").write_text(BIALLELIC)
    (tmp_path / "sexes").write_text("#IID\tSEX\nann\t2\nbob\t1\ncat\t2\n")
    plink2("--vcf", tmp_path / "cohort.vcf", "--make-bed", "--update-sex", tmp_path / "sexes", "--out", tmp_path / "b")
    if exchanged:
        (tmp_path / "swap").write_text("rs1\tT\nx1\tG\n")
        plink2(
            "--bfile",
            tmp_path / "b",
            "--ref-allele",
            "force",
            tmp_path / "swap",
            2,
            1,
            "--make-bed",
            "--out",
            tmp_path / "c",
        )
    path = tmp_path / ("c.bed" if exchanged else "b.bed")
    found = converted(find_genotype_files(str(path), tmp_path), genome, tmp_path)
    assert [(*row[:2], row[3], row[4]) for row in found] == [
        ("20", 2, "C", ["T"]),
        ("20", 6, "C", ["CAA"]),
        ("X", 5, "A", ["G"]),
    ]
    # The format has no phase.
    assert [row[-1] for row in found] == [
        [((0, 1), False)] * 3,
        [((1, 1), True), ((-1, -1), True), ((0, 0), True)],
        [((0, 1), False), ((1,), True), ((0, 0), True)],
    ]


@pytest.mark.parametrize("order", ["ref-first", "ref-last"])
def test_bgen(genome, tmp_path, order):
    lines = [line for line in BIALLELIC.splitlines() if not line.startswith("X")]
    (tmp_path / "cohort.vcf").write_text("\n".join(lines) + "\n")
    plink2(
        "--vcf",
        tmp_path / "cohort.vcf",
        "--export",
        "bgen-1.2",
        *([order] if order == "ref-first" else []),
        "--out",
        tmp_path / "g",
    )
    files = find_genotype_files(str(tmp_path / "g.bgen"), tmp_path)
    assert files.samples == str(tmp_path / "g.sample")
    found = converted(files, genome, tmp_path)
    assert [(*row[:2], row[3], row[4]) for row in found] == [("20", 2, "C", ["T"]), ("20", 6, "C", ["CAA"])]
    assert [row[-1] for row in found] == [row[-1] for row in rows(tmp_path / "cohort.vcf")]


def test_probabilities_are_calls_where_the_dosage_is_near_a_whole_number():
    nan = float("nan")
    probabilities = np.array([[0.9, 0.1, 0], [0.89, 0.11, 0], [0, 0.95, 0.05], [0, 0, 1], [nan] * 3, [0.5, 0, 0.5]])
    calls, phased = call(probabilities, False, 2, np.full(6, 2))
    assert calls.tolist() == [[0, 0], [-1, -1], [0, 1], [1, 1], [-1, -1], [0, 1]]
    assert phased.tolist() == [True, True, False, True, True, False]


def test_of_phased_people_each_haplotype_or_their_sum_must_be_sure():
    probabilities = np.array([[0.95, 0.05, 0, 1], [1, 0, 0.5, 0.5], [0, 1, 0, 0], [0.5, 0.5, 0.5, 0.5]])
    calls, phased = call(probabilities, True, 2, np.array([2, 2, 1, 2]))
    assert calls.tolist() == [[0, 1], [-1, -1], [1, 1], [0, 1]]
    assert phased.tolist() == [True, True, True, False]


def test_of_three_alleles_the_genotype_must_be_sure():
    # 00 01 11 02 12 22
    probabilities = np.array([[0, 0, 0, 0, 0.95, 0.05], [0, 0.5, 0, 0.5, 0, 0]])
    assert call(probabilities, False, 3, np.array([2, 2]))[0].tolist() == [[1, 2], [-1, -1]]


def test_more_than_two_copies_are_refused():
    with pytest.raises(InputError, match="ploidy 1 or 2"):
        call(np.zeros((1, 4)), False, 2, np.array([3]))


def test_vcf_zarr(vcf, genome, tmp_path):
    vcf2zarr = pytest.importorskip("bio2zarr.vcf", reason="needs bio2zarr")
    packed = tmp_path / "cohort.vcf.gz"
    subprocess.run(["bgzip", "--keep", vcf], check=True)
    subprocess.run(["tabix", packed], check=True)
    vcf2zarr.convert([str(packed)], str(tmp_path / "z.vcz"), worker_processes=0)
    assert converted(GenotypeFiles(str(tmp_path / "z.vcz")), genome, tmp_path) == rows(vcf)


def test_a_cohort_of_another_assembly_is_refused(genome, tmp_path):
    (tmp_path / "b.bim").write_text("20\trs1\t0\t2\tT\tA\n")
    (tmp_path / "b.fam").write_text("0 ann 0 0 2 -9\n")
    (tmp_path / "b.bed").write_bytes(bytes([0x6C, 0x1B, 0x01, 0]))
    with pytest.raises(InputError, match="different assemblies"):
        converted(find_genotype_files(str(tmp_path / "b.bed"), tmp_path), genome, tmp_path)
    assert not (tmp_path / "converted.vcf.gz").exists()


def test_files_of_two_cohorts_are_refused(vcf, genome, tmp_path):
    plink2("--vcf", vcf, "--make-pgen", "--update-sex", tmp_path / "sexes", "--out", tmp_path / "p")
    with (tmp_path / "p.pvar").open("a") as file:
        file.write("X\t9\tx2\tT\tG\t.\t.\t.\n")
    with pytest.raises(InputError, match=r"p.pgen"):
        converted(find_genotype_files(str(tmp_path / "p.pgen"), tmp_path), genome, tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("p.psam", "#FID\tSEX\nann\t2\n", "p.psam, line 2: expected the columns "),
        ("p.psam", "#IID\tSEX\nann\t2\nann\t1\ncat\t2\n", "p.psam: two people have one name"),
        ("p.psam", "#IID\tSEX\nann\t2\nbob\t1\n", "p.pgen: is no genotype file for the 2 people"),
        (
            "p.pvar",
            "#CHROM\tPOS\tID\tREF\tALT\n20\t2\trs1\tC\n",
            r"p.pvar: expected 5 columns \(CHROM, POS, ID, REF, ALT\)",
        ),
    ],
)
def test_damaged_files_of_plink_2_are_named(vcf, genome, tmp_path, file, text, message):
    plink2("--vcf", vcf, "--make-pgen", "--update-sex", tmp_path / "sexes", "--out", tmp_path / "p")
    (tmp_path / file).write_text(text)
    with pytest.raises(InputError, match=message):
        converted(find_genotype_files(str(tmp_path / "p.pgen"), tmp_path), genome, tmp_path)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("p.pgen", "p.pgen"),
        ({"genotypes": "there.pgen", "variants": "other.pvar"}, "other.pvar"),
        ("there.pgen", "there.pvar"),
    ],
)
def test_a_missing_file_is_named(tmp_path, given, missing):
    (tmp_path / "there.pgen").touch()
    with pytest.raises(InputError, match=f"no such file: {missing}"):
        find_genotype_files(given, tmp_path)


def test_a_vcf_is_no_such_cohort(tmp_path):
    assert find_genotype_files("cohort.vcf.gz", tmp_path) is None


def test_genotypes_in_no_known_format_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cohort.txt has genotypes in no format"):
        find_genotype_files({"genotypes": "cohort.txt"}, tmp_path)
