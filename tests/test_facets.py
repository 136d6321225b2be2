"""Facets: typed values read from text; the project's own data, and small files written here."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.facets import FacetReader, read_facets
from qa_bot.mistakes import MistakesError
from qa_bot.text import normalize


@pytest.fixture
def written(tmp_path):
    """Read facets from files given by name."""

    def read_files(**files: str | bytes) -> FacetReader:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / f"{name}.txt").write_bytes(data)
        return read_facets(tmp_path)

    return read_files


@pytest.mark.parametrize(
    ("question", "facet", "values"),
    [
        ("南京的演出证去哪里申请?", "region", {"南京"}),
        ("在江蘇省辦理要多久", "region", {"江苏"}),
        ("广州和深圳的要求一样吗", "region", {"广州", "深圳"}),
        ("文网文到期了怎么续", "permit", {"网络文化经营许可证"}),
        ("ICP备案和ICP证有什么区别", "permit", {"ICP备案", "ICP许可证"}),
        ("互联网大模型备案", "permit", {"大模型备案"}),
        ("办一个要多少钱", "intent", {"费用"}),
        ("要准备哪些材料", "intent", {"材料"}),
        ("个体户可以办吗", "subject", {"个体工商户"}),
        ("2025年的新规有哪些变化", "year", {"2025"}),
    ],
)
def test_a_question_names_values(facets, question, facet, values):
    assert facets.read(normalize(question))[facet] == values


@pytest.mark.parametrize(
    ("question", "facet"),
    [
        ("股东营业执照要复印件吗", "region"),
        ("重大庆典活动要报备吗", "region"),
        ("罚款20250元", "year"),
        ("罚500到2000元", "year"),
        ("题库要2000道吗", "year"),
        ("能扣押身份证吗", "permit"),
        ("你好", "permit"),
    ],
)
def test_a_question_that_names_no_value_has_none(facets, question, facet):
    assert facet not in facets.read(normalize(question))


@pytest.mark.parametrize(
    ("question", "facet", "value"),
    [
        ("南京鼓楼区在哪办", "region", "南京鼓楼区"),
        ("演出经纪人员资格证怎么考", "permit", "演出经纪人员资格证"),
        ("ICP备案要多久", "permit", "ICP备案"),
        ("有效期多久", "intent", "有效期"),
    ],
)
def test_the_longest_name_wins(facets, question, facet, value):
    assert facets.read(normalize(question))[facet] == {value}


def test_a_mention_says_where_it_stands(facets):
    text = "南京的文网文"
    spots = {m.facet: (m.start, m.end, m.text, m.value) for m in facets.mentions(text)}
    assert spots["region"] == (0, 2, "南京", "南京")
    assert spots["permit"] == (3, 6, "文网文", "网络文化经营许可证")


@pytest.mark.parametrize(
    ("value", "within"),
    [
        ("南京", {"南京", "江苏", "全国"}),
        ("南京鼓楼区", {"南京鼓楼区", "南京", "江苏", "全国"}),
        ("香港", {"香港"}),
        ("全国", {"全国"}),
    ],
)
def test_a_region_lies_within_what_is_around_it(facets, value, within):
    assert facets.facets["region"].lineage(value) == within


def test_a_district_of_several_cities_lies_within_all_of_them(facets):
    assert facets.facets["region"].lineage("鼓楼区") >= {"南京", "徐州", "福州", "江苏", "福建"}


@pytest.mark.parametrize(
    ("asked", "stored", "contradicted"),
    [
        ({"南京"}, {"江苏"}, False),
        ({"江苏"}, {"南京"}, True),
        ({"南京"}, {"苏州"}, True),
        ({"南京"}, {"全国"}, False),
        ({"南京"}, set(), False),
        ({"香港"}, {"全国"}, True),
        ({"香港"}, set(), True),
        (set(), {"江苏"}, False),
        ({"鼓楼区"}, {"南京"}, False),
        ({"鼓楼区"}, {"徐州"}, False),
        ({"鼓楼区"}, {"广州"}, True),
        ({"南京", "广州"}, {"广东"}, False),
        ({"南京", "广州"}, {"广东", "江苏"}, False),
        ({"南京", "广州"}, {"广东", "上海"}, True),
        ({"上海"}, {"广东", "上海"}, False),
    ],
)
def test_what_lies_around_a_region_serves_it(facets, asked, stored, contradicted):
    assert facets.contradicts("region", frozenset(asked), frozenset(stored)) is contradicted


PIECES = ["南京", "鼓楼区", "江苏", "文网文", "证", "ICP", "备案", "韩国", "人", "2025年", "怎么办"]


@given(st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join), max_size=5))
@example([])
@example(["", "南京鼓楼区的ICP备案2025年怎么办", "江"])
@examples(max_examples=60, derandomize=True, deadline=None)
def test_many_texts_mention_what_each_does_by_itself(facets, texts):
    normals = list(map(normalize, texts))
    assert facets.mentions_of_all(normals) == [facets.mentions(normal) for normal in normals]


def test_the_longest_name_from_a_place_on_is_found_in_many_texts_too(written):
    facets = written(city="@not 重大庆典\n重庆\n大庆\n大\n  大连\n")
    texts = ["重大庆典", "大庆和大连", "大"]
    assert facets.mentions_of_all(texts) == [facets.mentions(text) for text in texts]


def test_a_misread_intent_is_no_veto_but_a_region_is(facets):
    assert not facets.facets["intent"].vetoes
    assert facets.facets["region"].vetoes


@pytest.mark.parametrize(
    ("name", "value"),
    [("文網文", "网络文化经营许可证"), ("ＩＣＰ备案", "ICP备案"), ("咖啡", "咖啡")],
)
def test_an_alias_stands_for_its_value_and_the_unlisted_for_itself(facets, name, value):
    assert facets.value_of("permit", name) == value


@pytest.mark.parametrize("name", ["intent", "permit", "region", "subject"])
def test_every_name_in_the_data_is_read_as_its_own_value(facets, name):
    names = facets.facets[name].names
    wrong = {
        alias for alias, value in names.items() if facets.read(alias).get(name, {""}) != {value}
    }
    assert wrong == set()


def test_every_facet_of_the_data_can_be_asked_for(facets):
    assert all(facet.label and facet.ask for facet in facets.facets.values())
    assert {"intent", "permit", "region", "subject", "year"} <= facets.facets.keys()


def test_the_segmenter_is_told_all_names(written):
    facets = written(city="南京 | 金陵, 寧\n", year="@pattern (20\\d\\d)\n")
    assert facets.words() == {"南京", "金陵", "宁"}


def test_indents_say_what_lies_within_what(written):
    city = written(city="江苏 # 省\n  南京\n    玄武区\n\n  苏州\n浙江\n").facets["city"]
    assert city.lineage("玄武区") == {"玄武区", "南京", "江苏"}
    assert city.lineage("苏州") == {"苏州", "江苏"}
    assert city.lineage("浙江") == {"浙江"}


def test_directives_say_how_a_facet_is_shown_and_used(written):
    lines = "@label 颜色\n@ask 什么颜色?\n@default 红\n@contradiction weigh\n红\n"
    colour = written(colour=lines).facets["colour"]
    shown = (colour.label, colour.ask, colour.default, colour.vetoes)
    assert shown == ("颜色", "什么颜色?", "红", False)


@pytest.mark.parametrize("axis", ["page", "row", "column"])
def test_a_facet_may_be_an_axis_of_the_grid(written, axis):
    assert written(colour=f"@grid {axis}\n红\n").facets["colour"].grid == axis


def test_an_axis_is_that_of_one_facet(written):
    with pytest.raises(MistakesError, match=r"size\.txt: @grid row is also that of colour\.txt"):
        written(colour="@grid row\n红\n", size="@grid row\n大\n")


def test_a_facet_without_directives_is_called_as_its_file_and_vetoes(written):
    colour = written(colour="红\n").facets["colour"]
    assert (colour.label, colour.default, colour.vetoes) == ("colour", "", True)


def test_values_that_cannot_be_listed_are_read_by_a_pattern(written):
    facets = written(days="@pattern (\\d+)个?工作日\n")
    assert facets.read("20个工作日内,不是30天") == {"days": {"20"}}


def test_a_phrase_that_only_looks_like_a_name_is_none(written):
    facets = written(city="@not 重大庆典, 大连锁\n重庆 | 大庆\n大连\n")
    assert facets.read("重大庆典在大连锁店办") == {}
    assert facets.read("大庆和大连") == {"city": {"重庆", "大连"}}
    assert facets.words() == {"重庆", "大庆", "大连"}


@pytest.mark.parametrize(("directive", "contradicted"), [("serves", False), ("contradicts", True)])
def test_a_facet_says_whether_a_part_serves_the_whole(written, directive, contradicted):
    facets = written(permit=f"@narrower {directive}\n演出证\n  涉外演出\n版号\n")
    part, whole = frozenset({"涉外演出"}), frozenset({"演出证"})
    assert facets.contradicts("permit", asked=whole, stored=part) is contradicted
    assert not facets.contradicts("permit", asked=part, stored=whole)
    assert facets.contradicts("permit", asked=part, stored=frozenset({"版号"}))


@pytest.mark.parametrize(("directive", "contradicted"), [("serves", False), ("contradicts", True)])
def test_a_facet_says_whether_naming_no_value_serves_every_value(written, directive, contradicted):
    facets = written(permit=f"@silence {directive}\n演出证\n版号\n")
    asked = frozenset({"版号"})
    assert facets.contradicts("permit", asked, stored=frozenset()) is contradicted
    assert facets.contradicts("permit", asked, stored=frozenset({"演出证"}))
    assert not facets.contradicts("permit", frozenset(), stored=frozenset({"演出证"}))


def test_a_value_that_does_not_exist_is_served_by_what_names_it_alone(written):
    facets = written(level="@absent 六级，七级\n三级\n六级\n七级\n")
    asked = frozenset({"六级"})
    assert facets.contradicts("level", asked, stored=frozenset())
    assert facets.contradicts("level", asked, stored=frozenset({"三级"}))
    assert not facets.contradicts("level", asked, stored=asked)
    assert not facets.contradicts("level", frozenset({"三级"}), stored=frozenset())


def test_whence_somebody_comes_is_not_where_something_is_done(written):
    origin = "~(?:主播|人(?!力))|服务器放在~"
    facets = written(region=f"@default 全国\n@origin {origin}\n全国\n  上海\n韩国 | 南韩\n")
    assert facets.read("韩国主播来上海开播") == {"region": {"上海"}}
    assert facets.read("有个韩国人") == {}
    assert facets.read("韩国人力资源许可") == {"region": {"韩国"}}
    assert facets.read("上海人能办吗") == {"region": {"上海"}}
    assert facets.read("服务器放在韩国") == {}
    assert facets.read("服务器放在上海") == {"region": {"上海"}}


def test_full_width_separators_part_names_as_half_width_ones_do(written):
    facets = written(city="江苏｜江苏省，苏\n")
    assert facets.read("江苏省的规定") == {"city": {"江苏"}}
    assert facets.value_of("city", "苏") == "江苏"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("江苏\n 南京\n", "city.txt:2: indented by 1"),
        ("江苏\n    南京\n", "city.txt:2: indented by 4"),
        ("江苏\n\t南京\n", "city.txt:2: indented"),
        ("江苏\n　　南京\n", "city.txt:2: indented"),
        ("  南京\n", "city.txt:1: indented by 2"),
        ("江苏 | 苏\n苏州 | 苏\n", "city.txt:2: '苏' already means '江苏'"),
        ("江苏\n  江苏\n", "city.txt:2: "),
        ("江苏\n  南京\n南京\n  江苏\n", "city.txt:4: "),
        ("| 江苏省\n", "city.txt:1: "),
        ("@colour 红\n", "city.txt:1: unknown directive @colour"),
        ("@label\n江苏\n", "city.txt:1: "),
        ("@contradiction 也许\n", "city.txt:1: unknown directive @contradiction 也许"),
        ("@pattern (20\n", "city.txt:1: not a regular expression"),
        ("@pattern 20\\d\\d\n", "city.txt:1: "),
        ("@origin 人(\n", "city.txt:1: not a regular expression"),
        ("@ending 证)\n", "city.txt:1: not a regular expression"),
        ("江苏\n@default 火星\n", "city.txt:2: "),
        ("江苏\n@absent 江苏, 火星\n", "city.txt:2: @absent 火星: '火星' is not"),
    ],
)
def test_a_broken_facet_file_is_told_with_its_line(written, lines, told):
    with pytest.raises(MistakesError, match=f"^{told}.*; .+"):
        written(city=lines)


def test_the_mistakes_of_all_facet_files_are_told_at_once(written):
    with pytest.raises(MistakesError) as error:
        written(city="江苏\n 南京\n@x y\n", colour=b"\xff\xff", days="@pattern (\n")
    places = [str(mistake.location) for mistake in error.value.mistakes]
    assert places == ["city.txt:2", "city.txt:3", "colour.txt:1", "days.txt:1"]
