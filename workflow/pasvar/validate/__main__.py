"""``python -m pasvar.validate``: measure, and write the page. `make validate` calls it."""

import argparse
import logging
import sys
from importlib import import_module
from pathlib import Path

from pasvar.paths import ROOT
from pasvar.validate.inputs import Absent, Inputs
from pasvar.validate.page import replace_section, write_page
from pasvar.validate.sites import measure as measure_sites

SECTIONS = {
    "variants": ("Single substitutions", "pasvar.validate.variants"),
    "calibration": ("Error bars", "pasvar.validate.calibration"),
    "known": ("Known variants", "pasvar.validate.known"),
    "snps": ("Variants of people on chromosome 20", "pasvar.validate.snps"),
    "usage": ("Usage of a gene's sites", "pasvar.validate.usage"),
}
"""By key the title of a section and the module whose `measure` makes it, in the order of the page."""

SITES = "sites"
"""The section that stands in a page of its own, docs/sites.md."""


def main() -> int:
    parser = argparse.ArgumentParser("python -m pasvar.validate", description=__doc__)
    parser.add_argument(
        "--shared",
        type=Path,
        default=ROOT.parent / "shared",
        help="folder with data/ and weights/ (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "accuracy.md", help="page (default: %(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=[*SECTIONS, SITES], help="sections to measure; others keep their figures"
    )
    parser.add_argument(
        "--refit", action="store_true", help="first fit error bars and confidence of sites, and write them"
    )
    parsed = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    inputs = Inputs(parsed.shared, parsed.out.parent)
    if parsed.refit:
        for module in ("calibration", "site_calibration"):
            import_module(f"pasvar.validate.{module}").refit(inputs)
    sections = {key: (title, import_module(module).measure) for key, (title, module) in SECTIONS.items()}
    for key, outcome in write_page(parsed.out, sections, inputs, parsed.only).items():
        print(f"{key}: {outcome}")
    if not parsed.only or SITES in parsed.only:
        try:
            replace_section(parsed.out.parent / "sites.md", SITES, measure_sites(inputs))
        except Absent as absent:
            print(f"{SITES}: skipped, {absent}")
    print(parsed.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
