import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from builders import reverse_complement as text_reverse_complement
from pasvar.sequence import decode, decode_rows, encode, encode_bases, encode_rows, reverse_complement

dna = st.text("ACGTN", max_size=50)


def test_codes_are_the_networks_channels_and_u_is_t_in_either_case():
    assert encode("ACGTNacgtnUu").tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 3, 3]
    assert encode(b"AC").tolist() == [0, 1]
    assert encode("").tolist() == []
    assert encode("A").dtype == np.uint8


def test_ambiguity_letters_are_n():
    assert decode(encode("RYSWKMBDHVryswkmbdhv")) == "N" * 20


@pytest.mark.parametrize(("text", "at"), [("AC-T", 2), ("X", 0), ("ACé", 2), ("AC GT", 2), (b"AC\x00", 2)])
def test_another_character_is_refused_with_its_place(text, at):
    with pytest.raises(ValueError, match=rf"at index {at} is not a nucleotide letter") as error:
        encode(text)
    assert repr(text[at : at + 1]) in str(error.value)


def test_reverse_complement_of_a_literal():
    assert decode(reverse_complement(encode("AACGTN"))) == "NACGTT"


def test_reverse_complement_works_along_the_last_axis():
    rows = encode_rows(["AACG", "TTTN"], 4)
    assert decode_rows(reverse_complement(rows)) == ["CGTT", "NAAA"]


@given(dna)
def test_reverse_complement_is_that_of_text_and_its_own_inverse(text):
    codes = encode(text)
    assert decode(reverse_complement(codes)) == text_reverse_complement(text)
    assert decode(reverse_complement(reverse_complement(codes))) == text


@given(st.lists(st.text("ACGTN", min_size=7, max_size=7), max_size=5))
def test_rows_there_and_back(rows):
    codes = encode_rows(rows, 7)
    assert codes.shape == (len(rows), 7)
    assert decode_rows(codes) == rows


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="sequences of 4 nt are expected"):
        encode_rows(["ACGT", "ACG"], 4)


def test_bases_of_a_column_with_whatever_else_it_has():
    texts = pa.chunked_array([["AC", "n"], ["", "gT*"]], pa.string())
    codes, first = encode_bases(texts)
    assert codes.tolist() == [0, 1, 255, 2, 3, 255]
    assert first.tolist() == [0, 2, 3, 3, 6]
    codes, first = encode_bases(texts.slice(1, 2))
    assert (codes.tolist(), first.tolist()) == ([255], [0, 1, 1])
    codes, first = encode_bases(texts.slice(0, 0))
    assert (codes.tolist(), first.tolist()) == ([], [0])
