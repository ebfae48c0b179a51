from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest

from tests.vault.processes import as_nobody, in_child
from vault_tool.vault import files
from vault_tool.vault.files import (
    CannotRead,
    CannotWrite,
    FileMissing,
    NotAFile,
    OutsideVault,
    ReadOnlyFile,
    TooLarge,
)

NOTE = PurePosixPath("customers/蓝海.md")
BYTES = bytes(range(256)) + "蓝海\r\n".encode()


def temporaries(root: Path) -> list[Path]:
    return list(root.rglob(".vault-tmp-*"))


def open_to_all(path: Path) -> None:
    """Let another user pass through the folders of a test."""
    for folder in path.parents:
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)


def test_what_is_read_comes_with_its_digest_and_its_state(root: Path):
    (root / NOTE).write_bytes(BYTES)
    seen = (root / NOTE).stat()

    content = files.read(root, NOTE)

    assert content.data == BYTES
    assert content.digest == sha256(BYTES).hexdigest()
    assert (content.size, content.mtime_ns, content.inode) == (len(BYTES), seen.st_mtime_ns, seen.st_ino)


def test_replacing_writes_the_very_bytes_and_leaves_nothing_else(root: Path):
    files.replace(root, NOTE, b"old")

    files.replace(root, NOTE, BYTES)

    assert (root / NOTE).read_bytes() == BYTES
    assert temporaries(root) == []


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_keeps_its_mode(root: Path, mode: int):
    (root / NOTE).write_bytes(b"old")
    (root / NOTE).chmod(mode)

    files.replace(root, NOTE, BYTES)

    assert (root / NOTE).stat().st_mode & 0o777 == mode


def test_a_new_file_has_the_mode_that_the_umask_leaves(root: Path):
    def make() -> int:
        os.umask(0o027)
        files.replace(root, NOTE, BYTES)
        return (root / NOTE).stat().st_mode & 0o777

    assert in_child(make) == 0o640


def test_a_file_stays_its_owners_when_root_writes_it(root: Path):
    if os.geteuid() != 0:
        pytest.skip("only root can write as another")
    (root / NOTE).write_bytes(b"old")
    os.chown(root / NOTE, 65534, 65534)

    files.replace(root, NOTE, BYTES)

    seen = (root / NOTE).stat()
    assert (seen.st_uid, seen.st_gid) == (65534, 65534)


def test_missing_folders_are_made(root: Path):
    files.replace(root, PurePosixPath("customers/华东/上海/a.md"), BYTES)

    assert (root / "customers/华东/上海/a.md").read_bytes() == BYTES


# --- what is refused


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../a.md", "/etc/passwd", "a/../../b.md", ".git/config", "x/.GIT/c"]
)
def test_a_path_that_leads_out_of_the_vault_is_refused(root: Path, path: str):
    for act in (
        lambda: files.read(root, PurePosixPath(path)),
        lambda: files.replace(root, PurePosixPath(path), b""),
        lambda: files.delete(root, PurePosixPath(path)),
    ):
        with pytest.raises(OutsideVault):
            act()


def test_a_folder_that_is_a_link_is_not_passed(root: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_bytes(b"theirs")
    (root / "customers" / "link").symlink_to(outside)
    path = PurePosixPath("customers/link/a.md")

    for act in (
        lambda: files.read(root, path),
        lambda: files.replace(root, path, b"ours"),
        lambda: files.delete(root, path),
    ):
        with pytest.raises(OutsideVault):
            act()
    assert (outside / "a.md").read_bytes() == b"theirs"


def test_a_file_that_is_a_link_is_neither_read_nor_written(root: Path, tmp_path: Path):
    (tmp_path / "theirs").write_bytes(b"theirs")
    (root / NOTE).symlink_to(tmp_path / "theirs")

    with pytest.raises(NotAFile):
        files.read(root, NOTE)
    with pytest.raises(NotAFile):
        files.replace(root, NOTE, b"ours")
    with pytest.raises(NotAFile):
        files.delete(root, NOTE)
    assert (tmp_path / "theirs").read_bytes() == b"theirs"


def test_a_link_that_leads_nowhere_is_not_written_through(root: Path, tmp_path: Path):
    (root / NOTE).symlink_to(tmp_path / "nowhere")

    with pytest.raises(NotAFile):
        files.replace(root, NOTE, b"ours")
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_is_not_waited_on(root: Path):
    os.mkfifo(root / NOTE)

    with pytest.raises(NotAFile):
        files.read(root, NOTE)
    with pytest.raises(NotAFile):
        files.replace(root, NOTE, b"ours")


def test_a_folder_is_no_file(root: Path):
    (root / NOTE).mkdir()

    with pytest.raises(NotAFile):
        files.read(root, NOTE)
    with pytest.raises(NotAFile):
        files.replace(root, NOTE, b"ours")


def test_a_file_where_a_folder_should_be_is_a_plain_error(root: Path):
    (root / NOTE).touch()

    with pytest.raises(NotAFile):
        files.read(root, NOTE / "a.md")
    with pytest.raises(NotAFile):
        files.replace(root, NOTE / "a.md", b"ours")


def test_what_is_not_there_is_missing(root: Path):
    with pytest.raises(FileMissing):
        files.read(root, NOTE)
    with pytest.raises(FileMissing):
        files.read(root, PurePosixPath("nowhere/at/all.md"))


def test_a_note_of_fifty_megabytes_is_not_read(root: Path):
    with (root / NOTE).open("wb") as file:
        file.truncate(50 * 1024 * 1024)

    with pytest.raises(TooLarge):
        files.read(root, NOTE)


def test_a_file_marked_read_only_is_left_alone(root: Path):
    (root / NOTE).write_bytes(b"old")
    (root / NOTE).chmod(0o444)

    with pytest.raises(ReadOnlyFile):
        files.replace(root, NOTE, b"new")
    with pytest.raises(ReadOnlyFile):
        files.delete(root, NOTE)
    assert (root / NOTE).read_bytes() == b"old"


def test_a_file_that_may_not_be_read_is_a_plain_error(root: Path):
    (root / NOTE).write_bytes(b"old")
    (root / NOTE).chmod(0)
    open_to_all(root / NOTE)

    with pytest.raises(CannotRead) as refused:
        as_nobody(lambda: files.read(root, NOTE))

    assert "Permission denied" in str(refused.value)


def test_a_folder_that_may_not_be_written_is_a_plain_error(root: Path):
    (root / NOTE).write_bytes(b"old")
    (root / NOTE).chmod(0o666)
    open_to_all(root / NOTE)

    with pytest.raises(CannotWrite):
        as_nobody(lambda: files.replace(root, NOTE, b"new"))
    assert (root / NOTE).read_bytes() == b"old"
    assert temporaries(root) == []


def test_a_name_too_long_for_the_disk_is_a_plain_error(root: Path):
    with pytest.raises(CannotWrite):
        files.replace(root, PurePosixPath("customers") / ("长" * 200 + ".md"), b"new")


# --- a disk that takes no more


def test_a_write_that_does_not_fit_leaves_the_old_file_whole(root: Path):
    (root / NOTE).write_bytes(b"old")

    def write() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        files.replace(root, NOTE, b"new" * 1000)

    with pytest.raises(CannotWrite):
        in_child(write)
    assert (root / NOTE).read_bytes() == b"old"
    assert temporaries(root) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("only root can mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file_whole(small_disk: Path):
    (small_disk / "customers").mkdir()
    (small_disk / NOTE).write_bytes(b"old")

    with pytest.raises(CannotWrite) as refused:
        files.replace(small_disk, NOTE, b"new" * 100_000)

    assert "No space left" in str(refused.value)
    assert (small_disk / NOTE).read_bytes() == b"old"
    assert temporaries(small_disk) == []


def test_leftovers_of_a_killed_writer_are_cleaned_and_nothing_else(root: Path):
    (root / "customers" / ".vault-tmp-1-2").touch()
    (root / "customers" / ".vault-tmp-folder").mkdir()
    (root / NOTE).touch()

    files.clean_leftovers(root / "customers")

    assert sorted(path.name for path in (root / "customers").iterdir()) == [".vault-tmp-folder", NOTE.name]
