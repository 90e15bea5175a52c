"""Units and people from a table: what each row says, what is wrong with it, what it would change.

A row names a unit, a person, or both. Nothing is taken from a table in which any row is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.events import Finding
from services.intake.domain.accounts import check_new_account, normal_login
from services.intake.domain.errors import IntakeError

MAX_ROWS = 2000
MAX_TEXT = 200

COLUMNS: dict[str, tuple[str, str]] = {
    "unit_code": ("单位代码", "Code of the unit: small letters, digits, -"),
    "unit_name": ("单位名称", "Name of the unit"),
    "kind": ("单位类型", "Kind of the unit, as campaigns name it"),
    "region": ("地区", "Region"),
    "parent": (
        "上级单位代码",
        "Code of the unit above: of a member its committee library, of that the alliance",
    ),
    "login": ("登录名", "Login; leave out for a unit without an account"),
    "name": ("姓名或账号名称", "Name of the person or account"),
    "roles": ("身份", "Roles, with 、 between them"),
}
"""The columns by their key: the heading in Chinese, what is meant in English. Key or heading may stand on top."""

ROLE_NAMES: dict[str, str] = {
    "推荐单位": "unit",
    "委员馆": "committee",
    "工作组": "working-group",
    "个人": "individual",
    "秘书处": "secretariat",
    "联盟办": "secretariat",
    "专家": "expert",
    "纪检监督": "supervisor",
    "运维": "operator",
}
_ROLES = frozenset(ROLE_NAMES.values())
_UNIT_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}")
_BETWEEN_ROLES = re.compile(r"[、，,;；/\s]+")
_BY_HEADING = {zh: key for key, (zh, _) in COLUMNS.items()} | {key: key for key in COLUMNS}


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation, and the one above it."""

    code: str
    name: str
    kind: str = "unit"
    region: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the table wants it."""

    login: str
    name: str
    roles: frozenset[str]
    unit_code: str | None


@dataclass(slots=True)
class Table:
    """What a table says, and everything that is wrong with it. `lines` tells where a unit or login stood."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def wrong(self, line: int, slug: str, zh: str, en: str) -> None:
        place = f"row-{line}"
        self.findings.append(Finding(slug=slug, zh=f"第 {line} 行：{zh}", en=f"Row {line}: {en}", place=place))


def key_of_heading(heading: str) -> str | None:
    """The column that a heading stands for; what follows in brackets does not count."""
    return _BY_HEADING.get(re.split(r"[（(\s]", heading.strip(), maxsplit=1)[0])


def read_rows(rows: Iterable[tuple[int, Mapping[str, str]]], by: frozenset[str]) -> Table:
    """Everything in the rows, each with its line in the file; `by` are the roles of whoever imports them."""
    table = Table()
    for line, given in rows:
        row = {key: " ".join(given.get(key, "").split()) for key in COLUMNS}
        if not any(row.values()):
            continue
        long = [COLUMNS[key][0] for key, text in row.items() if len(text) > MAX_TEXT]
        if long:
            table.wrong(
                line,
                "too-long",
                f"“{'、'.join(long)}”超过 {MAX_TEXT} 个字符，请缩短。",
                f"More than {MAX_TEXT} characters.",
            )
            continue
        _read_unit(table, line, row)
        _read_person(table, line, row, by)
        if not row["unit_name"] and not row["login"]:
            table.wrong(line, "empty-row", "请填写单位名称或登录名。", "Give the name of a unit, or a login.")
    return table


def _read_unit(table: Table, line: int, row: Mapping[str, str]) -> None:
    code = row["unit_code"]
    if code and not _UNIT_CODE.fullmatch(code):
        table.wrong(
            line,
            "bad-unit-code",
            f"单位代码“{code}”有误，只能用小写字母、数字和 -，最多 40 个字符。",
            f"The code {code!r} is malformed: small letters, digits and -, at most 40.",
        )
        return
    if not row["unit_name"]:
        return
    if not code:
        table.wrong(line, "no-unit-code", "填写了单位名称，还需填写单位代码。", "A unit needs its code.")
        return
    kind = row["kind"] or "unit"
    if not _KIND.fullmatch(kind):
        table.wrong(
            line,
            "bad-kind",
            f"单位类型“{kind}”有误，应为活动定义中的类型，如 unit、committee、member。",
            f"The kind {kind!r} is malformed: write it as campaigns do, such as unit, committee, member.",
        )
        return
    unit = Unit(code, row["unit_name"], kind, row["region"], row["parent"] or None)
    earlier = table.units.get(code)
    if earlier is not None and earlier != unit:
        first = table.lines[f"unit:{code}"]
        table.wrong(
            line,
            "unit-twice",
            f"单位代码 {code} 与第 {first} 行的内容不一致，请统一。",
            f"The unit {code} stands in row {first} with other details.",
        )
        return
    table.units[code] = unit
    table.lines.setdefault(f"unit:{code}", line)


def _read_person(table: Table, line: int, row: Mapping[str, str], by: frozenset[str]) -> None:
    if not row["login"]:
        if row["name"] or row["roles"]:
            table.wrong(line, "no-login", "填写了姓名或身份，还需填写登录名。", "A person needs a login.")
        return
    login = normal_login(row["login"])
    names = [name for name in _BETWEEN_ROLES.split(row["roles"]) if name]
    roles = frozenset(ROLE_NAMES.get(name, name) for name in names)
    if unknown := sorted(roles - _ROLES):
        table.wrong(
            line,
            "unknown-role",
            f"不认识身份“{'、'.join(unknown)}”。可填：{'、'.join(ROLE_NAMES)}。",
            f"Unknown roles {', '.join(unknown)}; the roles are {', '.join(sorted(_ROLES))}.",
        )
        return
    if not roles:
        table.wrong(line, "no-role", f"请填写身份，可填：{'、'.join(ROLE_NAMES)}。", "Give at least one role.")
        return
    try:
        check_new_account(login, roles, row["unit_code"] or None, by)
    except IntakeError as error:
        table.wrong(line, error.slug, error.zh, error.en)
        return
    if login in table.people:
        first = table.lines[f"login:{login}"]
        table.wrong(
            line,
            "login-twice",
            f"登录名 {login} 在第 {first} 行已出现。一人多种身份请写在同一行，用“、”隔开。",
            f"The login {login} stands in row {first} already; put several roles into one row.",
        )
        return
    name = row["name"] or row["unit_name"] or login
    table.people[login] = Person(login, name, roles, row["unit_code"] or None)
    table.lines[f"login:{login}"] = line


def check_hierarchy(table: Table, known: Mapping[str, str | None]) -> None:
    """Every unit above exists, and nobody stands above himself. `known` is code → parent of what there is already."""
    parents = {**known, **{unit.code: unit.parent for unit in table.units.values()}}
    for unit in table.units.values():
        line = table.lines[f"unit:{unit.code}"]
        if unit.parent is not None and unit.parent not in parents:
            table.wrong(
                line,
                "unknown-parent",
                f"上级单位代码“{unit.parent}”不存在，请先在表中列出该单位。",
                f"There is no unit {unit.parent}; list it, too.",
            )
        elif _in_a_ring(unit.code, parents):
            table.wrong(line, "ring", f"单位 {unit.code} 的上级关系成环，请核对。", f"{unit.code} stands above itself.")
    for person in table.people.values():
        if person.unit_code is not None and person.unit_code not in parents:
            table.wrong(
                table.lines[f"login:{person.login}"],
                "unknown-unit",
                f"单位代码“{person.unit_code}”不存在，请填写单位名称，或先列出该单位。",
                f"There is no unit {person.unit_code}; give its name, or list it.",
            )


def _in_a_ring(code: str, parents: Mapping[str, str | None]) -> bool:
    above, seen = parents.get(code), {code}
    while above is not None and above in parents:
        if above in seen:
            return True
        seen.add(above)
        above = parents[above]
    return False


def template_rows() -> Sequence[Mapping[str, str]]:
    """Examples of every kind of row, invented."""
    return (
        {"unit_code": "shili-lm", "unit_name": "示例省图书馆联盟", "kind": "alliance", "region": "示例省"},
        {
            "unit_code": "shili-ct",
            "unit_name": "示例市图书馆",
            "kind": "committee",
            "region": "示例市",
            "parent": "shili-lm",
            "login": "shili-ct",
            "name": "示例市图书馆",
            "roles": "委员馆",
        },
        {
            "unit_code": "shili-xt",
            "unit_name": "示例县图书馆",
            "kind": "member",
            "region": "示例市",
            "parent": "shili-ct",
            "login": "shili-xt",
            "name": "示例县图书馆",
            "roles": "推荐单位",
        },
        {"login": "zhuanjia-1", "name": "示例专家", "roles": "专家"},
        {"login": "mishu-1", "name": "示例秘书", "roles": "秘书处、专家"},
    )
