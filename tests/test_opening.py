"""Opening a base: the lexicon and the facets must not contradict each other."""

from __future__ import annotations

import dataclasses
import shutil

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
