"""Merged runs over different people, compared with one run over all of them: on random genomes, people and spellings."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from differential.cases import Case, make_case
from differential.pipeline import MADE_BY, MIN_EFFECT, run
from pasvar.effects import summarise_genes
from pasvar.errors import InputError
from pasvar.run import merge_runs, people_digests
from pasvar.tables import (
    ALLELE,
    STATUSES,
    TABLES,
    empty_frame,
    read_made_by,
    read_table,
    to_arrow,
    write_table,
    write_text,
)

SETTINGS = {"min_effect": MIN_EFFECT, "min_af": 0, "max_af": 1}
JOINED = ("scores", "gene_effects", "new_sites", "haplotypes", "samples", "ledger", "genes")


def write_results(case: Case, names: list[str], folder: Path, min_genotype_effect: float = 0, **about) -> Path:
    """A run over the files of a case, as the workflow leaves it. names: of the files."""
    tables = run(case, folder / "work", min_genotype_effect)
    tables["ledger"]["vcf"] = tables["ledger"].vcf.map({f"{i}.vcf.gz": name for i, name in enumerate(names)})
    results = folder / "results"
    digests = dict.fromkeys(names, "0" * 64)
    vcf = " ".join(f"{name}={digest}" for name, digest in digests.items()) if len(names) > 1 else "0" * 64
    made_by = MADE_BY | {"fasta_sha256": "f", "vcf_sha256": vcf, "settings": json.dumps(SETTINGS)} | about
    tables["known"] = empty_frame("known")
    tables["tissue_effects"] = empty_frame("tissue_effects")
    tables["genes"] = summarise_genes(
        tables["sites"],
        [to_arrow(tables["gene_effects"], "gene_effects")],
        tables["gene_counts"].groupby("gene_id", as_index=False).sum(),
        tables["gene_carriers"],
        len(tables["people"]),
        MIN_EFFECT,
        tables["known"],
    )
    for name in (*JOINED, "sites", "tissue_effects", "known"):
        frame = tables[name].reindex(columns=TABLES[name].schema.names)
        write_table(results / TABLES[name].file, frame, name, {} if name in ("sites", "known") else made_by)
    write_text(results / "genes.tsv", tables["genes"], "genes")
    for name in ("haplotype_counts", "unscored_changes", "gene_carriers"):
        write_table(results / "merge" / f"{name}.parquet", tables[name], name)
    people = people_digests(sorted({*tables["people"]["sample"]}))
    write_table(results / "merge/people_digests.parquet", people, "people_digests")
    contigs = pd.DataFrame({"chrom": list(case.genome), "length": [len(text) for text in case.genome.values()]})
    contigs = contigs.reindex(columns=TABLES["contigs"].schema.names).fillna(0)
    write_table(results / "reference/contigs.parquet", contigs, "contigs")
    status = tables["ledger"].status.value_counts().rename("n_alleles").rename_axis("status")
    status.reindex(list(STATUSES), fill_value=0).to_csv(results / "ledger.tsv", sep="\t")
    lines = [f"{name}\t1\t0\t1\t1\n" for name in names]
    (results / "ledger_files.tsv").write_text("vcf\tn_records\tn_no_alt\tn_alleles\tn_indexed\n" + "".join(lines))
    inputs = {
        f"vcf/{name}": {"path": f"/data/{name}", "bytes": 1, "sha256": digest} for name, digest in digests.items()
    }
    record = {"config": SETTINGS, "model": {}, "inputs": inputs, "finished": "2026-11-27"}
    (results / "provenance.json").write_text(json.dumps(record))
    return folder


def parts(case: Case, seed: int, n: int = 2) -> list[Case]:
    """The first file of a case with seven people, in n parts by person; records that nobody of a part has stay or go."""
    choice = random.Random(seed)
    people = [f"p{i}" for i in range(7)]
    everybody = [
        record
        if record.calls is None
        else replace(record, calls={name: choice.choice(list(record.calls.values())) for name in people})
        for record in case.files[0]
    ]
    found = []
    for names in (people[n - 1 - i :: n] for i in range(n)):
        records = [
            record
            for record in everybody
            if record.calls is None
            or any(set(record.calls[name].split(":")[0]) & set("123456789") for name in names)
            or choice.random() < 0.5
        ]
        found.append(replace(case, files=[records], people=[names]))
    return found


@pytest.fixture(autouse=True, scope="module")
def few_genomes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("differential.cases.N_GENOMES", 3)
        yield


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory, few_genomes) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("merge")
    first, second = parts(make_case(11), 11)
    return write_results(first, ["a.vcf.gz"], folder / "a"), write_results(second, ["b.vcf.gz"], folder / "b")


@pytest.mark.parametrize(("seed", "min_genotype_effect"), [(3, 0), (4, 0), (6, 0), (3, 1.0), (4, 1.0)])
def test_joined_runs_are_the_run_over_all(tmp_path, seed, min_genotype_effect):
    case = make_case(seed)
    first, second = parts(case, seed)
    write_results(first, ["a.vcf.gz"], tmp_path / "a", min_genotype_effect)
    write_results(second, ["b.vcf.gz"], tmp_path / "b", min_genotype_effect)
    whole = replace(case, files=[*first.files, *second.files], people=[*first.people, *second.people])
    write_results(whole, ["a.vcf.gz", "b.vcf.gz"], tmp_path / "whole", min_genotype_effect)
    scores = read_table(tmp_path / "whole/results/scores.parquet", "scores")
    largest = scores.delta_logodds_narrow.abs().groupby([scores[key] for key in ALLELE]).transform("max")
    # The others of these change a rival hexamer as much.
    assert scores[largest < min_genotype_effect].n_carriers.notna().mean() < 0.1 or not min_genotype_effect
    assert scores[largest >= min_genotype_effect].n_carriers.notna().any()
    merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "joined")
    for name in (*JOINED, "sites", "known", "tissue_effects"):
        expected, found = (tmp_path / which / "results" / TABLES[name].file for which in ("whole", "joined"))
        pd.testing.assert_frame_equal(read_table(found, name), read_table(expected, name), obj=name)
        assert found.read_bytes() == expected.read_bytes(), name
    for name in ("genes.tsv", "ledger.tsv", "ledger_files.tsv"):
        assert (tmp_path / "joined/results" / name).read_text() == (tmp_path / "whole/results" / name).read_text()


def test_what_was_joined_can_be_joined_with_more(tmp_path):
    folders = [
        write_results(part, [f"{name}.vcf.gz"], tmp_path / name)
        for name, part in zip("abc", parts(make_case(7), 7, 3), strict=True)
    ]
    merge_runs(folders, tmp_path / "at_once")
    merge_runs(folders[:2], tmp_path / "two")
    merge_runs([tmp_path / "two", folders[2]], tmp_path / "one_by_one")
    for name in (*JOINED, "known", "tissue_effects"):
        at_once, one_by_one = (tmp_path / which / "results" / TABLES[name].file for which in ("at_once", "one_by_one"))
        assert at_once.read_bytes() == one_by_one.read_bytes(), name


def test_who_is_in_both_runs_is_not_counted_twice(tmp_path, two_runs):
    with pytest.raises(InputError, match=r"people of .* are also in .*; each must be in only one run"):
        merge_runs([two_runs[0], two_runs[0]], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_run_is_not_enough(tmp_path, two_runs):
    with pytest.raises(InputError, match="give at least two runs"):
        merge_runs(two_runs[:1], tmp_path / "out")


def test_results_are_not_replaced(tmp_path, two_runs):
    (tmp_path / "out/results").mkdir(parents=True)
    with pytest.raises(InputError, match="exists already; give --out a new folder"):
        merge_runs(two_runs, tmp_path / "out")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"fasta_sha256": "g"}, r"the reference \(`fasta`\) is not that of"),
        ({"model_sha256": "1" * 64}, "the network is not that of"),
        ({"pasvar_commit": "abc"}, "`pasvar_commit` is not that of"),
        (
            {"settings": json.dumps(SETTINGS | {"min_effect": 0.5})},
            r"config key `min_effect` is 0.5, in .* it is 0.2231",
        ),
        ({"settings": json.dumps(SETTINGS | {"min_af": 0.01})}, "config key `min_af` chose alleles by their frequency"),
        ({"settings": json.dumps(SETTINGS | {"min_cell": 5})}, "config key `min_cell` has hidden counts"),
    ],
)
def test_runs_that_have_more_than_people_apart_are_refused(tmp_path, two_runs, about, message):
    other = tmp_path / "other"
    results = other / "results"
    shutil.copytree(two_runs[1], other)
    before = read_made_by(two_runs[1] / "results/scores.parquet")
    made_by = {key: value for key, value in before.items() if key != "pasvar_version"} | about
    write_table(results / "scores.parquet", read_table(results / "scores.parquet", "scores"), "scores", made_by)
    with pytest.raises(InputError, match=message):
        merge_runs([two_runs[0], other], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_ledgers_of_two_kinds_are_not_joined(tmp_path, two_runs):
    shutil.copytree(two_runs[1], tmp_path / "other")
    path = tmp_path / "other/results/provenance.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"config": record["config"] | {"ledger": "in_range"}}))
    with pytest.raises(InputError, match=r"config key `ledger` is in_range, in .* it is None"):
        merge_runs([two_runs[0], tmp_path / "other"], tmp_path / "out")


def test_people_stay_where_they_are_where_nobody_sends_them(tmp_path, two_runs):
    folders = []
    for i, run_folder in enumerate(two_runs):
        shutil.copytree(run_folder, tmp_path / str(i))
        (tmp_path / str(i) / "results/samples.parquet").unlink()
        folders.append(tmp_path / str(i))
    merge_runs(folders, tmp_path / "out")
    assert not (tmp_path / "out/results/samples.parquet").exists()
    with pytest.raises(InputError, match=r"samples.parquet: no such file; give it to all runs or to none"):
        merge_runs([folders[0], two_runs[1]], tmp_path / "other")
