"""docs/python.md: its examples run as they stand."""

import re

from pasvar.paths import ROOT


def test_the_examples_run(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert "PSMF1" in capsys.readouterr().out
    assert len(names["effects"].gene_effects) == 1
    assert names["lost"].gene_effects.mechanism.to_list() == ["site_deleted"]
