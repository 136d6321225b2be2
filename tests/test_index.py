"""Index: the entries nearest a question; saved, opened again, refused when damaged."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest

from qa_bot.analyzer import Analyzer
from qa_bot.facets import FacetReader
from qa_bot.index import Index, index_key, is_saved_index, verify
from qa_bot.index.saved import FORMAT
from qa_bot.knowledge import Entry, KnowledgeBase, Passage, entry_id
from qa_bot.lexicon import Lexicon
from qa_bot.mistakes import Location, MistakesError
from qa_bot.query import read_query

FAQ = {
    "网络文化经营许可证怎么续期?": "有效期届满三十日前提出延续申请。",
    "网络文化经营许可证要多久办下来?": "二十个工作日。",
    "营业性演出许可证要哪些材料?": "",
    "南京的营业性演出许可证在哪里办?": "",
    "互联网算法备案要交算法源代码吗?": "不用交,填自评估报告。\n报告要写明训练数据的来源。",
    "ICP备案和ICP许可证有什么不同?": "",
}
QUESTIONS = [*FAQ, "文网文续期", "演出证材料", "训练数据从哪来", "算法", "量子纠缠", "?"]


def base_of(faq: dict[str, str]) -> KnowledgeBase:
    entries = []
    for line, (question, answer) in enumerate(faq.items(), start=1):
        place = Location("问答.csv", line=line)
        passages = tuple(Passage(text, place) for text in answer.splitlines())
        entries.append(Entry(entry_id(question), question, place, passages=passages))
    return KnowledgeBase(tuple(entries))


@pytest.fixture(scope="module")
def analyzer(facets, settings):
    return Analyzer(Lexicon(), facets, cache_folder=settings.cache / "jieba")


@pytest.fixture(scope="module")
def index(analyzer):
    return Index.build(base_of(FAQ), analyzer)


@pytest.fixture
def found(index, analyzer):
    """Give the questions of the entries found, the nearest first."""

    def search(question: str, k: int = 9) -> list[str]:
        candidates = index.search(read_query(question, analyzer), analyzer, k)
        return [index.base.entries[candidate.number].question for candidate in candidates]

    return search


@pytest.fixture
def saved(index, tmp_path):
    """Give the folder that the index was saved in."""
    index.save(tmp_path / "索引")
    return tmp_path / "索引"


@pytest.mark.parametrize("question", FAQ)
def test_every_question_finds_itself_first(found, question):
    assert found(question)[0] == question


@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("文网文快到期了怎么续", "网络文化经营许可证怎么续期?"),
        ("网络文化经营許可證多長時間能辦下來", "网络文化经营许可证要多久办下来?"),
        ("办演出许可证要准备什么材料", "营业性演出许可证要哪些材料?"),
        ("训练数据的来源写在哪", "互联网算法备案要交算法源代码吗?"),
    ],
)
def test_another_wording_finds_the_nearest_entry_first(found, question, nearest):
    assert found(question)[0] == nearest


def test_a_question_that_shares_nothing_finds_nothing(found):
    assert found("xyzzy") == found("?") == []


def test_no_more_is_given_than_asked_for(found):
    assert len(found("许可证", k=2)) == 2
    assert found("许可证", k=2) == found("许可证")[:2]


def test_a_question_equal_but_for_marks_and_width_is_exact(index, analyzer):
    query = read_query("《ＩＣＰ备案》和ICP许可证 有什么不同", analyzer)
    exact = [candidate.exact for candidate in index.search(query, analyzer, 9)]
    assert exact[0]
    assert not any(exact[1:])


def test_a_candidate_points_at_the_passage_that_answers(index, analyzer):
    query = read_query("训练数据的来源", analyzer)
    best = index.search(query, analyzer, 1)[0]
    assert index.passage(best).text == "报告要写明训练数据的来源。"


def test_a_title_without_an_answer_points_at_no_passage(index, analyzer):
    query = read_query("营业性演出许可证要哪些材料", analyzer)
    assert index.passage(index.search(query, analyzer, 1)[0]) is None


@pytest.mark.parametrize(
    "faq",
    [
        {"文网文怎么办?": "", "ICP许可证怎么办?": ""},
        {"文网文": "要"},
        {"证?": "是"},
        {"文网文怎么办?": "?"},
    ],
    ids=["titles alone", "short", "shortest", "an answer of marks"],
)
def test_a_base_of_few_or_short_texts_is_searched_like_any_other(analyzer, faq, tmp_path):
    Index.build(base_of(faq), analyzer).save(tmp_path / "索引")
    index = Index.open(tmp_path / "索引")
    for question in faq:
        query = read_query(question, analyzer)
        assert index.base.entries[index.search(query, analyzer, 1)[0].number].question == question
    assert index.search(read_query("xyzzy", analyzer), analyzer, 1) == []


def test_progress_is_told_until_all_entries_are_read(analyzer):
    told = []
    Index.build(base_of(FAQ), analyzer, told.append)
    assert sum(told) == len(FAQ)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_saved_index_finds_the_same_when_opened(saved, index, analyzer, question):
    query = read_query(question, analyzer)
    opened = Index.open(saved)
    assert opened.search(query, analyzer, 9) == index.search(query, analyzer, 9)


def test_a_saved_index_holds_the_knowledge_and_its_key(saved, index):
    opened = Index.open(saved)
    assert (opened.base, opened.key, opened.mined) == (index.base, index.key, index.mined)


def test_an_opened_index_is_mapped_and_cannot_be_written_to(saved):
    postings = Index.open(saved).postings["written"]
    assert isinstance(postings.texts.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        postings.texts[0] = 0


def test_the_same_knowledge_gives_the_same_bytes(saved, analyzer, tmp_path):
    Index.build(base_of(FAQ), analyzer).save(tmp_path / "再来")
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "再来").iterdir()
    }


@pytest.mark.parametrize("large", [1, 1 << 40])
def test_several_processes_build_the_same(saved, analyzer, tmp_path, monkeypatch, large):
    # 大的数组经文件交回，小的直接交回；一样的知识，一样的字节。
    monkeypatch.setattr("qa_bot.index.building.CHUNK", 1)
    monkeypatch.setattr("qa_bot.index.building.LARGE", large)
    Index.build(base_of(FAQ), analyzer).save(tmp_path / "再来")
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / "再来" / path.name).read_bytes()


def test_arrays_that_the_disk_has_no_room_for_are_handed_on_in_memory(
    saved, analyzer, tmp_path, monkeypatch
):
    monkeypatch.setattr("qa_bot.index.building.CHUNK", 1)
    monkeypatch.setattr("qa_bot.index.building.LARGE", 1)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, most[1]))
    try:
        built = Index.build(base_of(FAQ), analyzer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    built.save(tmp_path / "再来")
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / "再来" / path.name).read_bytes()


def test_saving_again_replaces_the_index_and_leaves_nothing_else(saved, analyzer):
    Index.build(base_of({"文网文怎么办?": "网上办。"}), analyzer).save(saved)
    assert len(Index.open(saved).base.entries) == 1
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_saving_never_deletes_a_folder_that_holds_no_index(index, tmp_path):
    thesis = tmp_path / "文档" / "论文.docx"
    thesis.parent.mkdir()
    thesis.write_text("三年的心血", encoding="utf-8")
    with pytest.raises(MistakesError, match="文档"):
        index.save(thesis.parent)
    assert thesis.read_text(encoding="utf-8") == "三年的心血"


def test_a_folder_is_told_from_a_saved_index(saved, tmp_path):
    assert is_saved_index(saved)
    assert not is_saved_index(tmp_path)
    assert not is_saved_index(tmp_path / "没有")


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_file_of_a_saved_index_is_json_or_plain_arrays(saved):
    for name in files_of(saved):
        if name.endswith(".npy"):
            np.load(saved / name, allow_pickle=False)
        else:
            json.loads((saved / name).read_text(encoding="utf-8"))


def test_a_file_that_was_cut_short_is_refused_by_its_name(saved):
    for name in files_of(saved):
        whole = (saved / name).read_bytes()
        (saved / name).write_bytes(whole[:-4])
        with pytest.raises(MistakesError, match=f"{name}: .*; build it anew"):
            Index.open(saved)
        (saved / name).write_bytes(whole)
    assert Index.open(saved).base.entries


def test_a_file_that_is_gone_is_refused_by_its_name(saved):
    for name in files_of(saved):
        whole = (saved / name).read_bytes()
        (saved / name).unlink()
        with pytest.raises(MistakesError, match=f"{name}: .*; build it anew"):
            Index.open(saved)
        (saved / name).write_bytes(whole)


def test_a_changed_byte_is_refused(saved):
    texts = saved / "written-texts.npy"
    texts.write_bytes(texts.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(MistakesError, match=r"written-texts\.npy: missing or damaged; build it"):
        Index.open(saved)


def test_a_file_that_nobody_wrote_to_is_read_through_only_where_that_is_asked_for(saved):
    texts = saved / "written-texts.npy"
    written = texts.stat().st_mtime
    texts.write_bytes(texts.read_bytes()[:-1] + b"\x7f")
    os.utime(texts, (written, written))
    assert Index.open(saved).base.entries
    with pytest.raises(MistakesError, match=r"written-texts\.npy: missing or damaged; build it"):
        verify(saved)


def test_a_copy_that_has_lost_its_times_is_read_through_once(saved, tmp_path):
    copied = tmp_path / "副本"
    shutil.copytree(saved, copied, copy_function=shutil.copyfile)
    assert Index.open(copied).base == Index.open(saved).base
    whole = {path.name: path.stat().st_mtime for path in saved.glob("*.npy")}
    assert {path.name: path.stat().st_mtime for path in copied.glob("*.npy")} == whole


def test_an_opened_index_reads_an_entry_only_when_it_is_asked_for(saved, index):
    entries = Index.open(saved).base.entries
    assert entries[-1] == entries[len(entries) - 1] == index.base.entries[-1]
    assert entries[1:3] == index.base.entries[1:3]
    assert list(entries) == list(index.base.entries)
    with pytest.raises(IndexError):
        entries[len(entries)]


def test_an_opened_index_knows_the_same_facets_words_and_terms(saved, index):
    opened = Index.open(saved)
    assert list(opened.profiles) == list(index.profiles)
    assert opened.profiles.told == index.profiles.told
    assert dict(opened.words) == dict(index.words)
    assert list(opened.terms.names) == list(index.terms.names)
    assert dict(opened.ids) == {entry.id: n for n, entry in enumerate(index.base.entries)}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("经营许可证怎么", True),
        ("icp备案和", True),
        ("网络文化经营许可正", False),
        ("办下来营业性", False),
        ("🙂", True),
    ],
)
def test_what_some_wording_holds_is_known_without_reading_them(saved, text, held):
    assert Index.open(saved).characters.hold(text) is held


def test_all_damaged_files_are_told_at_once(saved):
    for name in ("facts.json", "passages-texts.npy"):
        (saved / name).write_bytes(b"")
    with pytest.raises(MistakesError) as error:
        Index.open(saved)
    told = [Path(mistake.location.file).name for mistake in error.value.mistakes]
    assert told == ["facts.json", "passages-texts.npy"]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read"),
        ("不是索引", "cannot be read"),
        (json.dumps({"format": FORMAT, "files": {}}), "cannot be read"),
        (json.dumps({"format": FORMAT, "files": {}, "postings": {}}), "cannot be read"),
        (json.dumps({"format": FORMAT + 1, "files": {}}), f"of format {FORMAT + 1}"),
        (json.dumps({"format": FORMAT + 1, "parts": {}}), f"of format {FORMAT + 1}"),
    ],
)
def test_a_header_of_something_else_is_refused(saved, header, told):
    (saved / "index.json").write_text(header, encoding="utf-8")
    with pytest.raises(MistakesError, match=rf"index\.json: .*{told}.*; build it anew"):
        Index.open(saved)


class Payload:
    """What would run if an array were unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("被执行了"),)


def test_a_pickled_array_is_refused_and_never_executed(saved, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    array, header = saved / "written-mass.npy", saved / "index.json"
    np.save(array, np.array([Payload()], object), allow_pickle=True)
    facts = json.loads(header.read_text(encoding="utf-8"))
    facts["files"][array.name] = hashlib.sha256(array.read_bytes()).hexdigest()
    header.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(MistakesError, match=r"written-mass\.npy"):
        Index.open(saved)
    assert not Path("被执行了").exists()


def test_the_key_changes_with_knowledge_lexicon_and_facets(analyzer, facets):
    reworded, refaceted = copy.copy(analyzer), copy.copy(analyzer)
    reworded.lexicon = Lexicon(content_hash="另一份词表")
    refaceted.facets = FacetReader(facets.facets, "另一份分面")
    keys = [index_key(base_of(FAQ), each) for each in (analyzer, reworded, refaceted)]
    keys.append(index_key(base_of({**FAQ, "多一个?": ""}), analyzer))
    assert len(set(keys)) == len(keys)
    assert index_key(base_of(FAQ), analyzer) == keys[0]
