"""Reading a campaign definition from YAML, with the line and column of everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from contracts.campaign import Calendar, CampaignDefinition, Flaw
from contracts.campaign.explain import examine
from contracts.campaign.rules import Place

CAMPAIGNS = Path(__file__).parent / "campaigns"
"""The definitions that the platform ships."""

MAX_BYTES = 512 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 20

_YAML = "tag:yaml.org,2002:"
_TAGS = {f"{_YAML}{name}" for name in ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file; line and column count from 1."""

    line: int
    column: int
    path: str
    slug: str
    zh: str
    en: str

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" + (f" {self.path}" if self.path else "")
        return f"{where}: {self.zh} {self.en}"


class DefinitionError(Exception):
    """The campaign definition cannot be used; `problems` says why, in the order of the file."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}:{problem}" for problem in problems))


def load_definition(source: Path | str) -> CampaignDefinition:
    """The definition in a file (a Path, or a string of one line) or in YAML text (a string of several lines).

    Raises DefinitionError with every problem found.
    """
    if isinstance(source, str) and "\n" in source:
        return read_definition("<text>", source)
    return read_definition(str(source), _read(Path(source)))


def read_definition(name: str, text: str) -> CampaignDefinition:
    """The definition in YAML text; `name` is what a problem's place is told in. Opens no file, whatever the text says.

    Raises DefinitionError with every problem found.
    """
    if len(text) > MAX_BYTES:
        zh = f"内容有 {len(text)} 个字符，超过 {MAX_BYTES} 个；活动定义不会这么长，请核对。"
        en = f"The text has {len(text)} characters; at most {MAX_BYTES} are read. Is it the right one?"
        raise DefinitionError(name, (Problem(1, 1, "", "file-too-large", zh, en),))
    document = _Document(name, text)
    definition, flaws = examine(document.data)
    found = [*document.problems, *(document.problem(flaw) for flaw in flaws)]
    if found or definition is None:
        # A part that is written once and used by alias in several places is told about once.
        once = {(problem.line, problem.column, problem.slug): problem for problem in reversed(found)}
        raise DefinitionError(name, tuple(once[place] for place in sorted(once)))
    return definition


def shipped(name: str) -> CampaignDefinition:
    """A definition that the platform ships, e.g. `cls-2017`."""
    return load_definition(CAMPAIGNS / f"{name}.yaml")


def with_calendar(definition: CampaignDefinition, calendar: Calendar) -> CampaignDefinition:
    """The same campaign with another calendar. Raises pydantic.ValidationError if the two do not fit."""
    return CampaignDefinition.model_validate({**definition.model_dump(), "calendar": calendar.model_dump()})


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _unreadable(
                path,
                "file-too-large",
                f"文件有 {size} 字节，超过 {MAX_BYTES} 字节；活动定义不会这么长，请核对是否选错了文件。",
                f"The file has {size} bytes; at most {MAX_BYTES} are read. Is it the right file?",
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(
            path,
            "not-utf-8",
            "文件不是 UTF-8 编码，请在编辑器中另存为 UTF-8 后再试。",
            "The file is not UTF-8; save it as UTF-8 in your editor and try again.",
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(
            path,
            "unreadable",
            f"无法读取文件 {path}（{error}）。请核对路径和权限。",
            f"The file {path} cannot be read ({error}). Check its path and permissions.",
        ) from error


def _unreadable(path: Path, slug: str, zh: str, en: str) -> DefinitionError:
    return DefinitionError(str(path), (Problem(1, 1, "", slug, zh, en),))


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False  # a part that stands there twice is told about as such
    return yaml


class _Document:
    """A YAML document as plain data, and where each of its places stands in the text.

    Built from the parser's nodes: they know their positions, keep repeated keys, and construct nothing.
    """

    def __init__(self, name: str, text: str) -> None:
        self.problems: list[Problem] = []
        self._positions: dict[Place, tuple[int, int]] = {}
        self._nodes = 0
        self._stopped = False
        root = self._compose(name, text)
        self._positions[()] = _position(root.start_mark)
        self.data = self._value(root, ())

    def problem(self, flaw: Flaw) -> Problem:
        """A flaw with the position of its place, or of the nearest part around it that is written in the text."""
        place = flaw.path
        while place not in self._positions:
            place = place[:-1]
        line, column = self._positions[place]
        return Problem(line, column, _dotted(flaw.path), flaw.slug, flaw.zh, flaw.en)

    def _compose(self, name: str, text: str) -> Node:
        try:
            root: Node | None = _yaml().compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _no_yaml(name, mark, str(error.problem or error.context)) from error
        except ReaderError as error:
            raise _unprintable(name, text, error) from error
        except (YAMLError, ValueError) as error:
            raise _no_yaml(name, None, str(error)) from error
        if root is None:
            raise DefinitionError(
                name, (Problem(1, 1, "", "empty-file", "文件中没有内容。", "There is nothing in the file."),)
            )
        return root

    def _value(self, node: Node, place: Place) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(place) > MAX_DEPTH:
            if not self._stopped:
                self._note(
                    node, place, "too-much", "内容过多或嵌套过深，未继续读取。", "Too much or too deep; not read on."
                )
            self._stopped = True
            return None
        if node.tag not in _TAGS:
            self._note(node, place, "unknown-tag", f"不支持标记 {node.tag}。", f"No tag {node.tag} is known here.")
        if isinstance(node, MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, SequenceNode):
            return [self._member(item, (*place, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _member(self, node: Node, place: Place) -> Any:
        self._positions[place] = _position(node.start_mark)
        return self._value(node, place)

    def _pairs(self, node: MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._note(key_node, place, "odd-key", "键必须是一个词。", "A key must be a single word.")
                continue
            key = str(key_node.value)
            where = (*place, key)
            if key in seen:
                self._note(
                    key_node,
                    where,
                    "duplicate-key",
                    f"键 {key!r} 在同一层出现了两次（第一次在第 {seen[key]} 行），请删去一个。",
                    f"The key {key!r} stands here twice (first in line {seen[key]}); remove one.",
                )
                continue
            seen[key] = key_node.start_mark.line + 1
            self._positions[where] = _position(key_node.start_mark)
            yield key, self._value(value_node, where)

    def _note(self, node: Node, place: Place, slug: str, zh: str, en: str) -> None:
        line, column = _position(node.start_mark)
        self.problems.append(Problem(line, column, _dotted(place), slug, zh, en))


def _scalar(node: Node) -> Any:
    """A scalar as the YAML 1.2 core schema has it; dates and times stay text, since the models read them."""
    text = str(node.value)
    if node.tag == f"{_YAML}null":
        return None
    if node.tag == f"{_YAML}bool":
        return text.lower() in {"true", "yes", "on"}
    if node.tag in {f"{_YAML}int", f"{_YAML}float"}:
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """A number, or the text itself where no number was meant: 0123 is a code that somebody forgot to quote."""
    plain = text.replace("_", "").lower()
    if len(plain) > 1 and plain.isdecimal() and plain.startswith("0"):
        return text
    for read in (_whole, float):
        try:
            return read(plain)
        except ValueError:
            continue
    return text


def _whole(text: str) -> int:
    return int(text, 0)


_FREQUENT: tuple[tuple[str, str, str], ...] = (
    ("'\\t'", "这里用了制表符（Tab）缩进；YAML 只允许空格，请改为空格。", "A tab stands here; YAML takes only spaces."),
    ("maximum depth", f"嵌套超过 {MAX_DEPTH} 层，请检查括号和缩进。", f"Nested deeper than {MAX_DEPTH} levels."),
    ("undefined alias", "引用（*名称）没有对应的定义（&名称），请核对。", "This alias (*name) has no anchor (&name)."),
    ("another document", "一个文件只能写一个活动，请删去“---”及其后内容。", "A file holds one campaign; remove “---”."),
    ("unexpected end of stream", "引号或括号没有结束，请补上。", "A quote or bracket is not closed."),
    ("mapping values are not allowed", "这里的冒号使内容无法识别；含冒号的文字请加引号，并检查缩进。",
     "This colon cannot stand here: quote a text that has one, and check the indentation."),
)  # fmt: skip


def _no_yaml(name: str, mark: StringMark | None, reason: str) -> DefinitionError:
    line, column = _position(mark) if mark is not None else (1, 1)
    zh, en = next(
        ((own_zh, own_en) for part, own_zh, own_en in _FREQUENT if part in reason),
        (
            f"YAML 语法有误（{reason}）。请检查此处的缩进、冒号后的空格、引号和括号。",
            f"This is not valid YAML ({reason}). Check the indentation, spaces after colons, quotes and brackets.",
        ),
    )
    return DefinitionError(name, (Problem(line, column, "", "bad-yaml", zh, en),))


def _unprintable(name: str, text: str, error: ReaderError) -> DefinitionError:
    """The reader knows only how many characters came before."""
    before = text[: error.position]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    code = f"U+{ord(text[error.position]):04X}" if error.position < len(text) else "?"
    zh = f"文字中含有不可见的控制字符 {code}，请删去后重新输入。"
    return DefinitionError(
        name,
        (
            Problem(
                line, column, "", "control-character", zh, f"The text holds the control character {code}; remove it."
            ),
        ),
    )


def _position(mark: StringMark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _dotted(place: Place) -> str:
    return ".".join(str(step) for step in place)
