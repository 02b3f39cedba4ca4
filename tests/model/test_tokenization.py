"""Text to codes."""

import pytest
import torch
from transformers import AutoTokenizer

from pasvar.model.tokenization import Aparent2Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Aparent2Tokenizer:
    return Aparent2Tokenizer()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ACGTN", [0, 1, 2, 3, 4]),
        ("acgun", [0, 1, 2, 3, 4]),
        ("AANAA", [0, 0, 4, 0, 0]),
        ("NNA", [4, 4, 0]),
        ("RYSWKMBDHV", [4] * 10),
        ("", []),
    ],
)
def test_codes(tokenizer, text, codes):
    assert tokenizer(text).input_ids == codes
    assert tokenizer(text).attention_mask == [1] * len(codes)


@pytest.mark.parametrize(
    ("text", "named"), [("ACXT", "'X' at index 2"), ("AC GT", "' ' at index 2"), ("AC-GT", "'-' at index 2")]
)
def test_anything_else_is_refused(tokenizer, text, named):
    with pytest.raises(ValueError, match=named):
        tokenizer(text)


def test_batch_as_tensors(tokenizer):
    batch = tokenizer(["ACGT", "uuaa"], return_tensors="pt")
    assert batch.input_ids.tolist() == [[0, 1, 2, 3], [3, 3, 0, 0]]
    assert batch.input_ids.dtype == torch.int64


def test_padding_is_unknown_and_masked(tokenizer):
    batch = tokenizer(["ACGT", "A"], padding=True)
    assert batch.input_ids == [[0, 1, 2, 3], [0, 4, 4, 4]]
    assert batch.attention_mask == [[1, 1, 1, 1], [1, 0, 0, 0]]


def test_text_again(tokenizer):
    assert tokenizer.decode([0, 1, 2, 3, 4]) == "ACGTN"


def test_save_and_load(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    for loaded in (Aparent2Tokenizer.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)):
        assert isinstance(loaded, Aparent2Tokenizer)
        assert loaded("ACGUN").input_ids == [0, 1, 2, 3, 4]
