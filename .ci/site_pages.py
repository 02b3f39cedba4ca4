"""Hooks of mkdocs: pages of the clone that lie outside docs/, and links to them as they are on GitHub."""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PAGES = {
    "config/README.md": "config.md",
    "resources/models/aparent2-mini/README.md": "aparent2-mini.md",
    "CHANGELOG.md": "changelog.md",
}
"""By their place in the clone: their place in the site."""
# [text](place#anchor), where place is no address.
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")

_REMOTE_SCRIPT = re.compile(r"<script src=\"?https?://[^>]*></script>")


def on_config(config):
    """Pages that the menu of mkdocs.yml does not name come at its end."""
    named = set(re.findall(r"[\w-]+\.md", str(config.nav)))
    others = sorted(path.name for path in Path(config.docs_dir).glob("*.md") if path.name not in named)
    if others:
        config.nav.append({"More": others})
    return config


def on_files(files, config):
    """Add the pages."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links out of docs/ lead to the page of the site; a file of the clone that is no page is only named."""
    sources = {page: source for source, page in PAGES.items()}
    folder = posixpath.dirname(sources.get(page.file.src_uri, f"docs/{page.file.src_uri}"))
    in_site = {file.src_uri for file in files}

    def of_site(link):
        text, target, anchor = link.groups(default="")
        place = posixpath.normpath(posixpath.join(folder, target))
        inside = PAGES.get(place, place.removeprefix("docs/"))
        return f"[{text}]({inside}{anchor})" if inside in in_site else text

    return _LINK.sub(of_site, markdown)


def on_post_page(output, page, config):
    """What would be loaded from the network goes, where the plugin `privacy` has not brought it in."""
    return _REMOTE_SCRIPT.sub("", output)


def on_post_template(output, template_name, config):
    """The same of the page for addresses that lead nowhere."""
    return _REMOTE_SCRIPT.sub("", output)
