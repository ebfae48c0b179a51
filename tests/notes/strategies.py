"""Notes as people and programs write them, for properties: odd YAML, odd line breaks, every script."""

from __future__ import annotations

from hypothesis import strategies as st

# Texts that once broke some YAML tool or some editor, and ordinary ones.
WORDS = st.one_of(
    st.sampled_from(
        [
            "蓝海",
            "0571",
            "NO",
            "12:30",
            "1e3",
            "+8613800000000",
            "007",
            "~",
            "null",
            "a: b",
            "a #b",
            "- x",
            "#x",
            "[[王五]]",
            "@li.na",
            "80万",
            "🙂 ok",
            "مرحبا",
            "שלום",
            "e\u0301",
            "’quote’",
            "it's",
            'say "hi"',
            "back\\slash",
            "终端、渠道",
            "a, b",
            "{x}",
            "---",
            "...",
            "%",
            "`",
            "?",
            ":",
            "：",
            "x：y",
            "é",
            "ab  cd",
            "\u3000",
            "𠮷野家",
            "2026-11-20",
            "2026-11-20 发报价",
            "[",
            "]",
            "|",
            ">",
            "&a",
            "*a",
            "!t",
            "y",
            "=",
            "<<",
            ".5",
            "0x1F",
            "1_000",
        ]
    ),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
    ).filter(lambda text: text.strip() == text and text != ""),
)

BREAKS = st.sampled_from(["\n", "\r\n", "\r"])

FRONT_LINES = st.sampled_from(
    [
        "id: c3m8k2qa41",
        "编号: c3m8k2qa41",
        "name: 杭州蓝海贸易有限公司",
        "客户名称: '李 四'",
        'name: "a\\tb"',
        "type: enterprise",
        "类型: 企业客户",
        "stage: lead  # 上周定的",
        "业务阶段:   方案报价",
        "owner: '@li.na'",
        "负责人: @li.na",
        "referred_by: [[王五]]",
        "tags: [展会2026, 价格敏感]",
        "tags: [a, 'b', \"c\" ,]",
        "标签:\n  - VIP # 老客户\n  - 展会",
        "tags:",
        "tags: []",
        "tags: 展会, 老客户",
        "tags:\n- a\n- b\n# 一条注释\n",
        "next: 2026-11-27 发新报价",
        "下次跟进:\n  - 2026-11-27 发新报价\n  - 2026-12-01 送样 #A款",
        "contacts:\n  - name: 王总\n    title: 采购总监\n  - 刘姐 财务",
        "联系人: [{姓名: 王总, 职务: 总监}]",
        "phone: 0571",
        "region: >-\n  浙江\n  杭州\n",
        "address: |\n  第一行\n    第二行\n  ----\n  第四行\n\n",
        "source: 展会\n  上认识的",
        "# 整行注释",
        "",
        "stge: x",
        "zip: 02134",
        "x: &a 1",
        "y: *a",
        "z: !!str 5",
        "stage: won",
        "expected_amount: 80万",
        "?  odd\n:  key",
        "consent: {given: 2026-01-01, by: 微信}",
        "language: zh\t# tab",
        'industry: "外贸" # c',
        "size: 'it''s'",
        "bad: [a, b",
        'bad2: "open',
        "\tbad3: tab",
        "阶段：成交",
        "note: a: b",
    ]
)

BODY_LINES = st.sampled_from(
    [
        "王总定价格。**只看到岸价**。",
        "## 2026-11-20 10:20 电话 报价",
        "要**再让 2 个点**。",
        "## 2026-10-08 订单 @zhang.wei #大单 首单",
        "产品:: 企业版",
        "金额：： 80,000 元",
        "- 数量:: 1",
        "# 标题",
        "## 背景",
        "### 小节",
        "```",
        "~~~",
        "```python",
        "<!-- 备注",
        "-->",
        "<!-- 一行 -->",
        "",
        "    ## 2026-01-01",
        "## 2026-02-30 电话",
        "## 2023年1月15日 – 咨询",
        "[[王五]] 和 `[[不是]]`",
        "> 引用",
        "sealed-7q2m9xk4",
        "---",
        "## 2025-01-01",
        "##2024-01-01",
        "标题\n---",
        "<!-- vault:sealed",
        "7q2m9xk4 sealed.v1.x",
        "🙂",
        "מילה",
        "\u2028",
        "## 2026-11-20",
    ]
)


@st.composite
def notes(draw: st.DrawFn) -> str:
    """A whole note, whole-hearted in its oddities."""
    newline = draw(BREAKS)
    front = draw(st.lists(FRONT_LINES, max_size=8))
    body = draw(st.lists(BODY_LINES, max_size=14))
    text = "\n".join(["---", *front, draw(st.sampled_from(["---", "--- ", "---\t", "----"])), *body])
    if draw(st.booleans()):
        text += "\n"
    if draw(st.integers(0, 9)) == 0:
        text = "\n".join(body)
    text = text.replace("\n", newline)
    if draw(st.booleans()) and newline == "\r\n":
        text = text.replace("\r\n", "\n", 2)
    return draw(st.sampled_from(["", "\ufeff"])) + text


@st.composite
def tidy_notes(draw: st.DrawFn) -> str:
    """A note whose front matter YAML reads, with entries in some order."""
    newline = draw(BREAKS)
    picks = draw(st.lists(FRONT_LINES.filter(_is_tidy), max_size=6, unique_by=_key))
    days = draw(st.lists(st.dates(), max_size=5))
    if draw(st.booleans()):
        days.sort(reverse=draw(st.booleans()))
    body = ["", "概况。", ""]
    for day in days:
        body += [f"## {day.isoformat()} 电话", "", draw(WORDS.filter(_is_prose)), ""]
    text = "\n".join(["---", *picks, "---", *body])
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline)


def _is_tidy(line: str) -> bool:
    return not line.startswith(("bad", "\t", "y:", "x:", "z:", "?", "阶段：", "note:", "stge"))


def _key(line: str) -> str:
    same = {
        "编号": "id",
        "客户名称": "name",
        "类型": "type",
        "业务阶段": "stage",
        "负责人": "owner",
        "标签": "tags",
        "下次跟进": "next",
        "联系人": "contacts",
    }
    key = line.partition(":")[0]
    return same.get(key, key)


def _is_prose(text: str) -> bool:
    return text[0] not in "#`~<-=>" and "\n" not in text and "\r" not in text and "::" not in text
