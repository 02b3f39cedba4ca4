"""The configuration: defaults, and one clear line for whatever is wrong with it."""

import gzip

import pytest
import yaml

from pasvar import config
from pasvar.config import check_config, result_settings
from pasvar.config_schema import read_schema
from pasvar.constants import TOLERANCE
from pasvar.errors import InputError
from pasvar.files import n_samples
from pasvar.paths import ROOT as REPOSITORY
from pasvar.tables.docs import config_markdown, pages


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with empty files of the right names."""
    for name in ("a.fa", "a.gtf", "c.1.vcf.gz", "c.1.vcf.gz.tbi", "c.2.vcf.gz", "c.2.vcf.gz.csi", "bare.vcf.gz"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


GOOD = {"fasta": "a.fa", "gtf": "a.gtf", "vcf": "c.1.vcf.gz"}


def test_defaults_are_filled_in_and_vcf_becomes_a_list(folder):
    config = check_config(GOOD)
    assert config["vcf"] == ["c.1.vcf.gz"]
    assert config["model"] == read_schema()["properties"]["model"]["default"]
    assert config["shards"] == 4
    assert config["min_effect"] == 0.2231
    assert config["precision"] == "exact"
    assert set(config) == {*read_schema()["properties"], "genotype_files"}


def test_the_precisions_are_those_of_the_engine():
    assert read_schema()["properties"]["precision"]["enum"] == list(TOLERANCE)


def test_a_region_becomes_a_list(folder):
    assert check_config(GOOD | {"regions": "20:1-5"})["regions"] == ["20:1-5"]
    assert check_config(GOOD)["regions"] == []


def test_chrom_stands_for_every_file_there_is(folder):
    assert check_config(GOOD | {"vcf": "c.{chrom}.vcf.gz"})["vcf"] == ["c.1.vcf.gz", "c.2.vcf.gz"]


def test_an_absolute_pattern_gives_absolute_paths(folder):
    assert check_config(GOOD | {"vcf": f"{folder}/c.{{chrom}}.vcf.gz"})["vcf"] == [
        f"{folder}/c.1.vcf.gz",
        f"{folder}/c.2.vcf.gz",
    ]


def test_vcf_by_a_pattern(folder):
    assert check_config(GOOD | {"vcf": "c.*.vcf.gz"})["vcf"] == ["c.1.vcf.gz", "c.2.vcf.gz"]
    assert check_config(GOOD | {"vcf": ["c.[2-9].vcf.gz", "c.1.vcf.gz"]})["vcf"] == ["c.2.vcf.gz", "c.1.vcf.gz"]
    for suffix in ("", ".tbi"):
        (folder / f"c.[1].vcf.gz{suffix}").touch()  # a file of this very name
    assert check_config(GOOD | {"vcf": "c.[1].vcf.gz"})["vcf"] == ["c.[1].vcf.gz"]


def test_only_what_matters_is_read_of_large_files(folder, monkeypatch):
    (folder / "c.1.vcf.gz").write_bytes(bytes(600))
    (folder / "c.2.vcf.gz").write_bytes(bytes(401))
    two = GOOD | {"vcf": "c.*.vcf.gz"}
    assert check_config(two)["ledger"] == "complete"
    monkeypatch.setattr(config, "COMPLETE_BYTES", 1_000)
    assert check_config(two)["ledger"] == "in_range"
    assert check_config(two | {"ledger": "complete"})["ledger"] == "complete"
    assert check_config(GOOD | {"vcf": "c.1.vcf.gz"})["ledger"] == "complete"
    assert check_config(GOOD | {"vcf": "c.1.vcf.gz", "ledger": "in_range"})["ledger"] == "in_range"


def write_header(path, n_people: int, fixed: str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"):
    people = "".join(f"\tp{i}" for i in range(n_people))
    path.write_bytes(gzip.compress(f"##fileformat=VCFv4.2\n{fixed}\tFORMAT{people}\n20\t1\t.\tA\tC\n".encode()))


def test_with_many_people_only_genotypes_of_strong_alleles_are_read(folder, monkeypatch):
    """The largest file says how many people there are."""
    monkeypatch.setattr(config, "MAX_ALL_GENOTYPES", 3)
    write_header(folder / "c.1.vcf.gz", 3)
    write_header(folder / "c.2.vcf.gz", 100)
    assert check_config(GOOD)["min_genotype_effect"] == 0
    assert check_config(GOOD | {"vcf": "c.2.vcf.gz"})["min_genotype_effect"] == 0.2231
    assert check_config(GOOD | {"vcf": "c.*.vcf.gz", "min_effect": 0.5})["min_genotype_effect"] == 0.5
    assert check_config(GOOD | {"vcf": "c.2.vcf.gz", "min_genotype_effect": 0})["min_genotype_effect"] == 0
    assert check_config(GOOD | {"min_genotype_effect": 0.1})["min_genotype_effect"] == 0.1


def test_tables_know_of_the_genotypes_left_out(folder):
    """What reads all of them says nothing, as runs did before there was the key."""
    settings = [result_settings(check_config(GOOD | {"min_genotype_effect": effect})) for effect in (0, 0.1)]
    assert [found.get("min_genotype_effect") for found in settings] == [None, 0.1]


def test_people_are_counted_by_the_header(tmp_path):
    write_header(tmp_path / "a.vcf.gz", 4)
    (tmp_path / "sites.vcf.gz").write_bytes(gzip.compress(b"##a\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"))
    (tmp_path / "a.bcf").write_bytes(
        gzip.compress(b"BCF\2\2\x50\0\0\0##a\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\tbob\n\0\1\2")
    )
    (tmp_path / "empty.vcf.gz").touch()
    (tmp_path / "text.vcf.gz").write_bytes(b"#CHROM\tPOS")
    found = [
        n_samples(tmp_path / name) for name in ("a.vcf.gz", "sites.vcf.gz", "a.bcf", "empty.vcf.gz", "text.vcf.gz")
    ]
    assert found == [4, 0, 2, 0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"vcf": "chunks/*.vcf.gz"},
            r"no file is called chunks/\*.vcf.gz, whatever its \*, \? and \[\] are \(looked for from /",
        ),
        ({"fsta": "x"}, "`fsta` is unknown; the keys are fasta, gtf"),
        ({"shards": 0}, "`shards` is 0, expected at least 1"),
        ({"shards": "4"}, "`shards` is '4', expected of type integer"),
        ({"ledger": "some"}, r"`ledger` is 'some', expected one of \['auto', 'complete', 'in_range'\]"),
        ({"min_effect": 0}, "`min_effect` is 0, expected more than 0"),
        ({"min_genotype_effect": 0.3}, "`min_genotype_effect` is 0.3, more than `min_effect`, 0.2231: strong alleles"),
        (
            {"min_cell": 5, "annotated_genotypes": True},
            "`annotated_genotypes` is true, but `min_cell` keeps people out",
        ),
        ({"precision": "quick"}, r"`precision` is 'quick', expected one of \['exact', 'fast'\]"),
        ({"device": "gpu"}, "`device` is 'gpu', expected pattern"),
        ({"vcf": []}, "`vcf` is a list that is empty"),
        ({"vcf": ["c.1.vcf.gz", 7]}, "`vcf` is a list that is empty or holds something else"),
        ({"filters": "PASS"}, "`filters` is 'PASS', expected of type array"),
        ({"min_af": -0.1}, "`min_af` is -0.1, expected at least 0"),
        ({"max_af": 2}, "`max_af` is 2, expected at most 1"),
        ({"max_ref_mismatch": float("nan")}, "`max_ref_mismatch` is nan, which is not a finite number"),
        ({"min_effect": float("inf")}, "`min_effect` is inf, which is not a finite number"),
        ({"training": {"table": "a.csv", "learning_rate": float("nan")}}, "`training.learning_rate` is nan"),
        ({"min_af": 0.2, "max_af": 0.1}, "`min_af` is 0.2, more than `max_af`, 0.1: no allele passes"),
        ({"regions": 20}, "`regions` is neither text nor a list of texts. Score only"),
        ({"regions": ["20:1-5", "20:5-1"]}, "`regions`: '20:5-1' is neither a region such as chr20:1,000,000"),
        ({"regions": "none.bed"}, "`regions`: no such BED file: none.bed"),
        ({"fasta": "none.fa"}, "`fasta`: no such file: none.fa"),
        ({"gtf": "none.gtf"}, "`gtf`: no such file: none.gtf"),
        ({"vcf": "bare.vcf.gz"}, "bare.vcf.gz has no index; make one with: bcftools index --tbi bare.vcf.gz"),
        ({"vcf": "x.{chrom}.vcf.gz"}, r"no file is called x.\{chrom\}.vcf.gz"),
        ({"vcf": "x.{sample}.vcf.gz"}, "the only wildcard"),
        ({"vcf": ["c.1.vcf.gz", "./c.1.vcf.gz"]}, "two files are called c.1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, change, message):
    with pytest.raises(InputError, match=message) as caught:
        check_config(GOOD | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["fasta", "gtf", "vcf"])
def test_a_missing_key_is_named_and_explained(folder, key):
    with pytest.raises(InputError, match=f"`{key}` is missing: "):
        check_config({k: v for k, v in GOOD.items() if k != key})


def test_every_key_has_a_description():
    properties = read_schema()["properties"]
    assert [key for key, value in properties.items() if not value.get("description")] == []


def test_every_key_that_is_not_required_has_a_default():
    schema = read_schema()
    assert {key for key, value in schema["properties"].items() if "default" not in value} == set(schema["required"])


@pytest.mark.parametrize("name", ["config.yaml", "grch38.yaml"])
def test_the_configurations_of_the_clone_use_known_keys(name):
    assert set(yaml.safe_load((REPOSITORY / "config" / name).read_text())) <= set(read_schema()["properties"])


def test_pages_made_from_code_are_up_to_date():
    assert {path.name: path.read_text() for path in pages()} == {path.name: text for path, text in pages().items()}


def test_every_key_is_documented():
    assert [key for key in read_schema()["properties"] if f"| `{key}` |" not in config_markdown()] == []


def test_files_whose_names_share_their_beginning_are_told_apart(folder):
    for name in ("study.vcf.snps.vcf.gz", "study.vcf.indels.vcf.gz"):
        (folder / name).touch()
        (folder / f"{name}.tbi").touch()
    both = ["study.vcf.snps.vcf.gz", "study.vcf.indels.vcf.gz"]
    assert check_config(GOOD | {"vcf": both})["vcf"] == both
