"""Messages are one line, of bounded length, and name the file."""

import json
import zlib

import pyarrow as pa
import pytest
import yaml

from pasvar.errors import LONGEST_MESSAGE, InputError, explain, one_line, printable, reading


def test_a_message_is_one_line_that_a_terminal_does_not_obey():
    assert one_line("a\n  b\t\x1b[31mc\u202e\u2028") == "a b \\x1b[31mc\\u202e"
    assert printable("model\n##INFO=<ID=X>") == "model\\n##INFO=<ID=X>"


def test_a_long_message_keeps_its_begin_and_its_end():
    text = one_line("chr1: " + "x" * 5000 + " make it again")
    assert len(text) == LONGEST_MESSAGE
    assert text.startswith("chr1: x")
    assert text.endswith("x make it again")


def test_an_error_of_the_system_names_the_file():
    assert explain(FileNotFoundError(2, "No such file or directory", "a.vcf")) == "a.vcf: No such file or directory"
    assert explain(EOFError()) == "EOFError"


def fail(text: str):
    raise {
        "zlib": zlib.error("bad block"),
        "utf8": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        "json": json.JSONDecodeError("Expecting value", "x", 0),
        "arrow": pa.ArrowInvalid("bad\nfooter"),
        "yaml": yaml.YAMLError("bad"),
        "eof": EOFError("cut"),
    }[text]


@pytest.mark.parametrize("fault", ["zlib", "utf8", "json", "arrow", "yaml", "eof"])
def test_damage_of_every_kind_names_the_file(fault):
    said = r"^a\.gtf: cannot be read as a GTF file \(.+\); fetch it again$"
    with pytest.raises(InputError, match=said), reading("a.gtf", "a GTF file", "fetch it again"):
        fail(fault)


def test_faults_of_our_own_and_messages_pass():
    with pytest.raises(KeyError), reading("a", "b"):
        raise KeyError("x")
    with pytest.raises(InputError, match=r"^line 3$"), reading("a", "b"):
        raise InputError("line 3")
