"""Atlases known by name, with a local server in the place of the public ones."""

import http.server
import io
import json
import threading
import zipfile

import pytest

from builders import records, write_fasta
from pasvar.config import ATLAS_FOLDER, fill_sites, known_atlases
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sites.atlas import FORMATS, fetch_atlas, read_atlas

BED = b"20\t126\t140\t20:131:+\t3.5\t+\n"
SHA256 = "8a7c6b1c7f3fd1b9b0d2b5b2f6b8f1f0a0d1b8a5a0b6a3d9d4e5f6a7b8c9d0e1"


def zipped(member: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("README", b"")
    return file.getvalue()


@pytest.fixture
def server():
    """Contents by path, which a test may change, the paths that were asked for, and the address."""
    contents, asked = {"/atlas.bed": BED}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path in contents else 404)
            self.end_headers()
            self.wfile.write(contents.get(self.path, b""))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield contents, asked, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def source(address: str, file: str = "atlas.bed", **more) -> dict:
    return {"name": "mine", "url": f"{address}/{file}", "format": "polyasite", "assembly": "GRCh38", **more}


def test_fetched_once_and_recorded(server, tmp_path):
    _, asked, address = server
    path, record = fetch_atlas(source(address), tmp_path)
    again, same = fetch_atlas(source(address), tmp_path)
    assert path.read_bytes() == BED
    assert (again, same, asked) == (path, record, ["/atlas.bed"])
    fetched = record.pop("fetched")
    assert fetched.endswith("+00:00")
    assert len(record.pop("sha256")) == 64
    assert record == {"name": "mine", "url": f"{address}/atlas.bed", "n_bytes": len(BED), "assembly": "GRCh38"}


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    _, asked, address = server
    path, record = fetch_atlas(source(address), tmp_path)
    path.write_bytes(b"damaged")
    path, same = fetch_atlas(source(address), tmp_path)
    assert (path.read_bytes(), same, len(asked)) == (BED, record, 2)


def test_the_first_sha256_holds_from_then_on(server, tmp_path):
    contents, _, address = server
    path, record = fetch_atlas(source(address), tmp_path)
    path.unlink()
    contents["/atlas.bed"] = b"another"
    with pytest.raises(
        InputError, match=rf"/atlas\.bed has another content than sha256 {record['sha256']}; .*download\.json"
    ):
        fetch_atlas(source(address), tmp_path)
    assert not path.exists()


def test_a_known_sha256_is_required_at_once(server, tmp_path):
    with pytest.raises(InputError, match=rf"has another content than sha256 {SHA256}"):
        fetch_atlas(source(server[2], sha256=SHA256), tmp_path)


def test_a_member_of_an_archive(server, tmp_path):
    contents, _, address = server
    contents["/atlas.zip"] = zipped("folder/human.PAS.txt", b"text")
    path, record = fetch_atlas(source(address, "atlas.zip", member="folder/human.PAS.txt"), tmp_path)
    assert path.read_bytes() == b"text"
    assert record["n_bytes"] == len(contents["/atlas.zip"])
    assert fetch_atlas(source(address, "atlas.zip", member="folder/human.PAS.txt"), tmp_path) == (path, record)


def one_line(error: pytest.ExceptionInfo) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError) as error:
        fetch_atlas(source("http://127.0.0.1:9"), tmp_path)
    message = one_line(error)
    file = tmp_path / "atlases" / "mine" / "atlas.bed"
    assert message.startswith(
        "atlas mine is not on this machine and HF_HUB_OFFLINE forbids downloads: fetch http://127.0.0.1:9/"
    )
    assert message.endswith(f"put it at {file}, or give the path of the file itself under `atlas`")
    file.write_bytes(BED)
    assert fetch_atlas(source("http://127.0.0.1:9"), tmp_path)[0] == file


@pytest.mark.parametrize(
    ("address", "reason"), [("http://127.0.0.1:9", "no connection to the network"), (None, "404 Client Error")]
)
def test_what_cannot_be_fetched_says_what_to_do(server, tmp_path, address, reason):
    with pytest.raises(InputError) as error:
        fetch_atlas(source(address or server[2], "none.bed"), tmp_path)
    assert f"atlas mine could not be downloaded ({reason}" in one_line(error)
    assert "or give the path of the file itself under `atlas`" in str(error.value)


def test_the_library_reads_a_known_atlas(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PASVAR_CACHE", str(tmp_path / "cache"))
    with Genome(write_fasta(tmp_path / "g.fa", {"20": "ACGT" * 100})) as genome:
        atlas = read_atlas({"path": "none", "known": source(server[2]), "name": "mine"}, genome)
    assert records(atlas.sites, "cut", "abundance") == [(130, 3.5)]


def test_names_in_the_configuration():
    """A name stands for the file that rule `fetch_atlas` makes; what else the user says stays."""
    atlas = fill_sites({"atlas": [{"path": "polyasite3", "stringency": 62}]})["atlas"]
    assert atlas == [
        {
            "path": f"{ATLAS_FOLDER}/polyasite3",
            "stringency": 62,
            "name": "polyasite3",
            "format": "polyasite",
            "known": {"name": "polyasite3", **known_atlases()["polyasite3"]},
        }
    ]
    assert fill_sites({"atlas": "polyadb3"})["atlas"][0]["known"]["assembly"] == "GRCh38"


@pytest.mark.parametrize("name", known_atlases())
def test_every_known_atlas_is_described(name):
    known = known_atlases()[name]
    assert known["format"] in FORMATS
    assert set(known) <= {"url", "sha256", "member", "format", "assembly", "description"}
    assert known["url"].startswith("https://")
    assert known["assembly"] in {"GRCh37", "GRCh38", "GRCm38"}
    json.dumps(known)  # Snakemake compares params as text
