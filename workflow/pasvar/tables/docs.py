"""The parts of the documentation that are made from code, so that the meaning of a key or a column is written only
once."""

from pathlib import Path

from pasvar.config_schema import read_schema
from pasvar.paths import ROOT
from pasvar.tables.schema import DIRECTIONS, EXTRA_TABLES, FLAGS, MECHANISMS, STATUSES, TABLES, USER_TABLES


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


def tables_markdown() -> str:
    """docs/tables.md, from the schema."""
    lines = ["# Tables", "", "Made from `workflow/pasvar/tables/schema.py` by `make docs`.", ""]
    for name in (*USER_TABLES, *EXTRA_TABLES):
        table = TABLES[name]
        lines += [
            f"## `results/{table.file}`",
            "",
            f"One row per {table.row}.",
            "",
            "| column | type | unit | meaning |",
        ]
        lines.append("|---|---|---|---|")
        for column in table.columns:
            unit, meaning = (column.metadata[key].decode() for key in (b"unit", b"meaning"))
            lines.append(f"| `{column.name}` | {column.type} | {unit} | {meaning} |")
        lines.append("")
    for title, head, meanings in (
        ("Mechanisms", "mechanism", MECHANISMS),
        ("Directions", "direction", DIRECTIONS),
        ("Flags", "flag", FLAGS),
        ("Statuses of the ledger", "status", STATUSES),
    ):
        lines += [f"## {title}", "", f"| {head} | meaning |", "|---|---|"]
        lines += [*(f"| `{name}` | {meaning} |" for name, meaning in meanings.items()), ""]
    return "\n".join(lines)


def pages() -> dict[Path, str]:
    """Text of each generated page, by its path."""
    return {
        ROOT / "config" / "README.md": config_markdown(),
        ROOT / "docs" / "tables.md": tables_markdown(),
    }


def write_pages() -> None:
    """Write the generated pages."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
