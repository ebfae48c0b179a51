"""Names in pinyin.

A name's *key* has one group per syllable, each with every reading of its character, and the initials after
a bar: 杭州蓝海 is `hang/kang zhou lan/la hai|hk z l h`. It is made when a name enters the catalog, and kept:
asking needs no pypinyin, which takes half a second to load.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache

from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern

# A surname may be read in a way of its own; where that is no usual reading, pypinyin does not list it.
SURNAMES = {
    "万俟": "moqi",
    "尉迟": "yuchi",
    "单于": "chanyu",
    "长孙": "zhangsun",
    "澹台": "tantai",
    "令狐": "linghu",
    "欧阳": "ouyang",
    "司马": "sima",
    "司徒": "situ",
    "司空": "sikong",
    "上官": "shangguan",
    "诸葛": "zhuge",
    "东方": "dongfang",
    "皇甫": "huangfu",
    "公孙": "gongsun",
    "慕容": "murong",
    "宇文": "yuwen",
    "夏侯": "xiahou",
    "轩辕": "xuanyuan",
    "端木": "duanmu",
    "南宫": "nangong",
    "西门": "ximen",
    "独孤": "dugu",
    "呼延": "huyan",
    "钟离": "zhongli",
    "申屠": "shentu",
    "闻人": "wenren",
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "朴": "piao",
    "任": "ren",
    "华": "hua",
    "覃": "qin",
    "区": "ou",
    "解": "xie",
    "查": "zha",
    "盖": "ge",
    "秘": "bi",
    "员": "yun",
    "贠": "yun",
    "乐": "yue",
    "翟": "zhai",
    "缪": "miao",
    "种": "chong",
    "洗": "xian",
    "冼": "xian",
    "隗": "wei",
    "纪": "ji",
    "燕": "yan",
    "应": "ying",
    "宁": "ning",
    "车": "che",
    "那": "na",
    "尉": "wei",
    "费": "fei",
    "谌": "chen",
    "牟": "mu",
    "祭": "zhai",
    "召": "shao",
    "都": "du",
    "薄": "bo",
    "石": "shi",
    "句": "gou",
}
RARE_READINGS = {"费": ("bi",), "谌": ("shen",), "贠": ("yun",), "缪": ("mu",)}

MAX_SYLLABLES = 40
MAX_QUERY = 40

_TOKEN = pattern(r"[a-z0-9]+|.")


class Fit(IntEnum):
    """How well a query fits a key; the less the better."""

    WHOLE_START = 0  # hangzhou
    WHOLE = 1  # lanhai
    INITIALS_START = 2  # hz
    INITIALS = 3  # lh


class PinyinQuery(NamedTuple):
    """A query in letters, ready to be held against keys."""

    letters: str
    written: re.Pattern[str]
    initials: re.Pattern[str]

    def fits(self, keys: Sequence[str]) -> dict[str, Fit]:
        """Return the keys in which the query stands, and how.

        Syllables are written in full (the last may be cut short), or by their initials alone. All keys are
        searched as one text: that is many times faster than one by one.
        """
        text = "\n".join([*keys, ""])
        found: dict[str, Fit] = {}
        for key, _ in _lines(self.written, text):
            if key not in found and (fit := self._written_in(key)) is not None:
                found[key] = fit
        for key, at in _lines(self.initials, text):
            is_later = " " in key[key.index("|") : at]
            found.setdefault(key, Fit.INITIALS if is_later else Fit.INITIALS_START)
        return found

    def _written_in(self, key: str) -> Fit | None:
        groups = [group.split("/") for group in key.partition("|")[0].split(" ")]
        for start in range(len(groups)):
            if _is_written(self.letters, groups[start:]):
                return Fit.WHOLE if start else Fit.WHOLE_START
        return None


def _lines(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int]]:
    """Yield the lines in which a pattern stands, and where in the line."""
    for match in pattern.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        yield text[start : text.index("\n", start)], match.start() - start


def _is_written(letters: str, groups: Sequence[Sequence[str]]) -> bool:
    """Tell whether letters are readings of the first groups, one each; the last may be cut short."""
    reached = {0}
    for group in groups:
        after = set()
        for at in reached:
            for reading in group:
                if reading.startswith(letters[at:]):
                    return True
                if letters.startswith(reading, at):
                    after.add(at + len(reading))
        if not after:
            return False
        reached = after
    return False


def pinyin_key(name: str) -> str:
    """Return the key of a name, or nothing when no character in it has a reading."""
    groups: list[tuple[str, ...]] = []
    has_han = False
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", name).casefold()):
        if not token[0].isascii():
            readings = _readings(token)
            has_han = has_han or bool(readings)
            groups.append(readings)
        elif token[0].isalnum():
            groups.append((token,))
    groups = [group for group in groups if group][:MAX_SYLLABLES]
    if not has_han:
        return ""
    # Each initial once: two ways to read one letter would double the work of every search, group by group.
    initials = ("".join(dict.fromkeys(reading[0] for reading in group)) for group in groups)
    return " ".join("/".join(group) for group in groups) + "|" + " ".join(initials)


def pinyin_query(text: str) -> PinyinQuery | None:
    """Return what a person typed as a query over keys; None when it can be no pinyin."""
    letters = plain_letters(text)
    if letters is None or not 1 < len(letters) <= MAX_QUERY or letters.isdigit():
        return None
    # Between two letters: nothing, or the end of this group and the beginning of the next. Only the beginning
    # is looked for in this way: several readings could make the ways through a long query too many.
    written = "(?:(?:/[a-z0-9]+)* (?:[a-z0-9]+/)*)?".join(letters[:6])
    initials = "[a-z0-9]* [a-z0-9]*".join(letters)
    # A bar follows what is written out, none follows the initials.
    return PinyinQuery(
        letters,
        re.compile(rf"(?<![a-z0-9]){written}(?=[^|\n]*\|)"),
        re.compile(rf"{initials}(?![^|\n]*\|)"),
    )


def plain_letters(text: str) -> str | None:
    """Return `Lán hǎi` as `lanhai`, or None when there is more to it than letters, digits and blanks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    bare = re.sub(r"[\s'’.-]", "", bare)
    return bare if re.fullmatch(r"[a-z0-9]+", bare) else None


def person_id(name: str, taken: Container[str] = ()) -> str:
    """Derive an id nobody has yet from a person's name: 李娜 is `li.na`, 欧阳娜娜 is `ouyang.nana`."""
    base = _latin_id(name) or _han_id(name) or "person"
    numbered = base
    count = 1
    while numbered in taken:
        count += 1
        numbered = f"{base}{count}"
    return numbered


@lru_cache(maxsize=8192)
def _readings(character: str) -> tuple[str, ...]:
    """Return every reading of one character, the usual one first; none when it is no Han character."""
    from pypinyin import Style, pinyin  # here: half a second, and only a new name needs it

    if not character.isalpha():
        return ()
    groups = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    found = [reading for group in groups for reading in group if re.fullmatch(r"[a-z]+", reading)]
    if not found:
        return ()
    if (surname := SURNAMES.get(character)) is not None:
        found.append(surname)
    found.extend(RARE_READINGS.get(character, ()))
    # 绿 is typed lv and lu.
    return tuple(dict.fromkeys(each for one in found for each in (one, one.replace("v", "u"))))


def _latin_id(name: str) -> str:
    """Return the id of a name that has letters of its own; a Han part within it counts as one word."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name))
    if not any(sign.isascii() for word in words for sign in word):
        return ""
    parts = re.findall(r"[a-z0-9]+", " ".join(plain_letters(word) or _mixed(word) for word in words))
    return ".".join(parts)


def _mixed(word: str) -> str:
    from pypinyin import lazy_pinyin  # here: as above

    parts = re.findall(r"[A-Za-z0-9]+|[^A-Za-z0-9]+", word)
    return " ".join("".join(lazy_pinyin(part)).casefold() for part in parts)


def _han_id(name: str) -> str:
    from pypinyin import lazy_pinyin  # here: as above

    plain = re.sub(r"[\s·•]", "", unicodedata.normalize("NFKC", name))
    length = next((n for n in (2, 1) if plain[:n] in SURNAMES and len(plain) > n), 1)
    surname = SURNAMES.get(plain[:length]) or "".join(lazy_pinyin(plain[:length], errors="ignore"))
    given = "".join(lazy_pinyin(plain[length:], errors="ignore"))
    return ".".join(part for part in (surname, given) if re.fullmatch(r"[a-z0-9]+", part))
