"""The page of measured accuracy: sections in order, and what becomes of one whose data are absent."""

import pandas as pd
import pytest

from pasvar.validate.inputs import Absent, Inputs
from pasvar.validate.page import markdown, replace_section, write_page


def absent(inputs):
    inputs.path("data/none.tsv")
    raise AssertionError("the line above raises")


def test_a_section_without_data_keeps_its_last_figures(tmp_path):
    page, inputs = tmp_path / "accuracy.md", Inputs(tmp_path, tmp_path)
    sections = {"a": ("First", lambda _: "old figures\n"), "b": ("Second", absent)}
    assert write_page(page, sections, inputs) == {
        "a": "measured",
        "b": f"skipped, there is no {tmp_path / 'data' / 'none.tsv'}",
    }
    text = page.read_text()
    assert text.startswith("# Accuracy\n")
    assert text.endswith(
        "## First\n\n<!-- begin a -->\nold figures\n<!-- end a -->\n\n"
        "## Second\n\n<!-- begin b -->\nNot measured yet.\n<!-- end b -->\n"
    )
    write_page(page, {"b": ("Second", lambda _: "new"), "a": ("First", absent)}, inputs)
    assert page.read_text().endswith(
        "## Second\n\n<!-- begin b -->\nnew\n<!-- end b -->\n\n## First\n\n<!-- begin a -->\nold figures\n<!-- end a -->\n"
    )


def test_only_some_sections_are_measured(tmp_path):
    page, inputs = tmp_path / "accuracy.md", Inputs(tmp_path, tmp_path)
    write_page(page, {"a": ("First", lambda _: "old"), "b": ("Second", lambda _: "old")}, inputs)
    sections = {"a": ("First", lambda _: "new"), "b": ("Second", lambda _: "new")}
    assert write_page(page, sections, inputs, ["b"]) == {"a": "kept", "b": "measured"}
    assert "begin a -->\nold\n" in page.read_text()
    assert "begin b -->\nnew\n" in page.read_text()


def test_absent_names_what_is_missing(tmp_path):
    with pytest.raises(Absent, match=r"there is no .*/weights/x\.h5$"):
        Inputs(tmp_path, tmp_path).path("weights/x.h5")


def test_tables_in_markdown():
    assert markdown(pd.DataFrame({"a": [1, 2], "b c": ["x", ""]})) == "| a | b c |\n| --- | --- |\n| 1 | x |\n| 2 |  |"


def test_a_section_is_replaced_and_the_rest_is_kept(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n<!-- begin sites -->\n<!-- end sites -->\n\nEnd.\n")
    for body in ("One.", "| two |\n\nlines\n"):
        replace_section(page, "sites", body)
        assert page.read_text() == f"# Title\n\n<!-- begin sites -->\n{body.strip()}\n<!-- end sites -->\n\nEnd.\n"
    with pytest.raises(ValueError, match="no section 'others'"):
        replace_section(page, "others", "")
