"""Files and directories are replaced whole, or stay as they were."""

import os
import stat
from pathlib import Path

import pytest

from kernel import files
from kernel.files import (
    TEMPORARY_PREFIX,
    UnwritableError,
    put_in_place,
    remove_leftovers,
    replaced_path,
    temporary_path,
    whole_path,
    write_directory_whole,
    write_text_whole,
    write_whole,
)


@pytest.fixture
def synced(monkeypatch):
    """Return the names of what is flushed to the disk, in order."""
    found = []

    def record(descriptor):
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", record)
    return found


@pytest.mark.parametrize("before", [None, b"old"])
def test_file_holds_the_new_bytes_and_nothing_is_left_beside_it(tmp_path, before):
    path = tmp_path / "deep" / "a.bin"
    if before is not None:
        path.parent.mkdir()
        path.write_bytes(before)
    with write_whole(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in path.parent.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError("disk full")])
def test_error_in_the_block_keeps_the_old_file(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), write_whole(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.bin"]


def test_old_content_is_read_until_the_block_ends(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with write_whole(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(list(tmp_path.glob(f"{TEMPORARY_PREFIX}*"))) == 1


def test_text_is_utf_8_with_line_feeds(tmp_path):
    with write_text_whole(tmp_path / "a.txt") as file:
        file.write("é\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_mode_of_a_file_follows_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with write_whole(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_durable_write_syncs_the_file_and_then_the_directory(tmp_path, synced):
    with write_whole(tmp_path / "a") as file:
        file.write(b"x")
    assert [name.startswith(TEMPORARY_PREFIX) for name in synced] == [True, False]
    assert synced[1] == tmp_path.name


def test_write_that_is_not_durable_syncs_nothing(tmp_path, synced):
    with write_whole(tmp_path / "a", is_durable=False) as file:
        file.write(b"x")
    assert synced == []


def test_unwritable_place_is_named_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnwritableError, match=r"^cannot write .*/file/a: .+; give a folder that can be written to$"):
        write_whole(tmp_path / "file" / "a").__enter__()
    with pytest.raises(UnwritableError, match=r"cannot write .*/file/a: "):
        write_directory_whole(tmp_path / "file" / "a").__enter__()


def test_temporary_file_may_get_a_name_that_depends_on_its_content(tmp_path):
    with temporary_path(tmp_path / "any") as temporary:
        temporary.write_bytes(b"x")
        put_in_place(temporary, tmp_path / "x.bin")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("x.bin", b"x")]


def test_whole_path_serves_writers_that_open_files_themselves(tmp_path):
    with whole_path(tmp_path / "a") as temporary:
        temporary.write_bytes(b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


def _write_old(directory):
    directory.mkdir()
    (directory / "old").write_text("old")


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("exists", [True, False])
def test_directory_is_replaced_with_all_that_it_held(tmp_path, monkeypatch, can_exchange, exists):
    if not can_exchange:  # as on a file system without renameat2
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    directory = tmp_path / "out"
    if exists:
        _write_old(directory)
    with write_directory_whole(directory) as new:
        (new / "deep").mkdir()
        (new / "deep" / "new").write_text("new")
    assert [path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*"))] == ["deep", "deep/new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_error_while_a_directory_is_written_keeps_the_old_one(tmp_path):
    _write_old(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt), write_directory_whole(tmp_path / "out") as new:
        (new / "half").write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(("error", "found_at"), [(OSError, "out"), (KeyboardInterrupt, ".out.replaced")])
def test_old_directory_survives_a_failure_between_the_two_renames(tmp_path, monkeypatch, error, found_at):
    """An OSError moves it back; a KeyboardInterrupt plays the part of a crash."""
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    _write_old(tmp_path / "out")
    rename = type(tmp_path).rename

    def fail_for_the_new_one(self, target):
        if self.name.startswith(TEMPORARY_PREFIX):
            raise error
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", fail_for_the_new_one)
    with pytest.raises(error), write_directory_whole(tmp_path / "out") as new:
        (new / "new").write_text("new")
    assert replaced_path(tmp_path / "out") == tmp_path / ".out.replaced"
    assert [path.name for path in tmp_path.iterdir()] == [found_at]
    assert (tmp_path / found_at / "old").read_text() == "old"


def test_leftovers_of_a_killed_writer_are_removed_and_nothing_else(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a", f"{TEMPORARY_PREFIX}1", f"deep/{TEMPORARY_PREFIX}2"):
        (tmp_path / name).write_text("x")
    remove_leftovers(tmp_path, tmp_path / "not there")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "deep"]
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_directory_reaches_the_disk_before_it_gets_its_name(tmp_path, synced):
    with write_directory_whole(tmp_path / "out") as new:
        (new / "a").write_text("x")
        assert synced == []
    assert synced == ["a", synced[1], tmp_path.name]
    assert synced[1].startswith(TEMPORARY_PREFIX)
