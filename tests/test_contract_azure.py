"""A client of Azure's Custom Question Answering asks this bot: the real SDK, the running server."""

from __future__ import annotations

import pytest
from azure.ai.language.questionanswering import QuestionAnsweringClient
from azure.ai.language.questionanswering import models as azure
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from running import Server

QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
FEE = "办网络文化经营许可证政府收费吗？"
PERMIT = "网络文化经营许可证"
FILE = "faq/network-culture.csv"


@pytest.fixture(scope="module")
def server(settings):
    started = Server(
        QA_BOT_CACHE=settings.cache, QA_BOT_API_KEYS="key-1, key-2", QA_BOT_CONTACT=settings.contact
    ).listen()
    started.wait_for("answering from")
    yield started
    started.close()


@pytest.fixture(scope="module")
def query(server):
    """Ask as a program does that was written for Azure."""
    client = QuestionAnsweringClient(
        f"http://127.0.0.1:{server.port}", AzureKeyCredential("key-2"), retry_total=0
    )
    with client:
        yield (
            lambda question=None, **options: (
                client.get_answers(
                    azure.AnswersOptions(question=question, **options),
                    project_name="licences",
                    deployment_name="production",
                ).answers
            )
        )


def metadata_filter(*pairs, operation=None):
    return azure.QueryFilters(
        metadata_filter=azure.MetadataFilter(metadata=list(pairs), logical_operation=operation)
    )


def test_an_answer_comes_in_the_shape_of_azure(query, bundled):
    (answer,) = query("文网文几年到期")
    entry = bundled.index.base.entries[answer.qna_id - 1]
    assert answer.questions == [QUESTION, *entry.wordings]
    assert answer.answer.startswith("有效期3年。")
    assert 0.45 < answer.confidence <= 1
    assert answer.source == FILE
    assert answer.metadata == {"permit": PERMIT, "intent": "有效期、续期"}
    assert answer.dialog.is_context_only is False
    assert answer.short_answer is None


def test_top_says_how_many_answers_come_and_never_which_is_first(query):
    answers = query("算法备案材料", top=3)
    assert 1 < len(answers) <= 3
    assert [a.confidence for a in answers] == sorted((a.confidence for a in answers), reverse=True)
    assert query("算法备案材料", top=1)[0].qna_id == answers[0].qna_id


def test_the_sentence_that_carries_the_answer_is_marked(query):
    options = azure.ShortAnswerOptions(enable=True, top=1)
    (answer,) = query("文网文几年到期", short_answer_options=options)
    span = answer.short_answer
    assert span.text.startswith("有效期3年。")
    assert len(span.text) < len(answer.answer)
    assert answer.answer[span.offset : span.offset + span.length] == span.text
    sure = azure.ShortAnswerOptions(enable=True, confidence_threshold=1, top=0)
    assert query("文网文几年到期", short_answer_options=sure)[0].short_answer is None


def test_an_entry_can_be_asked_for_by_its_id(query):
    (answer,) = query("文网文几年到期")
    (again,) = query(qna_id=answer.qna_id)
    assert (again.qna_id, again.confidence) == (answer.qna_id, 1.0)


@pytest.mark.parametrize("given", [{"previous_question": "文网文几年到期"}, {}])
def test_the_turn_before_completes_the_question(query, given):
    (before,) = query("文网文几年到期")
    context = azure.KnowledgeBaseAnswerContext(previous_qna_id=before.qna_id, **given)
    (answer,) = query("政府收费吗", answer_context=context)
    assert answer.questions[0] == FEE


def test_a_facet_given_as_metadata_completes_the_question(query):
    (answer,) = query("政府收费吗", filters=metadata_filter(("permit", PERMIT)))
    assert answer.questions[0] == FEE


def test_a_source_that_is_wanted_settles_what_would_be_asked_back(query):
    question = "有效期是几年，什么时候申请续期"
    assert query(question)[0].qna_id == -1
    (answer,) = query(question, filters=azure.QueryFilters(source_filter=[FILE]))
    assert answer.questions[0] == QUESTION


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (metadata_filter(("permit", PERMIT), ("intent", "续期"), operation="AND"), True),
        (metadata_filter(("permit", "大模型备案"), ("permit", PERMIT), operation="OR"), True),
        (metadata_filter(("permit", "大模型备案")), False),
        (metadata_filter(("permit", "没有的证")), False),
        (metadata_filter(("部门", "法务")), False),
        (azure.QueryFilters(source_filter=[FILE, "https://example.cn"]), True),
        (azure.QueryFilters(source_filter=["faq/other.csv"]), False),
        (
            azure.QueryFilters(
                metadata_filter=azure.MetadataFilter(metadata=[("permit", PERMIT)]),
                source_filter=["faq/other.csv"],
                logical_operation="OR",
            ),
            True,
        ),
        (
            azure.QueryFilters(
                metadata_filter=azure.MetadataFilter(metadata=[("permit", PERMIT)]),
                source_filter=["faq/other.csv"],
                logical_operation="AND",
            ),
            False,
        ),
    ],
)
def test_filters_let_through_what_fits_and_nothing_else(query, filters, found):
    answers = query("文网文几年到期", filters=filters)
    assert [answer.questions[:1] for answer in answers] == ([[QUESTION]] if found else [[]])


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("香港大模型备案怎么办", "知识库里没有关于「香港」的内容。"),
        ("浙江网络文化经营许可证变更股权需要提交哪些材料？", "还没有收录答案"),
        ("网络文化经营许可证变更股权需要提交哪些材料", "您问的是哪个地区？"),
        ("你好", "您好"),
    ],
)
def test_what_the_bot_does_not_answer_is_the_item_that_clients_know(query, question, said):
    (item,) = query(question, top=3)
    assert (item.qna_id, item.confidence, item.questions) == (-1, 0.0, [])
    assert said in item.answer


def test_the_questions_next_to_a_no_come_as_prompts_that_can_be_followed(query):
    (item,) = query("大模型备案在香港怎么办")
    prompt = item.dialog.prompts[0]
    (answer,) = query(qna_id=prompt.qna_id)
    assert answer.questions[0] == prompt.display_text


def test_nothing_under_the_threshold_is_an_answer(query):
    assert query("文网文几年到期", confidence_threshold=0.5)[0].qna_id > 0
    assert query("文网文怎么弄啊到期了要几年换", confidence_threshold=1)[0].qna_id == -1


def test_an_unknown_id_finds_nothing(query):
    assert query(qna_id=999_999)[0].qna_id == -1


def test_a_question_only_ranker_leaves_paragraphs_aside(query):
    assert query("文网文几年到期", ranker_kind="QuestionOnly")[0].questions[0] == QUESTION


@pytest.mark.parametrize("options", [{"question": " "}, {"question": "文", "top": 99}])
def test_a_wrong_request_is_an_error_that_the_client_can_read(query, options):
    with pytest.raises(HttpResponseError) as raised:
        query(**options)
    assert raised.value.status_code == 422
    assert raised.value.error.code == "invalid-fields"
    assert "#/" in raised.value.message


@pytest.mark.parametrize("key", ["-", "falsch", "key-1,key-2"])
def test_a_wrong_key_is_refused_where_there_are_keys(server, key):
    client = QuestionAnsweringClient(
        f"http://127.0.0.1:{server.port}", AzureKeyCredential(key), retry_total=0
    )
    with client, pytest.raises(ClientAuthenticationError) as raised:
        client.get_answers(question="文网文", project_name="x", deployment_name="y")
    assert raised.value.error.code == "key-missing"
