"""Sources: Freedoom from all supported containers, music21's folders by pattern, a folder of own MIDI files."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from music import vocabulary as vo
from music.corpus import sources
from music.corpus.sources import COLLECTIONS, fetch_vizdoom, folder_midi_files, freedoom_files, music21_files
from music.errors import CorpusError
from safefiles.extras import MissingExtra
from tests.music.midi_files import song, wad_bytes

LABELS = ["freedoom1/D_E1M1", "freedoom1/D_INTRO", "freedoom2/D_RUNNIN"]


@pytest.fixture
def freedoom(tmp_path: Path) -> Path:
    """A folder as installed by vizdoom; D_INTROA is a copy of D_INTRO."""
    folder = tmp_path / "packages" / "vizdoom"
    folder.mkdir(parents=True)
    intro = song(4, seed=2)
    first = [("D_E1M1", song()), ("D_INTRO", intro), ("D_INTROA", intro)]
    (folder / "freedoom1.wad").write_bytes(wad_bytes(first))
    (folder / "freedoom2.wad").write_bytes(wad_bytes([("D_RUNNIN", song(seed=3)), ("D_DM2INT", intro)]))
    (folder / "__init__.py").write_text("raise ImportError('never imported')\n")
    return folder


def test_the_wads_are_found_in_a_folder_and_a_tune_counts_once(freedoom: Path) -> None:
    files = freedoom_files(freedoom)
    assert [file.label for file in files] == LABELS
    assert all(file.read()[:4] == b"MThd" for file in files)


def test_one_wad_by_its_path(freedoom: Path) -> None:
    assert [file.label for file in freedoom_files(freedoom / "freedoom1.wad")] == LABELS[:2]


def test_a_wheel_is_read_without_installing_it(freedoom: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "vizdoom-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(freedoom.iterdir(), reverse=True):
            archive.write(path, f"vizdoom/{path.name}")
    assert [file.label for file in freedoom_files(wheel)] == LABELS


def test_the_installed_package_is_found_but_never_imported(
    freedoom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(freedoom.parent)
    monkeypatch.delitem(sys.modules, "vizdoom", raising=False)
    assert [file.label for file in freedoom_files()] == LABELS
    assert "vizdoom" not in sys.modules


def test_without_vizdoom_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_package_folder", lambda name: None)
    with pytest.raises(CorpusError, match="pip install --no-deps vizdoom"):
        freedoom_files()
    with pytest.raises(MissingExtra, match="this needs music21, which is not installed: pip install"):
        music21_files(("bach",))


@pytest.mark.parametrize("name", ["missing.wad", "missing.whl", "text.whl", "empty.whl"])
def test_a_place_without_music_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.whl").write_text("not a zip")
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as archive:
        archive.writestr("vizdoom/readme.txt", "no music")
    with pytest.raises(CorpusError) as refusal:
        freedoom_files(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_pip_fetches_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:5] == [sys.executable, "-P", "-m", "pip", "download"]
        assert {"--no-deps", "--only-binary=:all:", "vizdoom"} <= set(command)
        (tmp_path / "vizdoom-1.0-x.whl").write_bytes(b"")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    assert fetch_vizdoom(tmp_path).name == "vizdoom-1.0-x.whl"


def test_the_default_corpus_downloads_vizdoom_once_where_it_is_not_installed(
    freedoom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(folder: Path) -> Path:
        asked.append(folder.name)
        wheel = folder / "vizdoom-1.0-x.whl"
        folder.mkdir()
        with zipfile.ZipFile(wheel, "w") as archive:
            for name in sources.WADS:
                archive.write(freedoom / name, f"vizdoom/{name}")
        return wheel

    scores = tmp_path / "music21"
    (scores / "corpus" / "bach").mkdir(parents=True)
    (scores / "corpus" / "bach" / "bwv1.mxl").write_bytes(b"")
    monkeypatch.setattr(sources, "_package_folder", lambda name: scores if name == "music21" else None)
    monkeypatch.setattr(sources, "fetch_vizdoom", fetch)
    for _ in range(2):
        files = sources.default_files(tmp_path / "downloads")
        assert [file.label for file in files] == [*LABELS, "bach/bwv1.mxl"]
    assert asked == ["downloads"]
    assert len(sources.default_files(tmp_path / "other", freedoom / "freedoom1.wad")) == 3


def test_pip_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: no network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(CorpusError, match=r"it said: ERROR: no network$"):
        fetch_vizdoom(tmp_path)


def test_a_folder_of_midi_files_is_walked_in_order(tmp_path: Path) -> None:
    for name in ("b.mid", "a.MID", "deep/c.midi", "d.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(song(4))
    files = folder_midi_files(tmp_path)
    assert [file.label for file in files] == ["a.MID", "b.mid", "deep/c.midi"]
    assert {file.collection.style for file in files} == {"arcade"}
    with pytest.raises(CorpusError, match="found none"):
        folder_midi_files(_empty(tmp_path))
    with pytest.raises(CorpusError, match="expected a folder"):
        folder_midi_files(tmp_path / "b.mid")


def _empty(folder: Path) -> Path:
    empty = folder / "empty"
    empty.mkdir()
    return empty


def test_a_file_too_large_for_a_song_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.mid").write_bytes(bytes(1024 * 1024 + 1))
    with pytest.raises(CorpusError, match=r"big\.mid: expected a file of music of at most 1,048,576 bytes"):
        folder_midi_files(tmp_path)[0].read()


def test_every_collection_has_a_known_style_a_source_and_a_licence() -> None:
    for name, collection in COLLECTIONS.items():
        assert collection.name == name
        assert collection.style in vo.STYLES
        assert collection.source
        assert collection.licence


def test_collections_of_doubtful_licence_are_not_read() -> None:
    patterns = " ".join(pattern for collection in COLLECTIONS.values() for pattern in collection.patterns)
    for excluded in ("essen", "palestrina", "nottingham", "leadSheet", "demos"):
        assert excluded not in patterns
