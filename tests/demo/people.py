"""Who takes part: invented people with accounts, passwords of their own and contacts that reach nobody."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from contracts.campaign import CampaignDefinition
from tests.demo.clients import Door
from tests.demo.inputs import Scale

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
EXPERT_ORGANISATIONS = (
    "江畔大学图书馆",
    "南岭师范学院",
    "秦川文化研究所",
    "海河大学信息学院",
    "陇上图书馆学会",
    "云间出版研究院",
)
EXPERT_UNITS = ("jswh", "gdwht", "shxwht", "tjwhj", "gswht", "hnwgt")
"""Units whose regions the experts come from: the first three recommend entries, so that conflicts matter."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to have an account."""

    login: str
    name: str
    role: str
    email: str
    mobile: str
    unit_code: str | None = None
    region: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who is signed in."""

    person: Person
    account_id: str
    door: Door
    password: str


def cast(scale: Scale, definition: CampaignDefinition, stamp: str) -> tuple[Person, list[Person], list[Person]]:
    """The secretariat, the units (the silent one last), six experts. `stamp` makes logins and mailboxes this run's."""

    def person(number: int, login: str, name: str, role: str, **more: Any) -> Person:
        # 1990000xxxx was never given out; example.org reaches nobody.
        mobile, email = f"1990000{number:04d}", f"{login}@{stamp}.laurel.example.org"
        return Person(f"{login}-{stamp}", name, role, email, mobile, **more)

    secretariat = person(1, "secretariat", "示例秘书处", "secretariat")
    units = [
        person(
            100 + number,
            f"unit-{code}",
            f"{SURNAMES[number % len(SURNAMES)]}联络员",
            "unit",
            unit_code=code,
            region=_region(definition, code),
        )
        for number, code in enumerate((*scale.units, scale.silent_unit))
    ]
    experts = [
        person(
            200 + number,
            f"expert-{number + 1}",
            f"{SURNAMES[-1 - number]}评委",
            "expert",
            region=_region(definition, code),
            organisation=organisation,
        )
        for number, (code, organisation) in enumerate(zip(EXPERT_UNITS, EXPERT_ORGANISATIONS, strict=True))
    ]
    return secretariat, units, experts


def _region(definition: CampaignDefinition, code: str) -> str:
    unit = definition.unit(code)
    if unit is None:
        raise LookupError(f"{definition.id} invites no unit {code}")
    return unit.region


async def join(person: Person, by: Door, everyone: Door) -> Account:
    """An account for a person: made by the secretariat, activated, signed in, its contact written down."""
    body: dict[str, Any] = {"login": person.login, "name": person.name, "roles": [person.role]}
    if person.unit_code is not None:
        body["unit_code"] = person.unit_code
    made = await by.post("intake/v1/accounts", **body)
    return await activate(person, made["activation_code"], everyone)


async def activate(person: Person, code: str, everyone: Door) -> Account:
    """Use a one-time activation code, sign in with a password of one's own, leave a contact."""
    password = secrets.token_urlsafe(15)
    await everyone.post("intake/v1/activations", code=code, password=password)
    session = await everyone.post("intake/v1/sessions", login=person.login, password=password)
    door = everyone.with_token(session["access_token"])
    await door.put("notify/v1/contact", name=person.name, mobile=person.mobile, email=person.email)
    return Account(person, session["account"]["account_id"], door, password)
