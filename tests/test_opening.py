"""Opening a base: the lexicon and the facets must not contradict each other."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys

import pytest

from qa_bot import Bot, MistakesError


def test_synonyms_that_collapse_two_permits_are_refused(settings, tmp_path, write):
    lexicon = tmp_path / "lexicon"
    shutil.copytree(settings.lexicon, lexicon)
    (lexicon / "synonyms.txt").write_text("文网文, 演出证\n", encoding="utf-8")
    own = dataclasses.replace(settings, lexicon=lexicon)
    path = write("faq.csv", "question,answer\n怎么办?,这样办。\n")
    with pytest.raises(MistakesError, match=r"synonyms\.txt: '演出证' and '文网文'"):
        Bot.open(path, own)


def test_an_index_saved_with_another_lexicon_is_refused(settings, tmp_path, write):
    path = write("faq.csv", "question,answer\n怎么办?,这样办。\n")
    Bot.open(path, settings).index.save(tmp_path / "saved")
    lexicon = tmp_path / "lexicon"
    shutil.copytree(settings.lexicon, lexicon)
    (lexicon / "words.txt").write_text("新词\n", encoding="utf-8")
    with pytest.raises(MistakesError, match="another lexicon"):
        Bot.open(tmp_path / "saved", dataclasses.replace(settings, lexicon=lexicon))


def test_an_index_of_before_is_taken_while_no_file_has_changed(settings, tmp_path, write):
    own = dataclasses.replace(settings, cache=tmp_path / "cache")
    path = write("faq.csv", "question,answer\n怎么办?,这样办。\n")
    built = []
    first = Bot.open(path, own, built.append)
    again = Bot.open(path, own, built.append)
    assert sum(built) == 1
    assert again.index.base == first.index.base
    path.write_text("question,answer\n怎么办?,那样办。\n", encoding="utf-8")
    assert Bot.open(path, own, built.append).ask("怎么办").to_dict()["answer"]["text"] == "那样办。"
    assert sum(built) == 2


def test_an_index_kept_from_before_that_is_damaged_is_built_anew(settings, tmp_path, write):
    own = dataclasses.replace(settings, cache=tmp_path / "cache")
    path = write("faq.csv", "question,answer\n怎么办?,这样办。\n")
    Bot.open(path, own)
    for rows in (tmp_path / "cache" / "index").glob("*/entries-rows.npy"):
        rows.write_bytes(b"")
    built = []
    assert Bot.open(path, own, built.append).ask("怎么办").evidence == ("这样办。",)
    assert built == [1]


ANSWERED = """
import os, sys
from qa_bot import Bot, Settings
from qa_bot.opening import prepare
settings = Settings()
prepare(settings)
loaded = set(sys.modules)
if not os.fork():
    Bot.open(sys.argv[1], settings).ask("眀文怎么瓣")
    print(sorted({name.split(".")[0] for name in set(sys.modules) - loaded}), flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_processes_that_are_forked_load_no_library_anew(settings, tmp_path, write):
    path = write("faq.csv", "question,answer\n明文怎么办?,这样办。\n")
    Bot.open(path, settings).index.save(tmp_path / "saved")
    command = [sys.executable, "-c", ANSWERED, str(tmp_path / "saved")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    assert done.stdout == "[]\n"
