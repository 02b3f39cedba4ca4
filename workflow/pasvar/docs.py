"""The parts of the documentation that are made from code: what a key or a column means is written down once."""

from pathlib import Path

from pasvar import tables
from pasvar.config import read_schema

REPOSITORY = Path(__file__).parents[2]


def config_markdown() -> str:
    """config/README.md, from the schema."""
    schema = read_schema()
    lines = [
        "# Configuration",
        "",
        "Made from `workflow/schemas/config.schema.yaml` by `make docs`.",
        "",
        schema["description"],
        "",
        "`config.yaml` runs the bundled example; `grch38.yaml` is a template for a cohort of your own:",
        "",
        "    snakemake --configfile my.yaml --directory my_run",
        "",
        "| key | default | meaning |",
        "|---|---|---|",
    ]
    for key, value in schema["properties"].items():
        default = "required" if key in schema["required"] else f"`{value['default']}`"
        lines.append(f"| `{key}` | {default} | {value['description']} |")
    return "\n".join([*lines, ""])


def pages() -> dict[Path, str]:
    """Text of each page that is made, by its path."""
    return {
        REPOSITORY / "config" / "README.md": config_markdown(),
        REPOSITORY / "docs" / "tables.md": tables.describe(),
    }


def write_pages() -> None:
    """Write the pages anew."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
