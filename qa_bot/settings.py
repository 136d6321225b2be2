"""Hold every tunable, its default and a sentence about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent.parent

ENVIRONMENT_PREFIX = "QA_BOT_"


class SettingsError(ValueError):
    """An environment variable holds a value that its setting cannot take."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be tuned; each field is set by the variable `QA_BOT_<FIELD IN CAPITALS>`."""

    knowledge: Path = PROJECT / "data" / "knowledge"
    """The file or folder of knowledge that is answered from."""

    lexicon: Path = PROJECT / "data" / "lexicon"
    """The folder of words, synonyms, stop words and facets."""

    embeddings: Path = PROJECT / "data" / "embeddings"
    """The folder of what is known of the words of general Chinese: which are used alike."""

    phrases: Path = PROJECT / "data" / "phrases.toml"
    """What the bot says to visitors in its own words."""

    coefficients: Path = PROJECT / "data" / "ranking.json"
    """The coefficients of ranking and confidence."""

    judged: Path = PROJECT / "data" / "judged"
    """The folder of judged questions that `eval` measures with."""

    state: Path = PROJECT / "var"
    """Where what must not be lost is kept: the journal and the releases."""

    releases: str = "{state}/releases"
    """The folder of what was published ({state}: as above)."""

    cache: Path = PROJECT / "var" / "cache"
    """Where built indexes and the segmenter's dictionary are kept between starts."""

    contact: str = ""
    """How to reach a person, shown where the bot has no answer; empty: not shown."""

    answer_confidence: float = 0.56
    """Answer only when the best candidate is at least this likely to be right (0 to 1)."""

    paragraph_confidence: float = 0.3
    """Answer with a paragraph of an article when it is at least this likely."""

    clarify_confidence: float = 0.25
    """Ask back for what tells candidates apart only when the best is at least this likely."""

    listed_confidence: float = 0.35
    """Say that a question is listed without an answer only when it is at least this likely."""

    suggest_confidence: float = 0.04
    """Offer a candidate as a suggestion only when it is at least this likely (0 to 1)."""

    review_after_days: int = 365
    """How many days after its review `lint` asks for an answer to be reviewed again."""

    max_question_chars: int = 500
    """The longest question that is taken, in characters."""

    max_body_bytes: int = 8192
    """The largest request body that is taken, in bytes."""

    max_chat_bytes: int = 262_144
    """The largest body of a chat request, which repeats the conversation, in bytes."""

    max_import_bytes: int = 67_108_864
    """The largest upload that the console imports, in bytes."""

    max_top: int = 20
    """The most alternatives that a request may ask for."""

    origins: tuple[str, ...] = ()
    """The origins of other sites whose pages may ask, as `https://www.example.cn`, by commas."""

    api_keys: tuple[str, ...] = ()
    """Keys, by commas, of which clients of the Azure and OpenAI endpoints send one; none: open."""

    asks_per_minute: int = 60
    """How many questions and votes one client may send in a minute; 0: any number."""

    reads_per_minute: int = 600
    """How many suggestions, entries and pages one client may get in a minute; 0: any number."""

    proxies: int = 0
    """How many proxies stand before the server and tell the client's address in X-Forwarded-For."""

    metrics_token: str = ""
    """The bearer token that is shown /metrics; empty: nobody is."""

    log_json: bool = False
    """Whether the log is one JSON object a line, instead of text."""

    log_questions: bool = False
    """Whether the log holds the text of questions."""

    journal: str = "sqlite:///{state}/journal.sqlite"
    """The URL of the database that keeps answers and votes ({state}: as above); empty: none."""

    journal_answers: int = 100_000
    """How many answers the journal keeps; the oldest go first."""

    journal_days: int = 180
    """How many days the journal keeps an answer and its vote; 0: any number."""

    journal_questions: bool = True
    """Whether the journal keeps the text of questions."""

    remembered_replies: int = 1000
    """How many replies are remembered for when the same is asked again; 0: none."""

    host: str = "127.0.0.1"
    """The address the server listens at."""

    port: int = 8780
    """The port the server listens at."""

    threads: int = 8
    """How many requests a process works on at once."""

    workers: int = 1
    """How many processes answer; each has its own threads, and counts requests by itself."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables; raise SettingsError naming the variable."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = ENVIRONMENT_PREFIX + field.name.upper()
            if name in environ:
                cast = type(getattr(cls(), field.name)) if field.type != "Path" else Path
                values[field.name] = _cast(name, environ[name], cast)
                if cast is float and not 0 <= values[field.name] <= 1:
                    message = f"{name}={environ[name]!r} is not within 0 to 1; mend it or unset it"
                    raise SettingsError(message)
        return cls(**values)


def _cast(name: str, value: str, cast: type) -> Any:  # noqa: ANN401 - the type is the field's own
    if cast is tuple:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if cast is bool:
        return _true_or_false(name, value)
    try:
        return cast(value)
    except ValueError:
        message = f"{name}={value!r} is not a valid {cast.__name__}; mend it or unset it"
        raise SettingsError(message) from None


def _true_or_false(name: str, value: str) -> bool:
    if value.lower() not in {"true", "1", "false", "0"}:
        raise SettingsError(f"{name}={value!r} is not true or false; mend it or unset it")
    return value.lower() in {"true", "1"}
