"""Which one is real? The two-alternative test of Owens et al. 2016 (section 6.1), and who was fooled how often.

A round is one film with two sounds in an order that only the house knows. It is answered once. What was answered is
kept for each visit and for everybody on this server in SQLite, so that many visitors at once, in several processes
too, get along; starting anew forgets it all.
"""

import math
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import BadInput

PATIENCE = 20.0  # seconds to wait for who is writing just now
OPEN_SECONDS = 3600.0  # a round that nobody answered for so long is forgotten
LONGEST_NAME = 80  # characters of a visit, a clip or a back-end
_GONE = "That round is over, or was forgotten: please play another one."
_TABLE = """
CREATE TABLE IF NOT EXISTS rounds (
    token TEXT PRIMARY KEY, visit TEXT NOT NULL, clip TEXT NOT NULL, backend TEXT NOT NULL,
    real_first INTEGER NOT NULL, opened REAL NOT NULL, found INTEGER
);
CREATE INDEX IF NOT EXISTS by_visit ON rounds (visit, found);
"""


@dataclass(frozen=True)
class Round:
    """A question: its token, and whether the real sound is the first of the two, for the house alone."""

    token: str
    clip: str
    backend: str
    real_first: bool


@dataclass(frozen=True)
class Tally:
    """How many rounds were answered, and in how many of them the real sound was found."""

    rounds: int = 0
    found: int = 0

    @property
    def fooled(self) -> float:
        """How often the model's sound was taken for the real one, 0 to 1; 0.5 is as good as it gets."""
        return 1 - self.found / self.rounds if self.rounds else 0.0

    @property
    def spread(self) -> float:
        """The standard error of `fooled`."""
        return math.sqrt(self.fooled * (1 - self.fooled) / self.rounds) if self.rounds else 0.0


class Scores:
    """The score of everybody who plays on this server, in one file. Safe to use from many threads and processes."""

    def __init__(self, path: Path | None = None):
        """path: the file; None: one in the home folder, or in the folder for temporary files where that is closed."""
        self._path = path
        self._ready = False

    def open_round(self, clip: str, backend: str, visit: str, now: float) -> Round:
        """A new question for a visit. `now`: seconds of any clock that all who share the file go by."""
        question = Round(secrets.token_hex(16), _name(clip), _name(backend), bool(secrets.randbits(1)))
        with self._writing() as database:
            database.execute("DELETE FROM rounds WHERE found IS NULL AND opened < ?", (now - OPEN_SECONDS,))
            database.execute(
                "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (question.token, _name(visit), question.clip, question.backend, question.real_first, now),
            )
        return question

    def round(self, token: str) -> Round:
        """The question of a token, as long as it is open; BadInput when it is not."""
        with self._reading() as database:
            row = database.execute(
                "SELECT token, clip, backend, real_first FROM rounds WHERE token = ? AND found IS NULL", (str(token),)
            ).fetchone()
        if row is None:
            raise BadInput(_GONE)
        return Round(row[0], row[1], row[2], bool(row[3]))

    def answer(self, token: str, first: bool) -> bool:
        """Take the first sound for the real one, or the second: whether that is right. BadInput for what is no open
        round; a round is answered once, however often and from wherever somebody presses."""
        with self._writing() as database:
            row = database.execute(
                "UPDATE rounds SET found = (real_first = ?) WHERE token = ? AND found IS NULL RETURNING found",
                (bool(first), str(token)),
            ).fetchone()
        if row is None:
            raise BadInput(_GONE)
        return bool(row[0])

    def tally(self, visit: str | None = None, backend: str | None = None) -> Tally:
        """The score of one visit, or of everybody; against one back-end, or all."""
        wanted = {"visit": visit, "backend": backend}
        given = {name: _name(value) for name, value in wanted.items() if value is not None}
        where = " AND ".join(["found IS NOT NULL", *(f"{name} = :{name}" for name in given)])
        with self._reading() as database:
            rounds, found = database.execute(f"SELECT COUNT(*), SUM(found) FROM rounds WHERE {where}", given).fetchone()
        return Tally(rounds, found or 0)

    def reset(self) -> None:
        """Forget every answer and every open question."""
        with self._writing() as database:
            database.execute("DELETE FROM rounds")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connected()) as database:
            yield database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connected()) as database:
            # At once, not at the first write: two that read and then both want to write would lock each other out.
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                database.execute("ROLLBACK")
                raise

    def _connected(self) -> sqlite3.Connection:
        """A connection of this call's own: none is ever shared between threads."""
        if self._path is None:
            self._path = _a_place()
        database = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        if not self._ready:
            database.execute("PRAGMA journal_mode = WAL")  # who reads does not wait for who writes
            database.executescript(_TABLE)
            self._ready = True
        return database


def _name(text: object) -> str:
    return str(text)[:LONGEST_NAME]


def _a_place() -> Path:
    """A file that outlives the server, where this machine lets us keep one."""
    for folder in (Path.home() / ".local" / "state" / "vernissage", Path(tempfile.gettempdir()) / "vernissage"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder / "which-one-is-real.sqlite3"
        except OSError:
            continue
    raise BadInput("This machine lets the gallery keep no scores: the game cannot be played here.")
