"""Alleles by gene and class, as regenie and SAIGE-GENE+ read them.

Neither program is in PyPI or Debian. The readers below take files apart as theirs do, and refuse what they refuse: regenie 4
(src/Geno.cpp: read_anno, read_setlist, read_masks; src/Regenie.cpp: chrStrToInt) and SAIGE 1.5 (R: checkGroupFile,
SAIGE.getRegionList_new). They are checked with the examples of their documentation and with faulty files.
"""

import re
from pathlib import Path

import pandas as pd
import pytest

from pasvar.annotate.burden import (
    BURDEN_COLUMNS,
    burden_alleles,
    masks,
    on_chromosomes,
    saige_masks,
    write_regenie,
    write_saige,
)
from pasvar.cli.main import main
from pasvar.errors import InputError
from pasvar.tables import TABLES, write_table

EFFECTS = pd.DataFrame(
    [
        ("chr1", 100, "A", "G", "rs1", "G1", "ONE", "shortening", 0.5),
        ("chr1", 100, "A", "G", "rs1", "G2", "TWO", "lengthening", 0.06),
        ("chr1", 90, "C", "T", None, "G1", "ONE", "none", 0.011),
        ("chr1", 120, "C", "T", ".", "G1", "ONE", "shortening", 0.2),
        ("chr1", 130, "C", "T", "rs3", "G1", "ONE", "shortening", 0.009),
    ],
    columns=BURDEN_COLUMNS,
)


def test_alleles_below_every_size_are_left_out_and_the_rest_stand_by_gene():
    assert burden_alleles(EFFECTS).values.tolist() == [
        ["G1", "1", 90, "chr1:90:C:T", "none_low"],
        ["G1", "1", 100, "chr1:100:A:G", "shortening_high"],
        ["G1", "1", 120, "chr1:120:C:T", "shortening_high"],
        ["G2", "1", 100, "chr1:100:A:G", "lengthening_moderate"],
    ]


def test_names_of_the_vcf():
    assert burden_alleles(EFFECTS, "vcf").name.tolist() == ["chr1:90:C:T", "rs1", "chr1:120:C:T", "rs1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"id": "a b"}, "'a b' contains a space or a comma"), ({"id": "same"}, "two alleles of gene G1 are called same")],
)
def test_names_that_a_test_cannot_read(change, message):
    with pytest.raises(InputError, match=message):
        burden_alleles(EFFECTS.assign(**change), "vcf")


def test_masks_hold_larger_sizes_too():
    assert masks(["shortening_high", "shortening_low", "none_low"]) == {
        "any_high": ["shortening_high"],
        "shortening_high": ["shortening_high"],
        "any_moderate": ["shortening_high"],
        "shortening_moderate": ["shortening_high"],
        "any_low": ["none_low", "shortening_high", "shortening_low"],
        "none_low": ["none_low"],
        "shortening_low": ["shortening_high", "shortening_low"],
    }


def read_regenie(
    annotations: Path, sets: Path, mask_file: Path, genotyped: set[str]
) -> dict[tuple[str, str], set[str]]:
    """The variants of each gene in each mask, as regenie makes them of its three files. Raises ValueError where it would stop."""

    def lines(path):
        return [re.split("[\t ,]", line) for line in path.read_text().splitlines()]

    annotation_of, categories = {}, {"NULL"}
    for variant, gene, category, *rest in lines(annotations):
        if rest:
            raise ValueError("a fourth column is taken for the annotation, and the third for a domain")
        if (variant, gene) in annotation_of:
            raise ValueError("duplicate variant annotations")
        annotation_of[variant, gene] = category
        categories.add(category)
    if len(categories) > 64:
        raise ValueError("cannot have more than 64 categories (including NULL category)")
    if not {variant for variant, _ in annotation_of} & genotyped:
        raise ValueError("annotation information could not be read")
    made = {}
    mask_of = {name: members for name, *members in lines(mask_file)}
    for fields in lines(sets):
        if len(fields) < 4:
            raise ValueError("incorrectly formatted file")
        gene, chromosome, position, *variants = fields
        digits = re.match(r"(?:chr)?(\d+)", chromosome)
        if not (digits and 1 <= int(digits[1]) <= 23) and chromosome.removeprefix("chr") not in (
            "X",
            "XY",
            "Y",
            "PAR1",
            "PAR2",
        ):
            raise ValueError("unknown chromosome code in set list file")
        int(position)
        for name, members in mask_of.items():
            if not set(members) & categories:
                raise ValueError("all set list files have unknown masks")
            found = {each for each in variants if each in genotyped and annotation_of.get((each, gene)) in members}
            if found:
                made[gene, name] = found
    return made


def read_saige(path: Path, masks_of_test: str) -> dict[tuple[str, str], list[str]]:
    """The variants of each region in each mask, as SAIGE-GENE+ makes them of its group file. Raises ValueError where it stops."""
    lines = [re.split("[ \t]+", line) for line in path.read_text().splitlines()]
    if len(lines) % 2:
        raise ValueError("Group file is incomplete")
    made, regions = {}, set()
    for (gene, kind, *variants), (same, second, *annotations) in zip(lines[::2], lines[1::2], strict=True):
        if kind != "var" or second != "anno":
            raise ValueError("no var, or no anno, is specified")
        if not variants or gene != same or len(variants) != len(annotations):
            raise ValueError("the length of annotations is not equal to the length of marker IDs")
        if gene in regions or len(set(variants)) < len(variants):
            raise ValueError("duplicated in the group file")
        regions.add(gene)
        for mask in masks_of_test.split(","):
            found = [each for each, of in zip(variants, annotations, strict=True) if of in mask.split(";")]
            if found:
                made[gene, mask] = found
    return made


def write_files(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"{number}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


DOCUMENTED = (
    "1:55039839:T:C PCSK9 LoF\n1:55039842:G:A PCSK9 missense\n",
    "PCSK9 1 55039839 1:55039839:T:C,1:55039842:G:A\n",
    "Mask1 LoF\nMask2 LoF,missense\n",
)
GENOTYPED = {"1:55039839:T:C", "1:55039842:G:A"}


def test_the_reader_takes_the_example_of_regenie(tmp_path):
    assert read_regenie(*write_files(tmp_path, *DOCUMENTED), GENOTYPED) == {
        ("PCSK9", "Mask1"): {"1:55039839:T:C"},
        ("PCSK9", "Mask2"): GENOTYPED,
    }


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (0, DOCUMENTED[0] * 2, "duplicate variant"),
        (0, "1:55039839:T:C PCSK9 LoF 0.5\n", "fourth column"),
        (0, "rs1 PCSK9 LoF\n", "could not be read"),
        (1, "PCSK9 MT 30 1:55039839:T:C\n", "unknown chromosome"),
        (1, "PCSK9 1 55039839\n", "incorrectly formatted"),
        (2, "Mask3 synonymous\n", "unknown masks"),
    ],
)
def test_the_reader_refuses_what_regenie_refuses(tmp_path, file, text, message):
    texts = [*DOCUMENTED[:file], text, *DOCUMENTED[file + 1 :]]
    with pytest.raises(ValueError, match=message):
        read_regenie(*write_files(tmp_path, *texts), GENOTYPED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("G var a b\nG anno x\n", "length of annotations"),
        ("G anno x\nG var a\n", "no var"),
        ("G var a a\nG anno x x\n", "duplicated"),
        ("G var a\n", "incomplete"),
    ],
)
def test_the_reader_refuses_what_saige_refuses(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_saige(*write_files(tmp_path, text), "x")


def test_regenie_makes_the_masks_of_its_files(tmp_path):
    paths = write_regenie(burden_alleles(EFFECTS), tmp_path / "run")
    assert [path.name for path in paths] == ["run.annotations.txt", "run.sets.txt", "run.masks.txt"]
    strong = {"chr1:100:A:G", "chr1:120:C:T"}
    assert read_regenie(*paths, {"chr1:90:C:T", *strong}) == {
        **{
            ("G1", f"{which}_{size}"): strong for which in ("any", "shortening") for size in ("high", "moderate", "low")
        },
        ("G1", "any_low"): {"chr1:90:C:T", *strong},
        ("G1", "none_low"): {"chr1:90:C:T"},
        **{
            ("G2", f"{which}_{size}"): {"chr1:100:A:G"}
            for which in ("any", "lengthening")
            for size in ("moderate", "low")
        },
    }


def test_saige_makes_the_masks_of_its_file(tmp_path):
    alleles = burden_alleles(EFFECTS)
    write_saige(alleles, tmp_path / "groups.txt")
    high, moderate = "shortening_high", "shortening_high;lengthening_moderate"
    assert read_saige(tmp_path / "groups.txt", f"{high},none_low") == {
        ("G1", high): ["chr1:100:A:G", "chr1:120:C:T"],
        ("G1", "none_low"): ["chr1:90:C:T"],
    }
    said = saige_masks(alleles)
    assert said.startswith("shortening_high,lengthening_moderate;shortening_high,lengthening_moderate,")
    assert set(read_saige(tmp_path / "groups.txt", said)) >= {("G2", "lengthening_moderate"), ("G1", "none_low")}
    assert moderate not in said.split(",")


def test_regenie_gets_no_chromosome_that_it_stops_at(tmp_path, capsys):
    """The command leaves out what `read_regenie` refuses, and says so."""
    effects = pd.concat([EFFECTS, EFFECTS.iloc[:1].assign(chrom="chrM", gene_id="G9")])
    alleles = burden_alleles(effects)
    with pytest.raises(ValueError, match="unknown chromosome"):
        read_regenie(*write_regenie(alleles, tmp_path / "all"), set(alleles.name))
    known, said = on_chromosomes(alleles)
    assert set(read_regenie(*write_regenie(known, tmp_path / "known"), set(alleles.name))) >= {("G1", "any_high")}
    assert said.endswith("1 allele of 1 gene (M)")
    assert on_chromosomes(known)[1] == ""
    columns = {name: None for name in TABLES["gene_effects"].schema.names if name not in BURDEN_COLUMNS}
    write_table(tmp_path / "gene_effects.parquet", effects.assign(**columns), "gene_effects")
    prefix, groups = tmp_path / "out" / "a", tmp_path / "out" / "groups.txt"
    assert main(["export", str(tmp_path), "--regenie", str(prefix), "--saige", str(groups)]) == 0
    assert said in capsys.readouterr().out
    assert "chrM" not in (tmp_path / "out" / "a.sets.txt").read_text()
    assert "G9 var chrM:100:A:G" in groups.read_text()
