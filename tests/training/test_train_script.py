"""The workflow's script for training, called as the rule calls it."""

import importlib.util
import logging
from pathlib import Path

import pandas as pd
import pytest

from pasvar.errors import InputError
from pasvar.model import load_checkpoint
from pasvar.training.assay import simulate

SCRIPT = Path(__file__).resolve().parents[2] / "workflow" / "scripts" / "train_model.py"


@pytest.fixture(scope="module")
def main():
    spec = importlib.util.spec_from_file_location("train_model", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_trains_and_says_where(main, tmp_path, caplog):
    simulate(80, seed=1).to_parquet(tmp_path / "table.parquet")
    settings = {"epochs": 1, "name": "mine"}
    with caplog.at_level(logging.INFO):
        main(str(tmp_path / "table.parquet"), tmp_path / "out", "", settings, "cpu", 1, logging.getLogger("test"))
    assert load_checkpoint(tmp_path / "out" / "model").name == "mine"
    assert len(pd.read_csv(tmp_path / "out" / "metrics.tsv", sep="\t")) == 1
    assert "epoch 1/1: training loss" in caplog.text
    assert "model mine, trained from scratch, is in" in caplog.text


def test_unknown_table(main, tmp_path):
    with pytest.raises(InputError, match="no such training table"):
        main(str(tmp_path / "absent.csv"), tmp_path, "", {}, "cpu", 1, logging.getLogger("test"))
