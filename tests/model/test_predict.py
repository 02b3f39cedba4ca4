"""One-off questions and the doctor."""

import argparse

import pytest

from builders import needs_bfloat16
from pasvar.cli import main
from pasvar.engine import Engine
from pasvar.errors import InputError
from pasvar.model import doctor
from pasvar.model.predict import effect, predict


@pytest.fixture(scope="module")
def engine(released) -> Engine:
    return Engine(released.config, released.tensors, "cpu")


def test_effects_of_the_golden_variants(engine, golden_variants):
    for variant in golden_variants:
        found = effect(engine, variant["ref"], variant["alt"].lower())
        assert found.delta_logodds_narrow == pytest.approx(variant["delta_logodds_narrow"], abs=variant["tolerance"])
        assert found.delta_logodds == pytest.approx(variant["delta_logodds"], abs=variant["tolerance"])
        assert found.delta_logodds == found.logodds_alt - found.logodds_ref


def test_prediction_of_a_sequence(engine, golden_variants):
    row = predict(engine, [golden_variants[0]["ref"]]).iloc[0]
    assert row.hexamer == "AATAAA"
    assert row.logodds_narrow == pytest.approx(-0.78295, abs=1e-4)
    assert 77 <= row.likeliest_cut_index < 127


@pytest.mark.parametrize(
    ("sequence", "message"),
    [("ACGT", "sequence 1 has 4 letters, expected 205"), ("A" * 204 + "?", r"sequence 1: character '\?' at index 204")],
)
def test_wrong_sequences_are_named(engine, sequence, message):
    with pytest.raises(InputError, match=message):
        predict(engine, [sequence])


def test_doctor_finds_the_released_weights_well(released_file, capsys):
    assert doctor.run(argparse.Namespace(model=str(released_file), device="cpu", precision="exact")) == 0
    told = capsys.readouterr().out
    assert "model: aparent2\n" in told
    assert told.count("\nok  ") == 5
    assert "published: +0.29979, +0.18091" in told


@needs_bfloat16
def test_doctor_allows_for_the_precision_and_names_it(released_file, capsys):
    assert doctor.run(argparse.Namespace(model=str(released_file), device="cpu", precision="fast")) == 0
    told = capsys.readouterr().out
    assert "threads, precision fast\n" in told
    assert told.count("\nok  ") == 5


@needs_bfloat16
def test_a_prediction_says_where_it_is_not_exact(capsys):
    said = {}
    for precision in ("exact", "fast"):
        assert main(["predict", "ACGTN" * 41, "--device", "cpu", "--precision", precision]) == 0
        said[precision] = capsys.readouterr()
    assert said["fast"].err.strip() == f"{said['exact'].err.strip()}; precision fast"
    assert said["fast"].out != said["exact"].out


def test_doctor_sees_a_device_that_computes_wrongly(released, engine):
    class Broken:
        def scores(self, windows, done):
            return engine.scores(windows, done) + 0.1 * windows.mean(1, keepdims=True)

    assert not all(good for good, _ in doctor.check_variants(Broken(), released))


def test_the_doctors_variants_are_the_golden_ones(golden_variants):
    assert doctor.golden_variants() == golden_variants
