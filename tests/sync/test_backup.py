"""A backup is green when it is whole, and red for each flipped byte; each layer of the proof finds something alone."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note, sealed_clone
from vault_tool.errors import VaultError
from vault_tool.sync.backup import (
    Backup,
    FolderInside,
    Made,
    NoBackup,
    NoBackupFolder,
    NoFolderThere,
    NotAtTop,
    NothingSaved,
    PastMissing,
    backup_folder,
    backups_in,
    chosen,
    create_backup,
    verify_backup,
)
from vault_tool.sync.backup_manifest import (
    Counts,
    Manifest,
    ManifestDamaged,
    ManifestNewer,
    manifest_bytes,
    read_manifest,
)
from vault_tool.sync.backup_record import Event
from vault_tool.sync.backup_restore import NotEmpty, restore_backup
from vault_tool.sync.backup_unpack import (
    BackupDamaged,
    BytesDiffer,
    CannotUnpack,
    NoVaultInside,
    OtherBranches,
    OtherTree,
    PartsBroken,
)
from vault_tool.sync.backup_verify import CountsDiffer, FileDiffers, Key, PastBroken, prove

WHEN = datetime(2026, 11, 23, 9, 15, 30, tzinfo=UTC)
ENTRY = "\n## 2026-11-20 电话\n\n谈价。\n"


class World(NamedTuple):
    """A vault of two states with sealed values, and a good backup of it."""

    clone: Clone
    folder: Path
    made: Made

    @property
    def backup(self) -> Backup:
        return chosen(self.folder, "v0000001")

    @property
    def recovery(self) -> Path:
        return next((Path(self.clone.env["VAULT_NOTES_HOME"]) / "config/recovery").iterdir())


def back_up(clone: Clone, folder: Path, when: datetime = WHEN, copy: str = "a" * 12, **more: object) -> Made:
    dice = random.Random(1)
    return create_backup(clone.root, "v0000001", folder, clone.env, when, copy, dice, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one world lies that all others are copies of: it takes a second to make."""
    return tmp_path_factory.mktemp("pattern")


@pytest.fixture
def world(pattern: Path, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> World:
    if not (pattern / "backups").exists():
        notes = {"a.md": note(1, "13800138000") + ENTRY, "b.md": note(2) + ENTRY + ENTRY}
        env = {**clean_env, "VAULT_NOTES_HOME": str(pattern / "home")}
        first = sealed_clone(pattern / "vault", env, vault_run, notes)
        first.write("b.md", note(2) + ENTRY)
        first.git("commit", "--quiet", "-am", "an entry less")
        first.git("branch", "other", "HEAD~")
        MADE.append(back_up(first, pattern / "backups"))
    shutil.copytree(pattern / "vault", tmp_path / "vault")
    shutil.copytree(pattern / "backups", tmp_path / "backups")
    shutil.copytree(pattern / "home", clean_env["VAULT_NOTES_HOME"])
    made = MADE[-1]._replace(bundle=tmp_path / "backups" / MADE[-1].bundle.name)
    return World(Clone(tmp_path / "vault", clean_env, vault_run), tmp_path / "backups", made)


MADE: list[Made] = []


def verify(world: World, backup: Backup | None = None, key: Path | None = None):
    opens = Key(key, lambda _name: "") if key else None
    return verify_backup(backup or world.backup, world.clone.env, random.Random(1), key=opens)


def forged(world: World, data: bytes | None = None, **values: Any) -> Backup:
    """The backup with other bytes or other words in its manifest, which fits: one layer further is asked."""
    bundle, manifest = world.backup
    assert manifest is not None
    if data is not None:
        bundle.write_bytes(data)
        manifest = manifest._replace(size=len(data), sha256=hashlib.sha256(data).hexdigest())
    bundle.with_suffix(".json").write_bytes(manifest_bytes(manifest._replace(**values)))
    return chosen(bundle, None)


def flipped(data: bytes, at: int, bit: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


# --- green


def test_a_good_backup_is_proved_down_to_its_sealed_values(world: World):
    proof = verify(world, key=world.recovery)

    assert proof.counts == Counts(customers=2, entries=2, files=proof.counts.files, newest="2026-11-20")
    assert (proof.has_keys, proof.sealed, proof.opened, proof.closed) == (True, 1, 1, ())
    assert proof.is_good and proof.has_manifest
    assert proof.past.files >= 2


def test_the_manifest_tells_what_was_saved(world: World):
    manifest = world.backup.manifest
    assert manifest is not None

    assert manifest.commit == world.clone.git("rev-parse", "HEAD").strip()
    assert manifest.tree == world.clone.git("rev-parse", "HEAD^{tree}").strip()
    assert set(manifest.refs) == {"HEAD", "refs/heads/main", "refs/heads/other"}
    assert manifest == world.made.manifest
    assert world.backup.bundle.name == "v0000001-20261123T091530Z-aaaaaa.bundle"


def test_only_its_owner_can_read_a_backup(world: World):
    if os.name == "posix":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in world.folder.iterdir()}
        assert modes == {0o600}


def test_nothing_but_the_backup_is_left_in_its_folder(world: World):
    assert sorted(path.suffix for path in world.folder.iterdir()) == [".bundle", ".json"]


def test_plain_git_reads_a_backup(world: World, tmp_path: Path):
    world.clone.git("clone", "--quiet", str(world.backup.bundle), str(tmp_path / "plain"))

    assert (tmp_path / "plain/customers/b.md").read_text("utf-8") == world.clone.read("b.md")


def test_a_hook_of_the_same_repository_changes_nothing(world: World):
    git = world.clone.root / ".git"
    env = {**world.clone.env, "GIT_DIR": str(git), "GIT_INDEX_FILE": str(git / "index")}
    before = (git / "index").read_bytes(), (git / "config").read_bytes()

    assert verify_backup(world.backup, env, random.Random(1)).is_good
    assert ((git / "index").read_bytes(), (git / "config").read_bytes()) == before


def test_the_users_own_settings_of_git_change_nothing(world: World):
    settings = "[core]\n\tautocrlf = true\n[fsck]\n\tskipList = /nowhere\n"
    Path(world.clone.env["HOME"], ".gitconfig").write_text(settings)

    assert verify(world).is_good


# --- red


def test_each_of_200_flipped_bytes_is_red(world: World):
    dice = random.Random(6)
    files = [world.backup.bundle, world.backup.bundle.with_suffix(".json")]
    places = [(path, at) for path in files for at in range(path.stat().st_size)]

    for path, at in dice.sample(places, 200):
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, at, 1 << dice.randrange(8)))
        with pytest.raises((BackupDamaged, ManifestDamaged, ManifestNewer)):
            verify(world)
        path.write_bytes(whole)
    assert verify(world).is_good


def test_the_manifest_alone_finds_a_flipped_byte_of_its_own(world: World):
    path = world.backup.bundle.with_suffix(".json")
    whole = path.read_bytes()

    for at in range(len(whole)):
        path.write_bytes(flipped(whole, at))
        with pytest.raises((ManifestDamaged, ManifestNewer)):
            read_manifest(path)


def test_the_digest_alone_finds_a_flipped_byte_of_the_bundle(world: World):
    data = world.backup.bundle.read_bytes()
    world.backup.bundle.write_bytes(flipped(data, len(data) // 2))

    with pytest.raises(BytesDiffer):
        verify(world)


def test_unpacking_alone_finds_a_flipped_byte(world: World):
    data = world.backup.bundle.read_bytes()
    begin = data.index(b"PACK")

    for at in (begin + 5, begin + 20, (begin + len(data)) // 2, len(data) - 1):
        with pytest.raises(CannotUnpack):
            verify(world, forged(world, flipped(data, at)))


def test_unpacking_alone_finds_a_bundle_that_was_cut_off(world: World):
    data = world.backup.bundle.read_bytes()

    with pytest.raises(CannotUnpack):
        verify(world, forged(world, data[: len(data) * 2 // 3]))


def test_names_of_branches_alone_are_compared(world: World):
    data = world.backup.bundle.read_bytes()

    with pytest.raises(OtherBranches):
        verify(world, forged(world, data.replace(b"refs/heads/other", b"refs/heads/otter", 1)))


def test_the_tree_alone_is_compared(world: World):
    with pytest.raises(OtherTree):
        verify(world, forged(world, tree="0" * 40))


def test_counts_alone_are_compared(world: World):
    manifest = world.backup.manifest
    assert manifest is not None

    with pytest.raises(CountsDiffer):
        verify(world, forged(world, counts=manifest.counts._replace(entries=3)))


def test_counts_of_another_version_are_another_versions_business(world: World):
    manifest = world.backup.manifest
    assert manifest is not None
    other = forged(world, counts=manifest.counts._replace(entries=3), tool="0.0.9")

    assert verify(world, other).is_good


def damage_between(world: World, work: Path, stage: str, damage: Callable[[Path], None]) -> None:
    """Prove with a disk that goes bad at a stage."""
    work.mkdir()

    def step(name: str) -> None:
        if name == stage:
            damage(work / "vault")

    bundle, manifest = world.backup
    prove(bundle, manifest, work, world.clone.env, random.Random(1), step=step)


def spoil_objects(root: Path) -> None:
    for path in (*root.glob(".git/objects/pack/*.pack"), *root.glob(".git/objects/??/*")):
        path.chmod(0o644)
        data = path.read_bytes()
        path.write_bytes(flipped(data, len(data) // 2))


def test_gits_own_check_alone_finds_a_spoilt_object(world: World, tmp_path: Path):
    with pytest.raises(PartsBroken):
        damage_between(world, tmp_path / "work", "unpacked", spoil_objects)


def test_comparing_files_alone_finds_one_that_was_not_written_whole(world: World, tmp_path: Path):
    def cut(root: Path) -> None:
        (root / "customers/b.md").write_bytes(b"")

    with pytest.raises(FileDiffers) as found:
        damage_between(world, tmp_path / "work", "written", cut)
    assert found.value.values["file"] == "customers/b.md"


def test_comparing_files_alone_finds_one_that_is_missing(world: World, tmp_path: Path):
    with pytest.raises(FileDiffers):
        damage_between(world, tmp_path / "work", "written", lambda root: (root / "customers/b.md").unlink())


def test_reading_the_past_alone_finds_a_state_that_is_gone(world: World, tmp_path: Path):
    with pytest.raises(PastBroken):
        damage_between(world, tmp_path / "work", "read", spoil_objects)


def test_a_key_that_opens_nothing_is_told(world: World, tmp_path: Path):
    world.clone.vault("key", "new", env={"VAULT_NOTES_HOME": str(tmp_path / "stranger")})
    proof = verify(world, key=tmp_path / "stranger/config/identities/me.txt")

    assert (proof.opened, len(proof.closed), proof.is_good) == (0, 1, False)


def test_what_stands_in_plain_is_told_by_place_and_never_quoted(world: World):
    world.clone.without_filter()
    world.clone.write("c.md", note(3, "13900139000"))
    world.clone.git("add", "-A")
    world.clone.git("commit", "--quiet", "-m", "from a machine without the program")
    proof = back_up(world.clone, world.folder, WHEN + timedelta(hours=1)).proof

    assert [(str(path), found.line) for path, found in proof.in_plain] == [("customers/c.md", 7)]
    assert not proof.is_good
    assert "13900139000" not in repr(proof)


def test_a_proof_trusts_nothing_on_this_machine(world: World):
    pins = Path(world.clone.env["VAULT_NOTES_HOME"])
    before = sorted(pins.rglob("*"))

    verify(world, key=world.recovery)

    assert sorted(pins.rglob("*")) == before


# --- without a manifest


def test_without_a_manifest_the_bundle_is_proved_in_itself(world: World):
    world.backup.bundle.with_suffix(".json").unlink()
    proof = verify(world, key=world.recovery)

    assert (proof.has_manifest, proof.branch, proof.opened) == (False, "refs/heads/main", 1)


def test_without_a_manifest_a_flipped_byte_is_red_too(world: World):
    world.backup.bundle.with_suffix(".json").unlink()
    data = world.backup.bundle.read_bytes()
    world.backup.bundle.write_bytes(flipped(data, len(data) * 2 // 3))

    with pytest.raises(CannotUnpack):
        verify(world)


def test_a_bundle_of_something_else_is_no_vault(world: World, tmp_path: Path):
    other = Clone(tmp_path / "other", world.clone.env, lambda *_words, **_more: None)  # type: ignore[arg-type]
    other.root.mkdir()
    other.git("init", "--quiet", "-b", "main")
    other.git("commit", "--quiet", "--allow-empty", "-m", "nothing")
    other.git("bundle", "create", "--quiet", str(tmp_path / "x.bundle"), "--all")

    with pytest.raises(NoVaultInside):
        verify(world, chosen(tmp_path / "x.bundle", None))


def test_a_vault_that_stands_on_no_branch_is_backed_up_as_it_stands(world: World, tmp_path: Path):
    world.clone.git("checkout", "--quiet", "--detach", "HEAD~")
    made = back_up(world.clone, tmp_path / "b")

    assert made.proof.counts.entries == 3
    restore_backup(chosen(made.bundle, None), tmp_path / "r", world.clone.env, random.Random(1))
    assert (tmp_path / "r/customers/b.md").read_text("utf-8") == world.clone.read("b.md")


# --- where, and when it can't be


def test_a_folder_inside_the_vault_is_refused(tmp_path: Path):
    (tmp_path / "v").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "v")
    for inside in ("v", "v/backup", "v/.git/backup", "link/backup"):
        with pytest.raises(FolderInside):
            backup_folder(tmp_path / "v", tmp_path / inside, "", None)


def test_the_folder_is_the_one_named_else_the_setting_else_the_last(tmp_path: Path):
    last = Event("2026-11-23T09:00:00+00:00", str(tmp_path / "last/x.bundle"))

    assert backup_folder(tmp_path / "v", tmp_path / "n", "../s", last) == tmp_path / "n"
    assert backup_folder(tmp_path / "v", None, "../s", last) == tmp_path / "s"
    assert backup_folder(tmp_path / "v", None, "", last) == tmp_path / "last"
    with pytest.raises(NoBackupFolder):
        backup_folder(tmp_path / "v", None, "", None)


def test_a_disk_that_is_not_plugged_in_is_noticed(world: World, tmp_path: Path):
    with pytest.raises(NoFolderThere):
        back_up(world.clone, tmp_path / "stick" / "backup")
    assert not (tmp_path / "stick").exists()


def test_without_a_saved_state_there_is_no_backup(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone = make_clone(tmp_path / "new", clean_env, vault_run, {"a.md": note(1)})
    with pytest.raises(NothingSaved):
        back_up(clone, tmp_path / "b")

    shutil.rmtree(clone.root / ".git")
    with pytest.raises(NotAtTop):
        back_up(clone, tmp_path / "b")


def test_a_copy_without_its_past_is_refused(world: World, tmp_path: Path):
    world.clone.git("clone", "--quiet", "--depth=1", f"file://{world.clone.root}", str(tmp_path / "s"))

    with pytest.raises(PastMissing):
        back_up(Clone(tmp_path / "s", world.clone.env, world.clone._run), tmp_path / "b")


def test_whatever_stops_a_backup_leaves_nothing(world: World, tmp_path: Path):
    for stage in ("bundled", "proved"):

        def stop(name: str, stage: str = stage) -> None:
            if name == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            back_up(world.clone, tmp_path / "b", step=stop)
        assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="forks")
def test_a_kill_leaves_no_backup_that_is_none(world: World, tmp_path: Path):
    for stage in ("bundled", "proved", "named"):
        folder = tmp_path / stage

        def die(name: str, stage: str = stage) -> None:
            if name == stage:
                os.kill(os.getpid(), signal.SIGKILL)

        child = os.fork()
        if child == 0:
            back_up(world.clone, folder, step=die)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        for each in backups_in(folder, None):
            assert verify(world, each).is_good
        made = back_up(world.clone, folder, WHEN + timedelta(days=2))
        assert verify(world, chosen(folder, None)).is_good
        assert made.bundle in folder.iterdir()


def test_two_in_one_second_have_two_names(world: World):
    again = back_up(world.clone, world.folder, keep_all=True)

    assert len(list(backups_in(world.folder, "v0000001"))) == 2
    assert chosen(world.folder, "v0000001").bundle == again.bundle


def test_only_its_own_superseded_backups_go(world: World):
    colleague = back_up(world.clone, world.folder, WHEN + timedelta(minutes=1), copy="b" * 12).bundle
    stray = world.folder / "v0000001-20200101T000000Z-aaaaaa.bundle"
    shutil.copy(colleague, stray)
    renamed = world.folder / "kept-by-hand.bundle"
    shutil.copy(world.made.bundle, renamed)
    shutil.copy(world.made.bundle.with_suffix(".json"), renamed.with_suffix(".json"))
    other = world.folder / "v0000002-20261123T091530Z-aaaaaa.bundle"
    shutil.copy(world.made.bundle, other)
    theirs = manifest_bytes(world.made.manifest._replace(vault="v0000002"))
    other.with_suffix(".json").write_bytes(theirs)

    later = back_up(world.clone, world.folder, WHEN + timedelta(minutes=2))

    assert later.removed == (world.made.bundle,)
    assert not world.made.bundle.with_suffix(".json").exists()
    assert all(path.exists() for path in (colleague, stray, renamed, other, later.bundle))


def test_a_damaged_manifest_does_not_let_an_older_backup_pass_for_the_newest(world: World):
    newest = back_up(world.clone, world.folder, WHEN + timedelta(days=1))
    manifest = newest.bundle.with_suffix(".json")
    manifest.write_bytes(flipped(manifest.read_bytes(), 40))

    with pytest.raises(ManifestDamaged):
        chosen(world.folder, "v0000001")
    assert [each.manifest is None for each in backups_in(world.folder, None)] == [False, True]


def test_the_newest_is_told_by_its_time_whatever_else_lies_there(world: World):
    later = back_up(world.clone, world.folder, WHEN + timedelta(days=1)).bundle
    for name in ("zzz-by-hand.bundle", "v0000001-x-20991231T000000Z-aaaaaa.bundle"):
        shutil.copy(world.made.bundle, world.folder / name)

    assert chosen(world.folder, "v0000001").bundle == later
    with pytest.raises(NoBackup):
        chosen(world.folder / "nowhere", "v0000001")


def test_a_backup_with_another_name_is_found_by_its_manifest(world: World):
    for path in (world.made.bundle, world.made.bundle.with_suffix(".json")):
        path.rename(path.with_name(f"mine{path.suffix}"))

    assert chosen(world.folder, "v0000001").bundle.name == "mine.bundle"
    with pytest.raises(NoBackup):
        chosen(world.folder, "v0000009")


def test_an_empty_folder_has_no_backup(tmp_path: Path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NoBackup):
            chosen(place, None)


# --- the manifest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.builds(
        Manifest,
        vault=TEXTS,
        clone=TEXTS,
        made=st.datetimes(datetime(1970, 1, 1)).map(lambda when: when.replace(microsecond=0, tzinfo=UTC)),
        tool=TEXTS,
        size=st.integers(0),
        sha256=TEXTS,
        branch=TEXTS,
        commit=TEXTS,
        tree=TEXTS,
        saved=st.just(WHEN),
        counts=st.builds(Counts, *[st.integers(0)] * 5, TEXTS),
        refs=st.dictionaries(TEXTS, TEXTS, max_size=3),
        remotes=st.dictionaries(TEXTS, TEXTS, max_size=3),
    )
)
def test_a_manifest_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest):
    path = tmp_path_factory.getbasetemp() / "manifest.json"
    path.write_bytes(manifest_bytes(manifest))

    assert read_manifest(path) == manifest


@given(st.binary(max_size=200))
def test_any_bytes_are_a_damaged_manifest_and_no_accident(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)

    with pytest.raises(ManifestDamaged):
        read_manifest(path)


# --- restored


def test_a_restored_vault_is_whole_and_git_is_set_up(world: World, tmp_path: Path):
    world.clone.git("remote", "add", "origin", "https://me:secret@example.com/team/vault.git")
    back_up(world.clone, world.folder, WHEN + timedelta(hours=1))
    target = tmp_path / "restored"
    target.mkdir()

    done = restore_backup(world.backup, target, world.clone.env, random.Random(1))

    again = Clone(target, world.clone.env, world.clone._run)
    assert again.git("rev-parse", "HEAD") == world.clone.git("rev-parse", "HEAD")
    assert again.git("rev-parse", "other") == world.clone.git("rev-parse", "other")
    assert (again.status, again.git("branch", "--show-current").strip()) == ("", "main")
    assert again.read("a.md") == world.clone.read("a.md")
    assert [remote.url for remote in done.remotes] == ["https://example.com/team/vault.git"]
    assert "secret" not in (target / ".git/config").read_text()
    assert again.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main", "refs/heads/other"]
    again.write("new.md", note(7, "13700137000"))
    again.git("add", "-A")
    assert "13700137000" not in again.git("show", ":customers/new.md")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_with_anything_in_it_is_left_alone(world: World, tmp_path: Path):
    target = tmp_path / "full"
    target.mkdir()
    (target / ".hidden").write_text("mine")

    with pytest.raises(NotEmpty):
        restore_backup(world.backup, target, world.clone.env, random.Random(1))
    assert [path.name for path in target.iterdir()] == [".hidden"]


@pytest.mark.parametrize("stage", ["restored", "moved"])
def test_ctrl_c_leaves_nothing_of_a_restore(world: World, tmp_path: Path, stage: str):
    place = tmp_path / "place"
    place.mkdir()

    def stop(name: str) -> None:
        if name == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_backup(world.backup, place / "r", world.clone.env, random.Random(1), step=stop)
    assert list(place.iterdir()) == []


def test_a_damaged_backup_restores_nothing(world: World, tmp_path: Path):
    data = world.backup.bundle.read_bytes()
    world.backup.bundle.write_bytes(flipped(data, len(data) // 2))
    place = tmp_path / "place"
    place.mkdir()

    with pytest.raises(BytesDiffer):
        restore_backup(world.backup, place / "r", world.clone.env, random.Random(1))
    assert list(place.iterdir()) == []


def test_who_was_erased_since_is_not_brought_back(world: World, tmp_path: Path):
    from vault_tool.merge.erased import read_tombstones, tombstone, tombstones_file

    gone = tombstone("v0000001", "c000000002")
    told = [tombstones_file({gone: 1})]

    done = restore_backup(world.backup, tmp_path / "r", world.clone.env, random.Random(1), told)

    assert [str(path) for path in done.erased] == ["customers/b.md"]
    assert not (tmp_path / "r/customers/b.md").exists()
    assert gone in read_tombstones((tmp_path / "r/.vault/erased.toml").read_bytes())


@pytest.mark.parametrize(
    "remotes",
    [
        {"origin": "ext::sh -c evil"},
        {"origin": "-oProxyCommand=evil"},
        {"x]\n[core]\nfsmonitor=evil": "https://example.com/v.git"},
        {"origin": "https://example.com/\n[core]"},
        {"origin": 7},
    ],
)
def test_a_manifest_from_elsewhere_puts_nothing_odd_into_gits_settings(
    world: World, tmp_path: Path, remotes: dict[str, object]
):
    done = restore_backup(forged(world, remotes=remotes), tmp_path / "r", world.clone.env, random.Random(1))

    assert done.remotes == ()
    assert "evil" not in (tmp_path / "r/.git/config").read_text()


def test_a_full_disk_here_is_no_damage_there(world: World, monkeypatch: pytest.MonkeyPatch):
    from vault_tool.git.repository import GitRefuses
    from vault_tool.sync import backup_unpack

    def refuse(*_words: object) -> str:
        raise GitRefuses(reason="fatal: write error: No space left on device")

    monkeypatch.setattr(backup_unpack, "text", refuse)
    with pytest.raises(VaultError) as found:
        verify(world)
    assert not isinstance(found.value, BackupDamaged)
