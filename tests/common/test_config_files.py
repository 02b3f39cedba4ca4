"""Configuration files that YAML takes and a run must not."""

import os

import pytest

from pasvar.config import check_config
from pasvar.config_schema import read_config
from pasvar.errors import InputError

BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
GOOD = {"fasta": "g.fa", "gtf": "g.gtf", "vcf": "c.vcf.gz"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("g.fa", "g.gtf", "c.vcf.gz", "c.vcf.gz.tbi"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fasta: a.fa\ngtf: b\nfasta: c.fa\n", r"line 3: key `fasta` is there already, in line 1; leave one"),
        ("new_sites: {mode: off, mode: strides}\n", r"key `mode` is there already"),
        ("- fasta\n", r"expected keys and values such as `fasta: genome\.fa`"),
        ("fasta: [a\n", r"cannot be read as a configuration in YAML"),
        ("1: 2\n", r"config key `1` is not text"),
        ("fasta: \x00\n", r"cannot be read as a configuration in YAML"),
        ("a: &a [*a]\n", r"nested deeper than 20 levels"),
        (BOMB, "nested deeper"),
    ],
)
def test_what_yaml_takes_and_we_do_not(folder, text, message):
    (folder / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_config("c.yaml")
    assert "\n" not in str(caught.value)


def test_json_has_each_key_once_too(folder):
    (folder / "c.json").write_text('{"fasta": "a", "fasta": "b"}')
    with pytest.raises(InputError, match="`fasta` is there twice"):
        read_config("c.json")


@pytest.mark.parametrize("name", ["pipe", "none", "."])
def test_a_configuration_is_a_file(folder, name):
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match=f"{name}.*configuration file"):
        read_config(folder / name)


def test_anchors_are_fine(folder):
    (folder / "c.yaml").write_text("filters: &passed [PASS]\nbiotypes: *passed\n")
    assert read_config("c.yaml") == {"filters": ["PASS"], "biotypes": ["PASS"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shards": 1.0}, r"`shards` is 1\.0, expected of type integer"),
        ({"shards": True}, "`shards` is True, expected of type integer"),
        ({"device": "cpu\n"}, r"`device` is 'cpu\\n'"),
        ({"device": "tpu"}, "`device` is 'tpu'"),
        ({"fasta": "a\0b"}, "`fasta`"),
        ({"fasta": "."}, "`fasta`: .* is a folder"),
        ({"vcf": "x{.vcf.gz"}, "the only wildcard in braces is"),
        ({"vcf": "**x{chrom}"}, "cannot be looked for"),
        ({"regions": "20:" + "9" * 5000}, "is neither a region"),
        ({"x" * 5000: 1}, "is unknown"),
        ({"training": {"table": "t", "seed": 10**30}}, r"`training\.seed`"),
        ({"training": {"table": "t", "dropout": 1}}, r"`training\.dropout` is 1, expected less than 1"),
    ],
)
def test_values_that_pass_elsewhere(folder, change, message):
    with pytest.raises(InputError, match=message) as caught:
        check_config(GOOD | change)
    assert len(str(caught.value)) <= 1000


@pytest.mark.parametrize(
    ("given", "key", "meant"),
    [
        ({"percentiles": "false"}, "percentiles", False),
        ({"percentiles": "True"}, "percentiles", True),
        ({"store": "null"}, "store", None),
        ({"min_cell": "null"}, "min_cell", None),
        ({"annotated_genotypes": "true"}, "annotated_genotypes", True),
        ({"new_sites": {"introns": "true"}}, "new_sites", {"mode": "hexamers", "introns": True}),
        ({"model": "null"}, "model", "null"),
    ],
)
def test_words_of_yaml_that_snakemake_leaves_as_text(folder, given, key, meant):
    """`snakemake --config store=null`: without this the store would be a folder called null."""
    assert check_config(GOOD | given)[key] == meant


@pytest.mark.parametrize(("name", "text"), [("c.yaml", "shards: {}"), ("c.json", '{{"shards": {}}}')])
def test_a_number_of_thousands_of_digits_names_the_file(tmp_path, name, text):
    (tmp_path / name).write_text(text.format("9" * 5000))
    with pytest.raises(InputError, match=rf"{name}: .*4300 digits"):
        read_config(tmp_path / name)
