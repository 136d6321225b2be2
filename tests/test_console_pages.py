"""What the owner does in the console, from a visitor's question to a published answer."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from qa_bot import Bot
from qa_bot.journal import Journal
from qa_bot.web import LiveBot, create_app
from qa_bot.web.console import password_place
from qa_bot.web.console.access import set_password

PASSWORD = "知识库的一个很长的管理密码"
FAQ = """question,answer,wordings,basis
网络文化经营许可证怎么续期?,期满前30日内向原发证机关申请延续。,文网文到期怎么办,《互联网文化管理暂行规定》第十三条
营业性演出许可证多久能办下来?,自受理之日起20日内作出决定。,,
上海营业性演出许可证怎么变更地址?,,,
"""
INCOMING = """问题,答案,核对日期
网络文化经营许可证怎么续期?,期满前30日内申请延续，逾期按新办办理。,2026-11-01
营业性演出许可证多久能办下来?,自受理之日起20日内作出决定。,
网络文化经营许可证要交多少钱?,政府不收费。,2026-11-01
,没有问题的一行,
广播电视节目制作经营许可证有效期几年?,2年。,2026年13月1日
出版物经营许可证怎么补办?,登报后申请补发。,昨天
"""


class Owner:
    """Somebody who is logged in, and fills in the forms of the pages."""

    def __init__(self, client, live):
        self.client = client
        self.live = live

    def get(self, path, status=200, **query):
        page = self.client.get(path, query_string=query or None, follow_redirects=True)
        assert page.status_code == status, page.text
        return page.text

    def post(self, path, status=200, *, follow=True, **fields):
        token = re.search(r'name="token" value="(\w+)"', self.client.get("/admin/").text)[1]
        data = {"token": token, **fields}
        page = self.client.post(path, data=data, follow_redirects=follow)
        assert page.status_code == status, page.text
        return self.wait(page) if follow and status == 200 else page.text

    def wait(self, page):
        """Look at the page of a job until it has ended, and give what came of it."""
        while "正在进行" in page.text:
            page = self.client.get(page.request.path)
        return page.text

    def form(self, html, action):
        """Give the fields of the form that is sent to a path."""
        form = re.search(rf'<form[^>]*action="{action}".*?</form>', html, re.DOTALL)[0]
        inputs = re.findall(r"<input[^>]*>", form)
        named = [(re.search(r'name="(\w+)"', i), re.search(r'value="([^"]*)"', i)) for i in inputs]
        return {name[1]: value[1] for name, value in named if name and value}

    def settle(self):
        """Wait until what was asked is in the journal: a vote is written after it."""
        self.live.journal.withdraw("nothing")

    def compare(self):
        return self.post("/admin/releases/compare")

    def publish(self, why="第一次发布", status=200, **more):
        fields = self.form(self.compare(), "/admin/releases/publish")
        fields |= {"who": "小王", "why": why} | more
        return self.post("/admin/releases/publish", status, **fields)

    def ask(self, question):
        return self.client.get("/api/v1/answers", query_string={"question": question}).json


@pytest.fixture
def knowledge(tmp_path):
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.csv").write_text(FAQ, encoding="utf-8")
    return folder


@pytest.fixture
def owner(settings, knowledge, tmp_path):
    judged = tmp_path / "judged"
    judged.mkdir()
    own = replace(settings, state=tmp_path / "state", knowledge=knowledge, judged=judged)
    journal = Journal.of(own)
    live = LiveBot(own, bot=Bot.open(settings=own), journal=journal)
    set_password(password_place(own), PASSWORD)
    with create_app(live).test_client() as client:
        client.environ_base["wsgi.url_scheme"] = "https"
        client.post("/admin/login", data={"password": PASSWORD})
        yield Owner(client, live)
    journal.close()


def content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def upload(owner, text=INCOMING, name="客户问答.csv"):
    return owner.post("/admin/import", files=(io.BytesIO(text.encode("utf-8-sig")), name))


def test_a_preview_counts_every_row_and_writes_nothing(owner, knowledge):
    before = content(knowledge)
    page = upload(owner)
    assert "读到 <b>6</b> 行" in page
    numbers = re.findall(r'<td class="number">(\d+)</td>', page)
    assert list(map(int, numbers)) == [1, 1, 1, 3]
    assert content(knowledge) == before


def test_a_preview_names_file_row_column_reason_and_remedy(owner):
    page = upload(owner)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    told = [tuple(row[:4]) for row in rows if row and row[0] == "客户问答.csv"]
    assert told == [
        ("客户问答.csv", "", "5", "问题"),
        ("客户问答.csv", "", "6", "核对日期"),
        ("客户问答.csv", "", "7", "核对日期"),
    ]


def test_just_the_wrong_rows_can_be_downloaded(owner):
    href = re.search(r'href="(/admin/import/\w+/wrong)"', upload(owner))[1]
    table = owner.client.get(href).data.decode("utf-8-sig")
    assert "没有问题的一行" in table
    assert "出版物经营许可证怎么补办?" in table
    assert "政府不收费" not in table


def test_what_was_previewed_is_written_and_importing_again_changes_nothing(owner, knowledge):
    page = upload(owner)
    action = re.search(r'action="(/admin/import/\w+/apply)"', page)[1]
    done = owner.post(action, **owner.form(page, action))
    assert "新增 1 条，修改 1 条" in done
    assert "逾期按新办办理" in (knowledge / "faq.csv").read_text(encoding="utf-8")
    after = content(knowledge)
    assert "没有要写的" in upload(owner)
    assert content(knowledge) == after


def test_an_import_of_files_changed_meanwhile_is_refused(owner, knowledge):
    page = upload(owner)
    action = re.search(r'action="(/admin/import/\w+/apply)"', page)[1]
    (knowledge / "faq.csv").write_text(FAQ + "工资几号发?,每月十号。,,\n", encoding="utf-8")
    done = owner.post(action, follow=False, status=303, **owner.form(page, action))
    job = re.search(r"/admin/jobs/\w+", done)[0]
    page = owner.client.get(job)
    while "正在进行" in page.text:
        page = owner.client.get(job)
    assert page.status_code == 409
    assert "工资几号发" in (knowledge / "faq.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_what_is_exported_is_imported_as_the_same(owner, kind):
    exported = owner.client.get(f"/admin/export.{kind}")
    assert exported.status_code == 200
    page = owner.post("/admin/import", files=(io.BytesIO(exported.data), f"全部.{kind}"))
    assert "没有要写的" in page


def test_a_question_nobody_answered_becomes_a_wording_and_leaves_the_queue(owner, knowledge):
    for _ in range(3):
        owner.ask("那个唱戏的本本该上哪儿盖章")
    owner.settle()
    page = owner.get("/admin/gaps")
    assert "那个唱戏的本本该上哪儿盖章" in page
    entry = next(e for e in owner.live.bot.index.base.entries if "多久" in e.question)
    page = owner.post("/admin/gaps/wording", other=entry.id, wording="那个唱戏的本本该上哪儿盖章")
    assert "那个唱戏的本本该上哪儿盖章" not in page
    assert "已经写进文件" in page
    assert "那个唱戏的本本该上哪儿盖章" in (knowledge / "faq.csv").read_text(encoding="utf-8")
    owner.publish()
    assert owner.ask("那个唱戏的本本该上哪儿盖章")["outcome"] == "answered"


def test_an_ignored_gap_stays_out(owner):
    owner.ask("寄快递给窗口可不可以")
    owner.settle()
    page = owner.get("/admin/gaps")
    fields = owner.form(page, "/admin/gaps/ignore")
    assert "寄快递给窗口可不可以" not in owner.post("/admin/gaps/ignore", **fields)


def test_what_should_not_have_been_typed_is_deleted(owner):
    owner.ask("我叫张三丰想打听个事")
    owner.settle()
    owner.post("/admin/gaps/forget", question="我叫张三丰想打听个事")
    assert list(owner.live.journal.replies()) == []


def test_a_listed_title_is_answered_in_the_console(owner, knowledge):
    entry = next(e for e in owner.live.bot.index.base.entries if not e.answered)
    path = f"/admin/entries/{entry.id}"
    fields = owner.form(owner.get(path), path) | {"answer": "向发证机关申请变更。"}
    assert "已写入" in owner.post(path, **fields)
    assert "向发证机关申请变更。" in (knowledge / "faq.csv").read_text(encoding="utf-8")


def test_an_entry_changed_meanwhile_is_not_overwritten(owner, knowledge):
    entry = owner.live.bot.index.base.entries[0]
    path = f"/admin/entries/{entry.id}"
    fields = owner.form(owner.get(path), path)
    changed = FAQ.replace("30日", "60日")
    (knowledge / "faq.csv").write_text(changed, encoding="utf-8")
    page = owner.post(path, status=422, answer="别的答案。", **fields)
    assert "没有写入" in page
    assert (knowledge / "faq.csv").read_text(encoding="utf-8") == changed


def test_a_mistake_in_a_form_is_told_and_what_was_typed_stays(owner, knowledge):
    before = content(knowledge)
    page = owner.post(
        "/admin/entries/new", status=422, question="怎么请假?", answer="找主管。", url="没有网址"
    )
    assert "is not a web address" in page
    assert "找主管。" in page
    assert content(knowledge) == before


def test_a_new_entry_goes_into_a_table_and_can_be_removed_again(owner, knowledge):
    page = owner.post("/admin/entries/new", question="怎么请假?", answer="找主管。", table="")
    assert "已写入 <code>console.csv" in page
    path = re.search(r'action="(/admin/entries/\w+)"', page)[1]
    owner.post(f"{path}/remove", **owner.form(page, f"{path}/remove"))
    assert not (knowledge / "console.csv").exists()


def test_edit_compare_publish_and_roll_back_to_the_same_bytes(owner, knowledge):
    owner.publish()
    first = owner.ask("文网文到期怎么办")
    assert first["release"] == 1
    changed = FAQ.replace("期满前30日内", "期满前60日内")
    (knowledge / "faq.csv").write_text(changed, encoding="utf-8")
    page = owner.compare()
    assert "修改 <b>1</b> 条" in page
    assert "期满前60日内" in page
    assert "已经发布" in owner.publish("改成60日")
    second = owner.ask("文网文到期怎么办")
    assert (second["release"], "60日" in second["answer"]["text"]) == (2, True)
    owner.post("/admin/releases/activate", number="1", expected="2", who="小李", why="改错了")
    again = owner.ask("文网文到期怎么办")
    varying = ("answer_id", "links", "timing_ms")
    assert {k: v for k, v in again.items() if k not in varying} == {
        k: v for k, v in first.items() if k not in varying
    }
    audit = owner.get("/admin/releases")
    for told in ("小王", "改成60日", "小李", "改错了", "退回 2 → 1"):
        assert told in audit


def test_of_two_tabs_that_publish_the_second_is_told(owner, knowledge):
    owner.publish()
    (knowledge / "faq.csv").write_text(FAQ.replace("30日", "60日"), encoding="utf-8")
    page = owner.compare()
    fields = owner.form(page, "/admin/releases/publish") | {"who": "小王", "why": "改成60日"}
    assert "已经发布" in owner.post("/admin/releases/publish", **fields)
    assert "已经有别人改过" in owner.post("/admin/releases/publish", status=409, **fields)


def test_files_changed_after_the_look_are_not_published(owner, knowledge):
    fields = owner.form(owner.compare(), "/admin/releases/publish") | {"who": "王", "why": "发布"}
    (knowledge / "faq.csv").write_text(FAQ.replace("30日", "60日"), encoding="utf-8")
    owner.post("/admin/releases/publish", status=409, **fields)
    assert owner.live.releases.current() == 0


def test_files_with_mistakes_are_not_published_and_every_mistake_is_told(owner, knowledge):
    (knowledge / "faq.csv").write_text(FAQ + ",没有问题,,\n", encoding="utf-8")
    token = re.search(r'name="token" value="(\w+)"', owner.client.get("/admin/").text)[1]
    page = owner.client.post(
        "/admin/releases/compare", data={"token": token}, follow_redirects=True
    )
    assert "faq.csv:5:question: the question is empty" in owner.wait(page)


def test_gaps_beside_files_with_mistakes_tell_every_mistake(owner, knowledge):
    (knowledge / "faq.csv").write_text(FAQ + ",没有问题,,\n", encoding="utf-8")
    page = owner.client.get("/admin/gaps", follow_redirects=True)
    assert "faq.csv:5:question: the question is empty" in owner.wait(page)


def test_coverage_counts_what_was_asked(owner):
    for question in ("文网文到期怎么办", "文网文怎么续期", "今天天气怎么样"):
        owner.ask(question)
    owner.settle()
    page = owner.get("/admin/coverage")
    assert "已答 2（67%）" in page
    assert re.search(r"网络文化经营许可证</th><td class=\"number\">2", page)
    assert "从没用到的答案（1）" in page


def test_votes_are_shown_with_what_visitors_say(owner):
    reply = owner.ask("文网文到期怎么办")
    owner.client.put(
        f"/api/v1/answers/{reply['answer_id']}/feedback",
        json={"rating": "down", "reasons": ["outdated"], "comment": "现在是60日"},
    )
    page = owner.get("/admin/votes")
    assert "现在是60日" in page
    assert "已经过时" in page
    owner.post("/admin/votes/forget", answer=reply["answer_id"])
    assert "没有人点踩" in owner.get("/admin/votes")


def test_the_overview_has_six_cards(owner):
    page = owner.get("/admin/")
    titles = re.findall(r'<h2 id="c-\w+">(.*?)</h2>', page)
    assert titles == ["未解决", "点踩", "覆盖率", "命中测试", "导入", "发布"]


@pytest.mark.parametrize(
    "path", ["/admin/jobs/0123456789abcdef", "/admin/jobs/..", "/admin/entries/nosuch"]
)
def test_what_is_not_there_is_told(owner, path):
    assert owner.client.get(path).status_code == 404
