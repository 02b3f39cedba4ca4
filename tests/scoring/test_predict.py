"""One-off questions and the doctor."""

import argparse
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from builders import needs_bfloat16
from pasvar.cli import doctor
from pasvar.cli.main import main
from pasvar.errors import InputError
from pasvar.scoring.doctor import (
    check_known_variants,
    check_variants,
    golden_variants as shipped_variants,
    known_variants,
)
from pasvar.scoring.engine import Engine
from pasvar.scoring.sequences import effect, open_network, predict, predict_effects, read_pairs
from pasvar.sequence import encode


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
    assert doctor.run(argparse.Namespace(cluster=False, model=str(released_file), device="cpu", precision="exact")) == 0
    printed = capsys.readouterr().out
    assert "model: aparent2\n" in printed
    assert printed.count("\nok  ") == 5 + 24
    assert "published: +0.29979, +0.18091" in printed
    assert "ok  HBB c.*110T>C (beta-thalassaemia): -4.21, measured -4.34, expected below -0.5\n" in printed


@needs_bfloat16
def test_doctor_allows_for_the_precision_and_names_it(released_file, capsys):
    assert doctor.run(argparse.Namespace(cluster=False, model=str(released_file), device="cpu", precision="fast")) == 0
    printed = capsys.readouterr().out
    assert "threads, precision fast\n" in printed
    assert printed.count("\nok  ") == 5 + 24


@needs_bfloat16
def test_a_prediction_says_where_it_is_not_exact(capsys):
    said = {}
    for precision in ("exact", "fast"):
        assert main(["predict", "ACGTN" * 41, "--tsv", "--device", "cpu", "--precision", precision]) == 0
        said[precision] = capsys.readouterr()
    assert said["fast"].err.strip() == f"{said['exact'].err.strip()}; precision fast"
    assert said["fast"].out != said["exact"].out


def test_doctor_sees_a_device_that_computes_wrongly(released, engine):
    class Broken:
        def scores(self, windows, done):
            return engine.scores(windows, done) + 0.1 * windows.mean(1, keepdims=True)

    assert not all(good for good, _ in check_variants(Broken(), released))


def test_the_doctors_variants_are_the_golden_ones(golden_variants):
    assert shipped_variants() == golden_variants


def test_the_doctor_misses_what_a_network_does_not_know(released):
    class Blind:
        """A network for which all windows are alike."""

        def scores(self, windows, done):
            return np.zeros((len(windows), 6), dtype=np.float32)

    good = [good for good, _ in check_known_variants(Blind(), replace(released, sha256="00"))]
    assert good == [kind in ("moderate", "control") for kind in known_variants().kind]


def test_known_variants_are_the_measured_ones(released, engine):
    """The published and measured figures, by the authors' weights on the assay's sequences."""
    known = known_variants().set_index(["gene", "change"])
    effects = predict_effects(engine, known.ref, known.alt).set_index(known.index)
    expected = {
        ("HBB", "c.*110T>C"): (-4.34, -4.21, 0.69),
        ("HBA2", "c.*92A>G"): (-4.18, -3.15, -1.74),
        ("F2", "c.*108C>T"): (0.73, 0.21, -1.27),
        ("INS", "c.*59A>G"): (-3.75, -4.58, -2.14),
        ("ARSA", "hexamer"): (-1.13, -0.92, -6.16),
        ("IRF5", "c.*555G>A"): (3.17, 3.35, -2.82),
    }
    for key, (measured, network, reference) in expected.items():
        assert known.measured[key] == pytest.approx(measured, abs=0.005)
        assert effects.delta_logodds_narrow[key] == pytest.approx(network, abs=0.005)
        assert effects.logodds_narrow_ref[key] == pytest.approx(reference, abs=0.005)
    np.testing.assert_allclose(known.aparent2, effects.delta_logodds_narrow, atol=1e-4)


REF = "C" * 70 + "AATAAA" + "C" * 129
ALT = "C" * 70 + "AGTAAA" + "C" * 129


def answer(capsys, *arguments: str) -> list[dict]:
    assert main([*arguments, "--json", "--device", "cpu"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_effect_in_full_with_its_error_bar(capsys):
    (row,) = answer(capsys, "effect", REF, ALT)
    assert list(row) == [
        *("logodds_narrow_ref", "logodds_narrow_alt", "delta_logodds_narrow"),
        *("logodds_ref", "logodds_alt", "delta_logodds", "hexamer_ref", "hexamer_alt"),
        *("probability_narrow_ref", "probability_narrow_alt", "probability_ref", "probability_alt"),
        *("delta_expected", "delta_low", "delta_high", "direction_probability", "flags", "model"),
    ]
    assert (row["hexamer_ref"], row["hexamer_alt"], row["model"]) == ("AATAAA", "AGTAAA", "aparent2-mini")
    assert "hexamer_changed" in row["flags"]
    for name in ("logodds_narrow_ref", "delta_logodds_narrow", "delta_low"):
        assert row[name] == float(np.float32(row[name])), name
    assert row["delta_low"] < row["delta_expected"] < row["delta_high"]


def test_many_pairs_answer_as_one_by_one(tmp_path, capsys):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(f"name\tref\talt\nfirst\t{REF}\t{ALT}\nagain\t{REF}\t{REF.lower()}\n\n", encoding="utf-8-sig")
    first, again = answer(capsys, "effect", "--pairs", str(pairs))
    assert (first.pop("name"), again.pop("name")) == ("first", "again")
    assert [first] == answer(capsys, "effect", REF, ALT)
    assert (again["delta_logodds_narrow"], again["direction_probability"], again["flags"]) == (0.0, 0.5, weak(again))


def weak(row: dict) -> str | None:
    return "weak_reference" if row["logodds_narrow_ref"] < -4.595 else None


def test_raw_probabilities_and_the_score_at_a_position(capsys):
    network, _ = open_network("aparent2-mini", "cpu")
    windows = np.stack([encode(REF), encode(ALT)])
    logits = network.logits(windows).astype(np.float64)
    of_cut = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    (row,) = answer(capsys, "effect", REF, ALT, "--position", "95", "--position", "204")
    for i, allele in enumerate(("ref", "alt")):
        assert row[f"probability_narrow_{allele}"] == pytest.approx(of_cut[i, 77:127].sum(), rel=1e-5)
        assert row[f"probability_{allele}"] == pytest.approx(of_cut[i, :205].sum(), rel=1e-5)
        assert row[f"probability_at_95_{allele}"] == pytest.approx(of_cut[i, 95], rel=1e-5)
        assert row[f"logodds_at_204_{allele}"] == pytest.approx(np.log(of_cut[i, 204] / (1 - of_cut[i, 204])), rel=1e-5)
    assert row["delta_logodds_at_95"] == pytest.approx(row["logodds_at_95_alt"] - row["logodds_at_95_ref"], abs=1e-6)
    (scores,) = answer(capsys, "predict", REF, "--position", "95")
    assert scores["probability_at_95"] == row["probability_at_95_ref"]
    assert scores["probability_narrow"] == row["probability_narrow_ref"]


@pytest.mark.parametrize("position", ["205", "-1", "hexamer"])
def test_a_position_lies_in_the_window(capsys, position):
    with pytest.raises(SystemExit):
        main(["predict", REF, f"--position={position}"])
    assert f"'{position}' is no index of the window, 0 to 204" in capsys.readouterr().err


def test_more_than_one_base_is_uncalibrated(engine):
    effects = predict_effects(engine, [REF] * 3, [ALT, ALT[:-1] + "G", REF])
    assert effects.is_snv.tolist() == [True, False, True]


def test_people_read_rounded_numbers_and_programs_all_digits(capsys):
    (row,) = answer(capsys, "effect", REF, ALT)
    assert main(["effect", REF, ALT, "--tsv", "--device", "cpu"]) == 0
    header, values = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert float(dict(zip(header, values, strict=True))["delta_low"]) == row["delta_low"]
    assert main(["effect", REF, ALT, "--device", "cpu"]) == 0
    printed = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert printed["delta_low"] == f"{row['delta_low']:.4g}"
    (scores,) = answer(capsys, "predict", REF)
    assert scores["hexamer"] == "AATAAA"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"ref\talt\n{REF}\t{ALT}\n{REF}\tACGT\n", "pairs.tsv, line 3: alt has 4 letters, expected 205"),
        (f"ref\talt\n\n{REF}\t{ALT[:-1]}?\n", r"pairs.tsv, line 3: alt: character '\?' at index 204"),
        (f"ref\talt\n{REF}\n", "pairs.tsv, line 2: 1 columns, expected 2 as in line 1"),
        (f"{REF}\t{ALT}\n", "pairs.tsv: no column alt and ref in line 1; expected ref and alt"),
        ("ref\talt\tref\n", "pairs.tsv: line 1 has a column twice: ref, alt, ref"),
        ("ref\talt\n", "pairs.tsv: no pair of windows below the header"),
        ("", "pairs.tsv: no column alt and ref in line 1"),
        (f"ref\talt\tflags\n{REF}\t{ALT}\tx\n", "pairs.tsv: has columns with the names of output columns: flags"),
    ],
)
def test_what_is_wrong_with_a_file_of_pairs(tmp_path, capsys, text, message):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(text)
    assert main(["effect", "--pairs", str(pairs), "--device", "cpu"]) == 1
    assert re.search(message, capsys.readouterr().err)


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"pairs.tsv: is not a text file"):
        read_pairs(path)


@pytest.mark.parametrize("arguments", [[REF], [REF, ALT, "--pairs", "x.tsv"], []])
def test_two_windows_or_a_file(arguments, capsys):
    assert main(["effect", *arguments]) == 1
    assert "takes two windows, REF and ALT, or --pairs FILE" in capsys.readouterr().err
