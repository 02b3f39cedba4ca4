"""The report that most tests of this folder look at."""

import pytest

from report_tables import report


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The report of `strong_hits`, with two cards."""
    return report(tmp_path_factory.mktemp("run"), n_cards=2, with_pictures=True)
