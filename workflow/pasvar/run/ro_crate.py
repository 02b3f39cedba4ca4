"""The results as an RO-Crate (Process Run Crate 0.5): the format in which archives such as Zenodo and WorkflowHub read
the contents of a folder and their origin."""

import json
from collections.abc import Mapping
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from pasvar.files import whole
from pasvar.tables import TABLES

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"

_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".json": "application/json",
    ".gz": "application/gzip",
}


def write_crate(record: Mapping, folder: Path, out: Path) -> None:
    """Write to `out` the metadata of the crate in `folder`. record: as `provenance.provenance` returns it, of files
    below the folder."""
    crate = ROCrate(gen_preview=False)
    crate.name = "Effects of genetic variants on 3' cleavage and polyadenylation"
    crate.description = "Results of pasvar: scores of alleles at polyadenylation sites, effects on genes, and a report."
    crate.datePublished = record["finished"]

    def add(name_inside: str, kind: str, **properties: object) -> ContextEntity:
        given = {key: value for key, value in properties.items() if value is not None}
        return crate.add(ContextEntity(crate, name_inside, properties={"@type": kind, **given}))

    crate.root_dataset["conformsTo"] = add(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    software = add(
        "#pasvar",
        "SoftwareApplication",
        name="pasvar",
        softwareVersion=record["pasvar_version"],
        identifier=record.get("pasvar_commit"),
        citation=[
            add(f"#{name}", "ScholarlyArticle", name=name, description=text)
            for name, text in record["citations"].items()
        ],
    )
    used = [
        add(f"#{name}", "File", name=name, contentSize=str(file["bytes"]), **_digest(file))
        for name, file in record["inputs"].items()
    ]
    used.append(add("#model", "File", name=record["model"].get("model"), sha256=record["model"].get("model_sha256")))
    rows = {table.file: f"One row per {table.row}." for table in TABLES.values()}
    made = [
        crate.add_file(str(folder / name), name, properties=_described(name, file, rows.get(name)))
        for name, file in record["results"].items()
    ]
    crate.add_file(str(folder / "provenance.json"), "provenance.json", properties={"encodingFormat": _TYPES[".json"]})
    properties = {"name": "Run of pasvar", "endTime": record["finished"]}
    crate.add_action(software, identifier="#run", object=used, result=made, properties=properties)
    with whole(out) as temporary:
        temporary.write_text(json.dumps(crate.metadata.generate(), indent=2, ensure_ascii=False) + "\n")


def _digest(file: Mapping) -> dict[str, str]:
    """The value that shows that an input is the same: its sha256, or for a file that was read in part its
    `sampled_digest` and time."""
    if "sha256" in file:
        return {"sha256": file["sha256"]}
    return {"identifier": file["sampled_digest"], "dateModified": file["modified"]}


def _described(name: str, file: Mapping, rows: str | None) -> dict[str, str]:
    properties = {
        "name": Path(name).name,
        "contentSize": str(file["bytes"]),
        "sha256": file["sha256"],
        "encodingFormat": _TYPES.get(Path(name).suffix, "application/octet-stream"),
    }
    return properties | ({"description": rows} if rows else {})
