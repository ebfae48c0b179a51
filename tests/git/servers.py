"""Servers for tests: git's own, one that answers as it is told, and an ssh that does."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_GIT_CORE = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()


class _Git(BaseHTTPRequestHandler):
    """Git's smart HTTP, by its own `http-backend`; with a login if the server wants one."""

    folder: Path
    login: str | None = None

    def log_message(self, *_told: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer()

    def do_POST(self) -> None:
        """Take or give a pack."""
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.login and self.headers.get("Authorization") != self.login:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _mark, query = self.path.partition("?")
        done = subprocess.run(
            [f"{_GIT_CORE}/git-http-backend"],
            input=body,
            capture_output=True,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "someone",
            },
        )
        head, _gap, content = done.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(lines.pop("Status", "200 OK").split()[0]))
        for name, value in lines.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answering(status: int, post: bool) -> type[BaseHTTPRequestHandler]:
    """Return a handler with one answer to everything; 0 is none, and the connection stays open."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_told: object) -> None:
            pass

        def do_GET(self) -> None:
            if status == 0:
                time.sleep(60)
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server wants

    return Handler


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def git_server(folder: Path, login: str | None = None) -> Iterator[str]:
    """Serve the bare repositories of a folder; yield the address they lie beneath."""
    with _serving(type("Handler", (_Git,), {"folder": folder, "login": login})) as url:
        yield url


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Answer everything with this status; with 0 never."""
    with _serving(_answering(status, post=True)) as url:
        yield url


def fake_ssh(folder: Path, script: str) -> Path:
    """Put an `ssh` into a folder that does what a shell script says; return the folder, for the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


def bare(path: Path, env: dict[str, str], branch: str = "main") -> Path:
    """Make a bare repository that takes pushes by HTTP too."""
    for words in (
        ("init", "--quiet", "--bare", "-b", branch, str(path)),
        ("-C", str(path), "config", "http.receivepack", "true"),
    ):
        subprocess.run(["git", *words], env=env, check=True, capture_output=True)
    return path


def hook(repository: Path, name: str, script: str) -> None:
    """Give a repository a hook."""
    path = repository / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
