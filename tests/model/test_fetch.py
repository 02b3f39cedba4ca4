"""From what a user calls a model to files, with a local server in the place of the public one."""

import hashlib
import http.server
import threading

import pytest
import torch

from pasvar.errors import InputError
from pasvar.model import fetch
from pasvar.model.checkpoint import RELEASED_SHA256, load_checkpoint
from pasvar.model.configuration import Aparent2Config
from pasvar.model.modeling import Aparent2Model

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Server(http.server.BaseHTTPRequestHandler):
    asked: list[str | None]

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """An address that serves CONTENT, and the Range headers that it was asked with."""
    handler = type("Handler", (_Server,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/model.h5", handler.asked
        running.shutdown()


def test_download_is_checked_and_leaves_nothing_else(server, tmp_path):
    fetch.download(server[0], tmp_path / "cache" / "model.h5", SHA256)
    assert (tmp_path / "cache" / "model.h5").read_bytes() == CONTENT
    assert {path.name for path in (tmp_path / "cache").iterdir()} <= {"model.h5", "model.h5.lock"}


def test_a_broken_transfer_is_continued(server, tmp_path):
    (tmp_path / "model.h5.part").write_bytes(CONTENT[:100_000])
    fetch.download(server[0], tmp_path / "model.h5", SHA256)
    assert (tmp_path / "model.h5").read_bytes() == CONTENT
    assert server[1] == ["bytes=100000-"]


def test_what_is_there_is_not_fetched_again(server, tmp_path):
    (tmp_path / "model.h5").write_bytes(CONTENT)
    fetch.download(server[0], tmp_path / "model.h5", SHA256)
    assert server[1] == []


def test_wrong_content_is_never_put_in_place(server, tmp_path):
    with pytest.raises(OSError, match=f"what arrived has sha256 {SHA256}, expected {'0' * 64}"):
        fetch.download(server[0], tmp_path / "model.h5", "0" * 64)
    assert not (tmp_path / "model.h5").exists()
    assert not (tmp_path / "model.h5.part").exists()  # else every later call would go on from it


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "RELEASED_URL", server[0])
    monkeypatch.setattr(fetch, "RELEASED_SHA256", SHA256)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    path = fetch.resolve_model("aparent2", tmp_path)
    assert path.read_bytes() == CONTENT
    path.write_bytes(b"damaged")
    assert fetch.resolve_model("aparent2", tmp_path).read_bytes() == CONTENT
    assert len(server[1]) == 2


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError) as refusal:
        fetch.resolve_model("aparent2", tmp_path)
    message = str(refusal.value)
    assert "\n" not in message
    for part in ("HF_HUB_OFFLINE", fetch.RELEASED_URL, RELEASED_SHA256, str(tmp_path)):
        assert part in message


def test_unreachable_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "RELEASED_URL", "http://127.0.0.1:9/model.h5")
    monkeypatch.setattr(fetch, "RETRIES", 0)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(InputError, match=f"could not be downloaded .*{RELEASED_SHA256}"):
        fetch.resolve_model("aparent2", tmp_path)


def test_hugging_face_offline_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        InputError, match=r"multimolecule/aparent2: not on this machine .*config\.json and model\.safetensors"
    ):
        fetch.resolve_model("multimolecule/aparent2@main", tmp_path)


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A cache that holds owner/small as huggingface_hub keeps it, and a hub that cannot be reached."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    torch.manual_seed(0)
    model = Aparent2Model(Aparent2Config(hidden_size=2, num_groups=1, num_blocks=1, dilations=[1]))
    model.save_pretrained(tmp_path / "model")
    folder = tmp_path / "huggingface" / "models--owner--small"
    snapshot = folder / "snapshots" / COMMIT
    for directory in (snapshot, folder / "refs", folder / "blobs"):
        directory.mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    for file in fetch.FILES:
        content = (tmp_path / "model" / file).read_bytes()
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / file).symlink_to(blob)
    return snapshot


@pytest.mark.parametrize("model", ["owner/small", f"owner/small@{COMMIT}"])
def test_what_was_fetched_from_hugging_face_once_stays_and_tells_its_commit(hub, tmp_path, model, caplog):
    path = fetch.resolve_model(model, tmp_path)
    assert path == hub
    checkpoint = load_checkpoint(path)
    assert (checkpoint.name, checkpoint.source) == (f"owner/small@{COMMIT}", f"Hugging Face owner/small@{COMMIT}")
    assert (f"write owner/small@{COMMIT}" in caplog.text) == ("@" not in model)


def test_damaged_weights_of_hugging_face_are_refused(hub, tmp_path):
    blob = (hub / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match=f"{blob.name}: damaged: its sha256 is [0-9a-f]*; remove it and run again"):
        fetch.resolve_model("owner/small", tmp_path)


def test_half_a_snapshot_is_fetched_again_unless_offline(hub, tmp_path, monkeypatch):
    (hub / "model.safetensors").unlink()
    asked = []

    def refuse(*arguments, local_files_only=False, **options):
        asked.append((local_files_only, options["revision"], options["allow_patterns"]))
        if not local_files_only:
            raise ConnectionError("no hub here")
        return str(hub)

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(InputError, match=r"owner/small: not on this machine .*no hub here"):
        fetch.resolve_model("owner/small", tmp_path)
    files = ("config.json", "model.safetensors")
    assert asked == [(True, None, files), (False, None, files)]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch.resolve_model("owner/small", tmp_path) == hub
    assert asked[2:] == [(True, None, files)]


def test_order_bundled_then_path(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "BUNDLED_MODELS", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mini").mkdir()
    assert str(fetch.resolve_model("mini")) == "mini"
    (tmp_path / "models" / "mini").mkdir(parents=True)
    (tmp_path / "models" / "mini" / "config.json").write_text("{}")
    assert fetch.resolve_model("mini") == tmp_path / "models" / "mini"
    assert fetch.bundled_models() == ["mini"]


def test_nonsense_lists_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "BUNDLED_MODELS", tmp_path)
    with pytest.raises(InputError, match=r"model 'no such': not a bundled model \(none\), not an existing path"):
        fetch.resolve_model("no such")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({"PASVAR_CACHE": "/a"}, "/a"), ({"XDG_CACHE_HOME": "/b"}, "/b/pasvar"), ({"HOME": "/c"}, "/c/.cache/pasvar")],
)
def test_where_the_cache_is(environment, expected, monkeypatch):
    for name in ("PASVAR_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(fetch.default_cache()) == expected


@pytest.mark.skipif("aparent2-mini" not in fetch.bundled_models(), reason="this copy has no bundled model")
def test_the_bundled_model():
    path = fetch.resolve_model("aparent2-mini")
    checkpoint = load_checkpoint(path)
    assert checkpoint.name == "aparent2-mini"
    assert (path / "model.safetensors").stat().st_size < 1_000_000
    assert (path / "README.md").is_file()
