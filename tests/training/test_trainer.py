"""The training procedure on a simulated assay: its rules are found again, broken-off runs end the same."""

import dataclasses
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from pasvar.cli.main import main
from pasvar.errors import InputError
from pasvar.model import RELEASED_CONFIG, Aparent2ForSequencePrediction, load_checkpoint, resolve_model
from pasvar.model.logits import log_odds
from pasvar.sequence import encode
from pasvar.training.assay import NO_HEXAMER, Rules, random_sequences, simulate, true_cuts, true_log_odds
from pasvar.training.table import check_table, read_table
from pasvar.training.trainer import TrainSettings, split_table, train

# far-sighted enough for a cut to see its hexamer and elements; statistics that settle within a few hundred steps
SMALL = RELEASED_CONFIG | {"hidden_size": 16, "num_groups": 4, "num_blocks": 1, "dilations": [1, 4, 8, 8]}
SMALL |= {"batch_norm_momentum": 0.9}
TINY = RELEASED_CONFIG | {"hidden_size": 4, "num_groups": 1, "num_blocks": 1, "dilations": [2]}


@pytest.fixture(scope="module")
def assay() -> pd.DataFrame:
    return simulate(200, seed=3)


@pytest.fixture(scope="module")
def table(assay):
    return check_table(assay, "simulated")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network trained for some seconds on a simulated assay of 4,000 sequences, and the directory it wrote."""
    out = tmp_path_factory.mktemp("trained")
    settings = TrainSettings(
        epochs=6, batch_size=32, learning_rate=1e-2, dropout=0.0, validation_share=0.05, test_share=0.05
    )
    checkpoint = train(check_table(simulate(4000, seed=1), "simulated"), out, settings, config=SMALL)
    return Aparent2ForSequencePrediction.from_checkpoint(checkpoint), out


@torch.no_grad()
def _predicted(model, codes: np.ndarray, library: np.ndarray) -> np.ndarray:
    return log_odds(model(torch.from_numpy(codes), library=torch.from_numpy(library)).logits, 0, 205).numpy()


@pytest.fixture(scope="module")
def unseen() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(99)
    return random_sequences(600, rng, Rules()), rng.integers(0, 13, 600)


def test_log_odds_of_unseen_sequences(trained, unseen):
    truth, predicted = true_log_odds(*unseen, Rules()), _predicted(trained[0], *unseen)
    assert np.corrcoef(truth, predicted)[0, 1] > 0.8


def test_strength_of_each_hexamer(trained, unseen):
    """Log odds above a sequence without a hexamer: in the right order, and at least half of what they are."""
    codes, library = unseen
    mean = {}
    for hexamer in Rules().hexamers:
        with_it = codes.copy()
        with_it[:, 70:76] = encode(hexamer)
        mean[hexamer] = _predicted(trained[0], with_it, library).mean()
    found = {hexamer: mean[hexamer] - mean[NO_HEXAMER] for hexamer in ("AATAAA", "ATTAAA", "AGTAAA")}
    assert found["AATAAA"] > found["ATTAAA"] > found["AGTAAA"]
    for hexamer, strength in (("AATAAA", 4.0), ("ATTAAA", 3.0), ("AGTAAA", 2.0)):
        assert 0.5 < found[hexamer] / strength < 1.2


@pytest.mark.parametrize(("element", "place", "strength"), [("TGT", 62, 2.0), ("GTG", 95, -2.0)])
def test_upstream_and_downstream_elements(trained, unseen, element, place, strength):
    """So short a training finds them with the right sign, and a tenth of their strength at least."""
    codes, library = unseen
    with_it, without = codes.copy(), codes.copy()
    with_it[:, place : place + 3], without[:, place : place + 3] = encode(element), encode("CCC")
    effect = _predicted(trained[0], with_it, library) - _predicted(trained[0], without, library)
    assert 0.1 < effect.mean() / strength < 1.2


def test_bias_of_the_sublibraries(trained, unseen):
    codes, library = unseen
    effect = _predicted(trained[0], codes, np.full_like(library, 12)) - _predicted(
        trained[0], codes, np.zeros_like(library)
    )
    assert effect.mean() == pytest.approx(1.2, abs=0.4)


def test_where_it_is_cut(trained, unseen):
    model, _ = trained
    strong = (unseen[0][:, 70:76] == encode("AATAAA")).all(1)
    codes, library = unseen[0][strong], unseen[1][strong]
    with torch.no_grad():
        predicted = (
            model(torch.from_numpy(codes), library=torch.from_numpy(library)).logits.softmax(-1).numpy()[:, :205]
        )
    truth = true_cuts(codes, library, Rules())[:, :205]
    middles = [((cuts / cuts.sum(1, keepdims=True)).cumsum(1) < 0.5).sum(1) for cuts in (predicted, truth)]
    assert np.abs(middles[0] - middles[1]).mean() < 1.5


def test_what_a_run_leaves(trained):
    _, out = trained
    assert {path.name for path in out.iterdir()} == {"model", "metrics.tsv", "test.json", "loss.png", "state.pt"}
    metrics = pd.read_csv(out / "metrics.tsv", sep="\t")
    assert list(metrics.columns) == [
        "epoch",
        "train_loss",
        "validation_loss",
        "validation_isoform_kl",
        "validation_cut_kl",
        "validation_proportion_r",
    ]
    assert metrics.epoch.tolist() == list(range(1, len(metrics) + 1))
    test = json.loads((out / "test.json").read_text())
    assert test["n"] == 200
    assert test["proportion_r"] > 0.9
    loaded = load_checkpoint(out / "model")
    assert (loaded.name, loaded.source) == ("my-model", "trained from scratch")
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")


def _weights(checkpoint) -> np.ndarray:
    return np.concatenate([tensor.ravel() for tensor in checkpoint.tensors.values()])


def test_a_broken_off_run_ends_the_same(table, tmp_path):
    settings = TrainSettings(epochs=3, seed=5)
    whole = train(table, tmp_path / "whole", settings, config=TINY)
    train(table, tmp_path / "parts", dataclasses.replace(settings, epochs=1), config=TINY)
    parts = train(table, tmp_path / "parts", settings, config=TINY)
    assert np.array_equal(_weights(whole), _weights(parts))
    metrics = [(tmp_path / name / "metrics.tsv").read_text() for name in ("whole", "parts")]
    assert metrics[0] == metrics[1]


def test_the_command_trains_and_goes_on(assay, tmp_path, capsys):
    assay[:60].to_parquet(tmp_path / "assay.parquet")
    bundled = resolve_model("aparent2-mini")
    arguments = ["train", str(tmp_path / "assay.parquet"), "--out", str(tmp_path / "out"), "--start", str(bundled)]
    assert main([*arguments, "--name", "tuned", "--epochs", "1", "--device", "cpu"]) == 0
    assert main([*arguments, "--name", "tuned", "--epochs", "2", "--device", "cpu"]) == 0
    printed = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    assert printed == ["epoch 1/1", "epoch 2/2"]  # the first epoch is not run again
    tuned = load_checkpoint(tmp_path / "out" / "model")
    assert (tuned.name, tuned.source) == ("tuned", "fine-tuned from aparent2-mini")


def test_seeds_decide(table, tmp_path):
    runs = [
        train(table, tmp_path / str(i), TrainSettings(epochs=1, seed=seed), config=TINY)
        for i, seed in enumerate((1, 1, 2))
    ]
    assert np.array_equal(_weights(runs[0]), _weights(runs[1]))
    assert not np.array_equal(_weights(runs[0]), _weights(runs[2]))


def test_other_settings_do_not_continue_a_run(table, tmp_path):
    train(table, tmp_path, TrainSettings(epochs=1), config=TINY)
    with pytest.raises(InputError, match=r"learning_rate = 0.001, now it is 0.1; remove .*state.pt"):
        train(table, tmp_path, TrainSettings(epochs=1, learning_rate=0.1), config=TINY)
    with pytest.raises(InputError, match=r"table = .*remove .*state.pt"):
        train(table[:100], tmp_path, TrainSettings(epochs=1), config=TINY)
    start = load_checkpoint(tmp_path / "model")
    with pytest.raises(InputError, match="start = from scratch, now it is"):
        train(table, tmp_path, TrainSettings(epochs=1), start)


@pytest.mark.parametrize("content", [b"", b"PK half a file", pickle.dumps({"settings": print}, protocol=2)])
def test_a_damaged_state_is_named(content, table, tmp_path):
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"state\.pt: not a complete state of a training run; remove it"):
        train(table, tmp_path, TrainSettings(epochs=1), config=TINY)


def test_early_stopping(table, tmp_path):
    # a step this large makes the loss worse from the second epoch on
    settings = TrainSettings(epochs=30, patience=2, learning_rate=1.0, seed=1)
    train(table, tmp_path, settings, config=TINY)
    losses = pd.read_csv(tmp_path / "metrics.tsv", sep="\t").validation_loss
    assert len(losses) < 30
    assert len(losses) - 1 - losses.idxmin() == 2


def test_fine_tuning_starts_from_the_given_weights(table, tmp_path):
    start = train(table, tmp_path / "start", TrainSettings(epochs=1), config=TINY)
    tuned = train(table, tmp_path / "tuned", TrainSettings(epochs=1, learning_rate=1e-6, name="tuned"), start=start)
    assert (tuned.name, tuned.source) == ("tuned", "fine-tuned from my-model")
    assert 0 < np.abs(_weights(tuned) - _weights(start)).max() < 1e-4
    statistics = [name for name in start.tensors if "running" in name]
    assert all(np.array_equal(start.tensors[name], tuned.tensors[name]) for name in statistics)


def test_weighing_by_reads_changes_the_result(table, tmp_path):
    runs = [
        train(table, tmp_path / str(weigh), TrainSettings(epochs=1, weigh_reads=weigh), config=TINY)
        for weigh in (True, False)
    ]
    assert not np.array_equal(_weights(runs[0]), _weights(runs[1]))


def test_parts_do_not_overlap(table):
    split = split_table(table, TrainSettings(validation_share=0.1, test_share=0.2))
    assert (len(split.train), len(split.validation), len(split.test)) == (140, 20, 40)
    rows = np.concatenate([part.codes for part in (split.train, split.validation, split.test)])
    assert len(np.unique(rows, axis=0)) == 200


@pytest.mark.parametrize("name", ["assay.parquet", "assay.csv"])
def test_tables_from_files(assay, table, tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        assay.to_parquet(path)
    else:
        assay.assign(cuts=[" ".join(map(str, cuts)) for cuts in assay.cuts]).to_csv(path, index=False)
    read = read_table(path)
    np.testing.assert_array_equal(read.codes, table.codes)
    np.testing.assert_allclose(read.cuts, table.cuts, rtol=1e-6)
    np.testing.assert_array_equal(read.library, table.library)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sequence", "ACGT", "row 2: sequence: 4 letters, expected 205"),
        ("sequence", "A" * 204 + "!", "row 2: sequence: character '!' at index 204"),
        ("library", 13, "row 2: library: 13 is not one of 0 to 12"),
        ("read_count", 0, "row 2: read_count: 0 is not a whole number above 0"),
        ("proportion", 1.5, "row 2: proportion: 1.5 is not between 0 and 1"),
        ("cuts", [0.5, 0.5], "row 2: cuts: 2 numbers, expected 206"),
        ("cuts", [0.0] * 206, "row 2: cuts: numbers must be finite, not negative, and not all 0"),
    ],
)
def test_bad_rows_are_named(assay, column, value, message):
    rows = assay.head(3).astype(object).copy()
    rows.at[1, column] = value
    with pytest.raises(InputError, match=message):
        check_table(rows, "table.csv")


def test_many_bad_rows_are_counted(assay):
    with pytest.raises(InputError, match=r"^table.csv: row 1: library: .*; row 5: .* \(and 195 more\)$"):
        check_table(assay.assign(library=99), "table.csv")


def test_bad_tables(assay, tmp_path):
    with pytest.raises(InputError, match="column 'cuts' is missing"):
        check_table(assay.drop(columns="cuts"), "table.csv")
    with pytest.raises(InputError, match="holds no rows"):
        check_table(assay.head(0), "table.csv")
    with pytest.raises(InputError, match="no such training table"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "broken.parquet").write_bytes(b"?")
    with pytest.raises(InputError, match="neither parquet nor CSV"):
        read_table(tmp_path / "broken.parquet")


@pytest.mark.parametrize(
    ("field", "value"), [("epochs", 0), ("batch_size", 0), ("validation_share", 0.0), ("test_share", 1.0)]
)
def test_settings_that_make_no_sense(field, value):
    with pytest.raises(InputError):
        TrainSettings(**{field: value})


@pytest.mark.parametrize(
    "change",
    [
        *({"seed": seed} for seed in (-1, 2**32, 10**30)),
        *({"learning_rate": rate} for rate in (0.0, -1.0, float("nan"), float("inf"))),
        *({"dropout": share} for share in (-0.1, 1.0, float("nan"))),
        *({"epochs": n} for n in (0, 10**9)),
        *({"batch_size": 10**12}, {"patience": 0}, {"name": "aparent2"}, {"name": "a\nb"}),
    ],
    ids=str,
)
def test_settings_out_of_bounds_are_refused(change):
    with pytest.raises(InputError):
        TrainSettings(**change)
