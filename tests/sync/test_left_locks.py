"""What a git that was killed leaves behind stands in nobody's way."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from vault_tool.git.repository import GitRefuses, Repository
from vault_tool.sync.left_locks import remove_left_locks

_IMPORT = ("fast-import", "--quiet", "--done", "--force")
# More than git would write one by one.
_MANY = b"".join(b"blob\ndata 4\n%04d\n" % number for number in range(150))


def test_an_import_killed_while_it_named_its_pack_can_be_made_again(
    tmp_path: Path, clean_env: dict[str, str]
):
    with Repository.create(tmp_path, clean_env) as repository:
        git = repository.git_folder
        own, packs = git / "vault", git / "objects/pack"
        own.mkdir()
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        mark = own / f"at-work-{ended.pid}"
        mark.touch()
        told = _MANY + b"commit refs/heads/held\ncommitter a <a@b.c> 1 +0000\ndata 0\n\ndone\n"
        # It waits for the branch for ever, its pack named and not yet let go.
        repository.set("core.filesRefLockTimeout", "-1")
        held = git / "refs/heads/held.lock"
        held.write_bytes(b"")
        process = subprocess.Popen(["git", *_IMPORT], cwd=tmp_path, stdin=subprocess.PIPE, env=clean_env)
        assert process.stdin is not None
        process.stdin.write(told)
        process.stdin.flush()
        while not list(packs.glob("*.idx")):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.communicate()
        held.unlink()
        # An instant before, the pack had not got its name yet.
        for pack in (*packs.glob("pack-*.pack"), *packs.glob("pack-*.idx")):
            pack.unlink()
        (left,) = packs.glob("*.keep")
        somebodys = packs / "pack-of-somebody.keep"
        somebodys.write_text("mine\n")

        with pytest.raises(GitRefuses, match="keep"):
            repository.ask(*_IMPORT, stdin=told)
        remove_left_locks(own, git, git)
        assert not left.exists() and somebodys.exists() and not mark.exists()
        repository.ask(*_IMPORT, stdin=told)
        assert repository.commit("refs/heads/held")
