"""A folder counts as private only if nobody else can put a file into it, or it in another's place."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from game.core.sim.kernel_cache import make_private

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead of modes")
SOMEBODY = 54321


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder of the user's, below which nothing is wrong yet."""
    place = tmp_path / "place"
    place.mkdir(mode=0o755)
    yield place
    place.chmod(0o755)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_new_folder_is_made_for_the_user_alone(place: Path) -> None:
    umask = os.umask(0)
    try:
        assert make_private(place / "kernels") == ""
    finally:
        os.umask(umask)
    assert mode(place / "kernels") == 0o700


def test_one_that_others_could_only_read_is_closed(place: Path) -> None:
    (place / "kernels").mkdir(mode=0o755)
    assert make_private(place / "kernels") == ""
    assert mode(place / "kernels") == 0o700


def test_one_with_kernels_is_closed_and_one_with_other_files_is_left_as_it_is(place: Path) -> None:
    kernels, site = place / "kernels", place / "site"
    for folder in (kernels, site):
        (folder / "0123456789abcdef01234567").mkdir(parents=True)
        (folder / "count.json").write_text("{}")
        folder.chmod(0o755)
    (site / "index.html").write_text("for everybody")
    assert make_private(kernels) == ""
    assert mode(kernels) == 0o700
    assert make_private(site) == "expected a folder for kernels alone, found index.html in it"
    assert mode(site) == 0o755
    site.chmod(0o700)
    assert make_private(site) == "", "as its owner closed it"


@pytest.mark.parametrize("bits", [0o777, 0o1777, 0o757])
def test_one_that_others_could_write_is_not_trusted(place: Path, bits: int) -> None:
    (place / "kernels").mkdir()
    (place / "kernels").chmod(bits)
    assert "expected a folder that only its owner can write" in make_private(place / "kernels")
    assert mode(place / "kernels") == bits, "somebody may want it so"


def test_one_below_a_folder_that_others_can_write_is_not_trusted_unless_nothing_can_be_replaced_there(
    place: Path,
) -> None:
    make_private(place / "kernels")
    place.chmod(0o777)
    assert "folders that others cannot write" in make_private(place / "kernels")
    place.chmod(0o1777)
    assert make_private(place / "kernels") == "", "as in /tmp"


def test_a_link_is_followed_and_its_target_judged(place: Path) -> None:
    shared = place / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (place / "kernels").symlink_to(shared)
    assert "only its owner can write" in make_private(place / "kernels")


def test_a_file_in_its_place_or_a_circle_of_links_is_a_reason_and_no_error(place: Path) -> None:
    (place / "file").write_text("")
    assert make_private(place / "file") != ""
    assert make_private(place / "file" / "inside") != ""
    (place / "circle").symlink_to(place / "circle")
    assert make_private(place / "circle") != ""


def test_another_users_folder_is_not_trusted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_private(place / "kernels")
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    assert f"expected a folder of user {SOMEBODY}" in make_private(place / "kernels")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away"
)
def test_nor_one_below_another_users_folder(place: Path) -> None:
    make_private(place / "kernels")
    os.chown(place, SOMEBODY, -1)
    assert "below folders of the user or the system" in make_private(place / "kernels")
    os.chown(place, 0, -1)
