"""Make a vault of any size, the same for the same seed: `python -m tests.bench.generate DIR`.

Seven customers of ten are Chinese. Every front-matter field is used, except those that are sealed:
a plain number there would be a finding.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.bench.words import Vocabulary, chinese, english
from vault_tool.schema import Schema, load_schema

TODAY = date(2026, 11, 20)
FIRST_DAY = date(2023, 1, 2)
PER_FOLDER = 500
PEOPLE = (("li.na", "李娜"), ("zhang.wei", "张伟"), ("chen.jing", "陈静"), ("anna.smith", "Anna Smith"))

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰"
_PLACES = (
    "杭州",
    "上海",
    "深圳",
    "成都",
    "青岛",
    "宁波",
    "苏州",
    "武汉",
    "Hamburg",
    "Porto",
    "Leeds",
    "Austin",
)
_FIRMS = ("贸易有限公司", "科技有限公司", "机械厂", "食品有限公司", "Trading Ltd", "Systems GmbH")


class Corpus(NamedTuple):
    """What all customers of one vault are drawn from."""

    seed: int
    schema: Schema
    chinese: Vocabulary
    english: Vocabulary


def corpus(seed: int) -> Corpus:
    """Return the corpus of this seed."""
    return Corpus(seed, load_schema(), chinese(seed), english(seed))


def write_vault(folder: Path, customers: int, seed: int) -> None:
    """Write a vault of that many customers into a folder."""
    made = corpus(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vault.toml").write_text(settings(str(seed)), encoding="utf-8", newline="\n")
    for number in range(customers):
        place = folder / "customers" / f"{number // PER_FOLDER:03}"
        if number % PER_FOLDER == 0:
            place.mkdir(parents=True, exist_ok=True)
        path = place / f"{file_name(made, number)}.md"
        path.write_text(customer(made, number), encoding="utf-8", newline="\n")


def settings(name: str) -> str:
    """Return the `vault.toml` of a vault with this name in its id."""
    people = "".join(f'\n[people."{key}"]\nname = "{name}"\n' for key, name in PEOPLE)
    return f'version = 1\nid = "bench{name}"\nlanguage = "zh"\n{people}\n[lint]\nas_of = {TODAY}\n'


def file_name(made: Corpus, number: int) -> str:
    """Return the stem of a customer's file, which is also the first of its short names."""
    dice = random.Random(f"{made.seed}:{number}:name")
    words = made.chinese if is_chinese(made, number) else made.english
    return f"{''.join(words.rare(dice, 2))}{number}"


def is_chinese(made: Corpus, number: int) -> bool:
    """Tell whether a customer's note is written in Chinese."""
    return random.Random(f"{made.seed}:{number}:script").random() < 0.7


def customer(made: Corpus, number: int) -> str:
    """Return the note of one customer: the same for the same seed and number, whatever else is made."""
    writer = _Writer(made, number)
    front = "\n".join(writer.front_matter())
    entries = "\n\n".join(writer.entries())
    return f"---\n{front}\n---\n\n{writer.sentence()}\n\n{entries}\n"


def credit_code(number: int) -> str:
    """Return a code of the form that Chinese firms have, check character included (GB 32100)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = f"91330100MA{number:07}"
    total = sum(alphabet.index(character) * pow(3, place, 31) for place, character in enumerate(code))
    return code + alphabet[-total % 31]


class _Writer:
    """Writes one note: its dice, its language, its vocabulary."""

    def __init__(self, made: Corpus, number: int) -> None:
        self.made, self.number = made, number
        self.zh = is_chinese(made, number)
        self.language = "zh" if self.zh else "en"
        self.dice = random.Random(f"{made.seed}:{number}")
        self.words = made.chinese if self.zh else made.english
        self.name = file_name(made, number)
        self.type = self.dice.choices(("enterprise", "person", "partner"), (70, 20, 10))[0]
        stages = [word.name for word in made.schema.vocabularies["stage"]]
        self.stage = self.dice.choices(stages, (20, 14, 12, 12, 9, 10, 14, 5, 4))[0]

    # Front matter

    def front_matter(self) -> Iterator[str]:
        """Yield the lines of the front matter."""
        for field, value in self.values():
            found = self.made.schema.field(field)
            assert found is not None, field
            gap = "" if value.startswith("\n") else " "
            yield f"{found.key('zh' if self.zh else 'en')}:{gap}{value}"

    def values(self) -> Iterator[tuple[str, str]]:
        """Yield the fields of this customer and what stands behind each key."""
        yield "id", f"b{self.number:06}"
        yield "name", f"{self.name}{self.dice.choice(_FIRMS)}"
        yield "aliases", f"[{self.name}]"
        yield "type", self.word("type", self.type)
        yield "stage", self.word("stage", self.stage)
        yield "owner", self.dice.choice(PEOPLE)[self.zh]
        yield "importance", self.word("importance", self.dice.choice(("vip", "key", "normal", "normal")))
        yield "tags", f"[{', '.join(dict.fromkeys(self.words.some(self.dice, 2)))}]"
        for field, share, value in self.rarer():
            if self.dice.random() < share:
                yield field, value

    def rarer(self) -> Iterator[tuple[str, float, str]]:
        """Yield fields that not every customer has, how often it is there, and its value."""
        dice = self.dice
        day = self.day()
        text = self.phrase(2)
        yield "industry", 0.8, self.phrase(1)
        yield "region", 0.8, dice.choice(_PLACES)
        yield "size", 0.5, f"{dice.randint(5, 900)} {'人' if self.zh else 'staff'}"
        yield "source", 0.6, self.phrase(1)
        yield "language", 0.5, self.word("language", self.language)
        yield "currency", 0.4, dice.choice(("CNY", "USD", "EUR"))
        open_stage = self.stage not in {"lost", "churned"}
        yield "next", 1.0 if open_stage else 0.0, f"{TODAY + timedelta(dice.randint(0, 60))} {text}"
        yield "expected_amount", 0.6, self.amount()
        yield "expected_close", 0.4, str(TODAY + timedelta(dice.randint(10, 200)))
        yield "reviewed", 1.0, str(TODAY - timedelta(dice.randint(0, 80)))
        yield "review_every", 0.1, str(dice.choice((30, 60, 120)))
        yield "created", 0.9, str(FIRST_DAY)
        yield "birthday", 0.3, dice.choice(("农历八月十五", "05-20", "1986-03-12"))
        yield "dates", 0.3, f"[{day:%Y-%m-%d} {self.phrase(1)}]"
        yield "preferences", 0.4, self.list()
        yield "interests", 0.4, self.list()
        yield "needs", 0.6, self.list()
        referrer = file_name(self.made, dice.randrange(self.number)) if self.number else ""
        yield "referred_by", 0.2 if referrer else 0.0, f'"[[{referrer}]]"'
        yield "consent", 0.3, f"\n  {self.inner('consent', 'date')}: {day}"
        yield "lost_reason", 0.0 if open_stage else 1.0, self.phrase(2)
        company = 0.0 if self.type == "person" else 0.5
        yield "credit_code", company, credit_code(self.number)
        yield "website", company, f"https://c{self.number}.example.com"
        yield "phone", company, f'"0571-5550-{self.number % 10_000:04}"'
        yield "email", company, f"office@c{self.number}.example.com"
        yield "address", company, f"{dice.choice(_PLACES)} {dice.randint(1, 400)}"
        yield "contacts", company * 1.6, self.contacts()
        yield "ext", 0.3, f"\n  erp: K-{self.number:06}"

    def word(self, vocabulary: str, name: str) -> str:
        """Return a word of the vocabulary in the note's language."""
        found = self.made.schema.word(vocabulary, name)
        assert found is not None, name
        return found.label("zh" if self.zh else "en")

    def inner(self, field: str, name: str) -> str:
        """Return the key of a field inside a map, in the note's language."""
        outer = self.made.schema.field(field)
        found = outer.inner(name) if outer else None
        assert found is not None, name
        return found.key("zh" if self.zh else "en")

    def contacts(self) -> str:
        """Return one or two contacts as a list of maps."""
        lines = []
        for _contact in range(self.dice.randint(1, 2)):
            person = self.dice.choice(_SURNAMES) + self.dice.choice(_GIVEN)
            lines.append(f"\n  - {self.inner('contacts', 'name')}: {person}")
            lines.append(f"\n    {self.inner('contacts', 'title')}: {self.phrase(1)}")
        return "".join(lines)

    def amount(self) -> str:
        """Return an amount as a person writes it."""
        count = self.dice.randint(1, 200)
        return (
            self.dice.choice((f"{count}万", f"{count * 1000:,} 元")) if self.zh else f"USD {count * 1000:,}"
        )

    def list(self) -> str:
        """Return a list of words in the flow style."""
        return f"[{', '.join(dict.fromkeys(self.words.some(self.dice, 3)))}]"

    # Entries

    def entries(self) -> Iterator[str]:
        """Yield three to twenty entries, the newest first."""
        count = min(20, 3 + int(self.dice.expovariate(1 / 8)))
        days = sorted((self.day() for _entry in range(count)), reverse=True)
        for day in days:
            yield f"## {self.heading(day)}\n\n{self.body()}"

    def heading(self, day: date) -> str:
        """Return an entry's heading without its marks."""
        dice = self.dice
        parts = [str(day)]
        if dice.random() < 0.2:
            parts.append(f"{dice.randint(8, 18):02}:{dice.choice((0, 15, 30, 45)):02}")
        for vocabulary, share in (("channel", 0.9), ("kind", 0.5)):
            if dice.random() < share:
                parts.append(
                    self.word(vocabulary, dice.choice(self.made.schema.vocabularies[vocabulary]).name)
                )
        if dice.random() < 0.15:
            parts.append(f"@{dice.choice(PEOPLE)[0]}")
        if dice.random() < 0.1:
            parts.append(f"#{self.words.some(dice, 1)[0]}")
        return " ".join(parts)

    def body(self) -> str:
        """Return the text of an entry: sentences with a key point, or an order."""
        if self.dice.random() < 0.12:
            return "\n".join(self.order())
        return "\n".join(self.sentence() for _sentence in range(self.dice.choice((2, 2, 3))))

    def order(self) -> Iterator[str]:
        """Yield the inline fields of an order."""
        values = (
            ("product", self.phrase(1)),
            ("quantity", str(self.dice.randint(1, 90))),
            ("amount", self.amount()),
            ("ref", f"ERP-{self.dice.randint(1, 99_999):05}"),
        )
        for name, value in values:
            field = self.made.schema.inline_field(name)
            assert field is not None, name
            yield f"{field.key('zh' if self.zh else 'en')}:: {value}"

    def sentence(self) -> str:
        """Return a short sentence with its key point in bold."""
        dice = self.dice
        words = self.words.some(dice, dice.randint(7, 12))
        at = dice.randrange(len(words))
        words[at] = f"**{words[at]}{dice.randint(2, 90)}**" if self.zh else f"**{words[at]}**"
        if dice.random() < 0.2:
            words = [*self.words.turn(dice), *words[4:]]
        words = [f"{self.glue()}{word}" for word in words]
        if not self.zh:
            return " ".join(words).capitalize() + "."
        return "".join(words[:5]) + "，" + "".join(words[5:]) + "。"

    def glue(self) -> str:
        """Return what may stand before a word: a little word, or nothing."""
        if self.dice.random() >= 0.15:
            return ""
        return self.words.little(self.dice) + ("" if self.zh else " ")

    def phrase(self, count: int) -> str:
        """Return a few words."""
        return ("" if self.zh else " ").join(self.words.some(self.dice, count))

    def day(self) -> date:
        """Return a day in the years of this vault."""
        return FIRST_DAY + timedelta(self.dice.randint(0, (TODAY - FIRST_DAY).days))


def main() -> None:
    """Write the vault that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    write_vault(wanted.folder, wanted.customers, wanted.seed)


if __name__ == "__main__":
    main()
