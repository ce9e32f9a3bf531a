"""The parts of `make images-check` that need no engine: what a build is lent, and what is seen in an image."""

from pathlib import Path

import pytest

from tests.images import look
from tests.images.index_files import npmrc, pip_conf, pip_settings


def test_the_environment_wins_over_the_file_as_in_pip() -> None:
    lines = [":env:.index-url='https://one.example/simple'", "global.index-url='https://two.example/simple'"]
    assert pip_settings(lines) == {"index-url": "https://one.example/simple"}
    assert pip_settings(reversed(lines)) == {"index-url": "https://one.example/simple"}


def test_a_build_is_told_the_index_and_no_folder_of_this_machine() -> None:
    settings = {
        "index-url": "https://one.example/simple",
        "extra-index-url": "file:///srv/simple https://two.example/simple",
        "find-links": "/srv/wheels",
        "trusted-host": "two.example",
        "default-timeout": "90",
        "cert": "/etc/own.pem",
    }
    assert pip_conf(settings, has_ca=True).splitlines() == [
        "[global]",
        "index-url = https://one.example/simple",
        "extra-index-url = https://two.example/simple",
        "trusted-host = two.example",
        "timeout = 90",
        "cert = /run/secrets/ca",
    ]
    assert pip_conf({"extra-index-url": "file:///srv/simple"}, has_ca=False) == "[global]\n"


def test_npm_is_told_its_registry_and_the_lent_authority() -> None:
    assert npmrc({"registry": "https://npm.example/", "proxy": ""}, has_ca=True) == (
        "registry=https://npm.example/\ncafile=/run/secrets/ca\n"
    )


def test_files_are_weighed_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x" * 1000)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "file")
    assert look.weight(tmp_path) == 1000 + link.lstat().st_size


@pytest.mark.parametrize("dockerfile", ["deploy/Dockerfile", "deploy/Dockerfile.operator"])
def test_nothing_that_is_lent_to_a_build_is_copied_into_an_image(dockerfile: str) -> None:
    text = (Path(__file__).parents[3] / dockerfile).read_text()
    final = text.rpartition("\nFROM ")[2]
    assert "--mount" not in final
    assert "pip" not in final
    assert "/venv/bin/pip uninstall --quiet --yes pip" in text, "what installs packages stays behind"
