"""A running server as a process of its own, for the tests that want the real thing."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import subprocess
import sys
import threading
from urllib.parse import quote

import pytest

from qa_bot.settings import PROJECT

DEADLINE = 60
"""Seconds until a server that says nothing is given up; none of them is waited out."""


class Server:
    """A running `python -m qa_bot serve`, with what it has written to standard error."""

    def __init__(self, knowledge=None, **environ):
        """Start on a file or folder (default: the bundled one), with further environment.

        No client is limited unless the environment says so.
        """
        command = [sys.executable, "-m", "qa_bot", "serve", "--port", "0"]
        if knowledge is not None:
            command += ["--knowledge", str(knowledge)]
        unlimited = {"QA_BOT_ASKS_PER_MINUTE": 0, "QA_BOT_READS_PER_MINUTE": 0}
        # What a server keeps is its test's own, as what it builds is.
        if "QA_BOT_CACHE" in environ:
            environ.setdefault("QA_BOT_STATE", environ["QA_BOT_CACHE"])
        texts = {name: str(value) for name, value in (unlimited | environ).items()}
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "PYTHONUTF8": "1", **texts},
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.written = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, pattern):
        """Read on until a line fits; give the match."""
        while line := self._lines.get(timeout=DEADLINE):
            self.written.append(line)
            if found := re.search(pattern, line):
                return found
        return pytest.fail(
            f"the server ended without writing {pattern!r}:\n{''.join(self.written)}"
        )

    def listen(self):
        self.port = int(self.wait_for(r"listening at http://[^/]+:(\d+)/")[1])
        return self

    def get(self, path):
        status, body = self._send("GET", path)
        return status, json.loads(body)

    def etag(self, path):
        return self._respond("GET", path)[2]["ETag"]

    def put(self, path, body):
        return self._send("PUT", path, json.dumps(body), {"Content-Type": "application/json"})[0]

    def _send(self, method, path, body=None, headers=None):
        return self._respond(method, path, body, headers)[:2]

    def _respond(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def wait_until_silent(self):
        """Wait until no process is left that could write to its standard error."""
        self._reader.join(DEADLINE)
        assert not self._reader.is_alive()

    def answer(self, question):
        status, reply = self.get(f"/api/v1/answers?question={quote(question)}")
        return status, reply["answer"] and reply["answer"]["text"]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        self.process.stderr.close()
