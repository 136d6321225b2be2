"""A chat front end uses the bot as a model: the real OpenAI SDK, the running server."""

from __future__ import annotations

import openai
import pytest
from running import Server

QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"


@pytest.fixture(scope="module")
def server(settings):
    started = Server(QA_BOT_CACHE=settings.cache, QA_BOT_CONTACT=settings.contact).listen()
    started.wait_for("answering from")
    yield started
    started.close()


@pytest.fixture(scope="module")
def model(server):
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{server.port}/v1", api_key="any", max_retries=0
    ) as client:
        yield client


def conversation(*turns):
    """Write the visitor's turns as a chat does, with something said between them."""
    said = [{"role": "system", "content": "你是助手。"}]
    for turn in turns:
        said += [{"role": "user", "content": turn}, {"role": "assistant", "content": "……"}]
    return said[:-1]


@pytest.fixture
def say(model):
    def reply(*turns):
        completion = model.chat.completions.create(model="qa-bot", messages=conversation(*turns))
        return completion.choices[0].message.content

    return reply


def test_the_bot_is_the_one_model(model):
    assert [listed.id for listed in model.models.list()] == ["qa-bot"]


def test_a_completion_is_the_answer_with_its_source(model, server):
    completion = model.chat.completions.create(
        model="gpt-whatever", messages=conversation("文网文几年到期"), temperature=0.2, max_tokens=5
    )
    (choice,) = completion.choices
    assert completion.object == "chat.completion"
    assert completion.model == "qa-bot"
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert choice.message.content.startswith("有效期3年。")
    assert f"来源：[{QUESTION}](http://127.0.0.1:{server.port}/q/" in choice.message.content
    assert "依据：《互联网文化管理暂行规定》（2017修订）第九条" in choice.message.content


def test_a_stream_says_the_same_piece_by_piece(model, say):
    with model.chat.completions.create(
        model="qa-bot", messages=conversation("文网文几年到期"), stream=True
    ) as stream:
        chunks = [chunk.choices[0] for chunk in stream]
    assert chunks[0].delta.role == "assistant"
    assert chunks[-1].finish_reason == "stop"
    assert len(chunks) > 3
    assert "".join(c.delta.content or "" for c in chunks) == say("文网文几年到期")


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        (["香港大模型备案怎么办"], "知识库里没有关于「香港」的内容。"),
        (["香港大模型备案怎么办"], "需要人工帮助：客服电话 400-000-0000"),
        (["香港大模型备案怎么办"], "相近的问题：\n- [大模型"),
        (["浙江网络文化经营许可证变更股权需要提交哪些材料？"], "还没有收录答案"),
        (["网络文化经营许可证变更股权需要提交哪些材料"], "您问的是哪个地区？\n- "),
        (["你好"], "您好"),
        (["文网文几年到期", "政府收费吗"], "审批本身不收费。"),
        (["你好", "文网文几年到期", "", "政府收费吗"], "审批本身不收费。"),
    ],
)
def test_every_outcome_is_said_in_words_and_earlier_turns_count(say, turns, said):
    assert said in say(*turns)


def test_a_small_talk_reply_names_nothing_else(say):
    assert "相近的问题" not in say("谢谢")


def test_only_the_last_turns_are_asked_again(say):
    assert "审批本身不收费" not in say("文网文几年到期", *["你好"] * 5, "政府收费吗")


def test_a_message_in_parts_is_read(model):
    parts = [{"type": "text", "text": "文网文几年到期"}]
    completion = model.chat.completions.create(
        model="qa-bot", messages=[{"role": "user", "content": parts}]
    )
    assert completion.choices[0].message.content.startswith("有效期3年。")


def test_a_long_conversation_is_taken(say):
    assert say(*["文网文几年到期" * 30] * 100, "文网文几年到期").startswith("有效期3年。")


def test_check_35_a_conversation_beyond_all_measure_is_refused(model):
    with pytest.raises(openai.APIStatusError) as raised:
        model.chat.completions.create(model="qa-bot", messages=conversation(*["长" * 400] * 400))
    assert raised.value.status_code == 413


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": "你是助手。"}],
        [{"role": "user", "content": " "}],
        [{"role": "user", "content": "长" * 501}],
        [{"role": "user", "content": 5}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
    ],
)
def test_a_wrong_request_is_an_error_that_the_client_can_read(model, messages):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        model.chat.completions.create(model="qa-bot", messages=messages)
    assert raised.value.code == "invalid-fields"
    assert "#/messages" in raised.value.message


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 401), ("Bearer falsch", 401), ("Bearer key-2", 200)],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions"])
def test_a_key_is_wanted_where_there_are_any(client_with, path, header, status):
    client = client_with(api_keys=("key-1", "key-2"))
    body = {"messages": [{"role": "user", "content": "文网文"}]}
    method = "GET" if path == "/v1/models" else "POST"
    headers = {} if header is None else {"Authorization": header}
    response = client.open(path, method=method, json=body, headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.get_json()["error"]["code"] == "key-missing"
