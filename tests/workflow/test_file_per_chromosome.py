"""A cohort with a file per chromosome: the same bytes as in any other run, and a file that is added runs only its part."""

import gzip
import json
import re
from pathlib import Path

import pysam
import pytest
from test_reruns import names, plan, snakemake

from cluster import EXAMPLE

MB = 1_000_000
CHROMOSOMES = {"1": 1 * MB, "2": 2 * MB, "X": 3 * MB}
"""By name, where on the example's chromosome 20 each of these 1 Mb begins."""

GIVEN = {"fasta": "genome.fa", "gtf": "genes.gtf", "shards": 6}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    """A genome of three chromosomes, and a VCF for each: three parts of the bundled example."""
    folder = tmp_path_factory.mktemp("cohort")
    with pysam.FastaFile(str(EXAMPLE / "chr20_1-4Mb.fa.gz")) as whole, open(folder / "genome.fa", "w") as fasta:
        for name, start in CHROMOSOMES.items():
            fasta.write(f">chr{name}\n{whole.fetch('20', start, start + MB)}\n")
    with gzip.open(EXAMPLE / "chr20_1-4Mb.gtf.gz", "rt") as whole, open(folder / "genes.gtf", "w") as gtf:
        for line in whole:
            if not line.startswith("#"):
                chrom, source, feature, start, end, *rest = line.split("\t")
                chrom, shift = chromosome(int(start))
                if int(end) - shift <= MB:
                    gtf.write(
                        "\t".join([chrom, source, feature, str(int(start) - shift), str(int(end) - shift), *rest])
                    )
    files = {name: pysam.BGZFile(str(folder / f"cohort.{name}.vcf.gz"), "w") for name in CHROMOSOMES}
    with gzip.open(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz", "rt") as whole:
        for line in whole:
            if line.startswith("##contig"):
                line = "".join(f"##contig=<ID={name}>\n" for name in CHROMOSOMES)
            if line.startswith("#"):
                for file in files.values():
                    file.write(line.encode())
                continue
            _, pos, rest = line.split("\t", 2)
            name, shift = chromosome(int(pos))
            files[name].write(f"{name}\t{int(pos) - shift}\t{rest}".encode())
    for name, file in files.items():
        file.close()
        pysam.tabix_index(str(folder / f"cohort.{name}.vcf.gz"), preset="vcf")
    return folder


def chromosome(pos: int) -> tuple[str, int]:
    """Name and start of the chromosome that has a position (1-based) of the example's."""
    return max(((name, start) for name, start in CHROMOSOMES.items() if start < pos), key=lambda found: found[1])


def options(cohort: Path, *chromosomes: str, **others: object) -> dict[str, object]:
    given = {key: cohort / value if key in ("fasta", "gtf") else value for key, value in GIVEN.items()}
    vcf = json.dumps([str(cohort / f"cohort.{name}.vcf.gz") for name in chromosomes])
    return {**given, "vcf": vcf, "model": "aparent2-mini", "store": "null", "known": "[]", **others}


def run(folder: Path, cohort: Path, *chromosomes: str, **others: object) -> list[tuple[str, str]]:
    """Rule and outputs of each job that ran."""
    done = snakemake(folder, "--cores", "2", **options(cohort, *chromosomes, **others))
    assert done.returncode == 0, done.stderr
    log = max((folder / ".snakemake/log").iterdir()).read_text()
    return re.findall(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    output: (.*)", log, re.MULTILINE)


def shards_of(ran: list[tuple[str, str]], rule: str) -> set[str]:
    return {shard for name, outputs in ran if name == rule for shard in re.findall(r"\d-of-6", outputs)}


def contents(folder: Path) -> dict[str, bytes]:
    """Every result but those that tell of one run."""
    files = {path.relative_to(folder / "results").as_posix(): path for path in (folder / "results").rglob("*")}
    records = {"provenance.json", "costs.html", "ro-crate-metadata.json"}
    return {name: path.read_bytes() for name, path in files.items() if path.is_file() and name not in records}


def test_a_file_that_is_added_runs_only_its_part(cohort, tmp_path):
    run(tmp_path / "one_by_one", cohort, "1", "2")
    assert plan(tmp_path / "one_by_one", **options(cohort, "1", "2")) == []
    first = json.loads((tmp_path / "one_by_one/results/shards/files.json").read_text())

    ran = run(tmp_path / "one_by_one", cohort, "1", "2", "X")
    files = json.loads((tmp_path / "one_by_one/results/shards/files.json").read_text())
    of_x = {f"{i}-of-6" for i, vcfs in enumerate(files, start=1) if any("cohort.X" in vcf for vcf in vcfs)}
    assert [[vcf for vcf in vcfs if "cohort.X" not in vcf] for vcfs in files] == first
    assert 0 < len(of_x) < 4
    for rule in ("read_alleles", "read_genotypes", "score_alleles", "compute_effects"):
        assert shards_of(ran, rule) == of_x, rule
    of_annotated = [outputs for rule, outputs in ran if rule == "annotate_vcf"]
    annotated = {name for outputs in of_annotated for name in re.findall(r"cohort\.(\w+)\.vcf.gz(?=,|$)", outputs)}
    # A shard that reaches from one chromosome into the next may be among those of both.
    assert "X" in annotated
    assert "1" not in annotated

    run(tmp_path / "at_once", cohort, "1", "2", "X")
    assert contents(tmp_path / "one_by_one") == contents(tmp_path / "at_once")
    assert names(plan(tmp_path / "at_once", **options(cohort, "1", "2", "X"))) == set()

    # Of two changes at once neither hides the other: the file is taken away, and effects have another limit.
    ran = run(tmp_path / "one_by_one", cohort, "1", "2", min_effect=0.3)
    assert shards_of(ran, "read_alleles") == shards_of(ran, "score_alleles") == of_x
    assert shards_of(ran, "compute_effects") == {f"{i}-of-6" for i in range(1, 7)}
    assert plan(tmp_path / "one_by_one", **options(cohort, "1", "2", min_effect=0.3)) == []
    # The digests close the ledger again.
    rules = {
        rule
        for rule, *_ in names(
            plan(tmp_path / "at_once", **options(cohort, "1", "2", "X", full_digests=True, percentiles=True))
        )
    }
    assert {"close_ledger", "score_alleles", "compute_effects"} <= rules
