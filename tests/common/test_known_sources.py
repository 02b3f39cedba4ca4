"""Config key `known`: what is filled in, and what is refused in one line."""

import re

import pytest

from pasvar.config import fill_known
from pasvar.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.vcf.gz", "g.chr1.vcf.gz", "g.chr2.vcf.gz"):
        (tmp_path / name).touch()


def test_the_frequency_is_af_where_it_is_carried():
    given = [
        {"name": "a", "path": "a.vcf.gz", "fields": ["ID"]},
        {"name": "b", "path": "g.chr{chrom}.vcf.gz", "fields": ["ID", "AF"]},
        {
            "name": "c",
            "path": "a.vcf.gz",
            "fields": ["AF", "AF_grpmax"],
            "frequency": "AF_grpmax",
            "hide_above": {"AF": 1},
        },
        {"name": "d", "path": "a.vcf.gz", "fields": ["AF"], "frequency": None},
    ]
    filled = fill_known(given)
    assert [source["frequency"] for source in filled] == [None, "AF", "AF_grpmax", None]
    assert filled[1] == {
        "name": "b",
        "path": ["g.chr1.vcf.gz", "g.chr2.vcf.gz"],
        "fields": ["ID", "AF"],
        "hide_above": {},
        "frequency": "AF",
    }
    assert fill_known(filled) == filled


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"frequency": "AF"}, "config key `known.a.frequency` is AF, which is not among its `fields`: ID"),
        ({"hide_above": {"AF": 0.1}}, "config key `known.a.hide_above` names AF, which is not among its `fields`: ID"),
        ({"path": "none.vcf.gz"}, "config key `known.a`: no such file: none.vcf.gz"),
    ],
)
def test_what_cannot_be_carried_is_named(source, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        fill_known([{"name": "a", "path": "a.vcf.gz", "fields": ["ID"], **source}])
    assert "\n" not in str(caught.value)
