"""The commands that speak with intake's HTTP API: signing in, and campaigns.

A token comes from `laurel login`, which keeps it in the stack's folder for its owner alone, or from $LAUREL_TOKEN.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import httpx

from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import DefinitionError, load_definition
from infra.stack.config import StackError, stack_folder
from infra.stack.files import write_file
from infra.stack.lifecycle import state_of

_V1 = "/api/intake/v1"


def api_url() -> str:
    """$LAUREL_URL, else the origin of the stack that is up."""
    return os.environ.get("LAUREL_URL", "").rstrip("/") or str(state_of(stack_folder())["url"])


def _session_file() -> Path:
    return stack_folder() / "session.json"


def token() -> str:
    """The caller's access token. Raises StackError if there is none."""
    given = os.environ.get("LAUREL_TOKEN", "").strip()
    if given:
        return given
    try:
        return str(json.loads(_session_file().read_text())["access_token"])
    except (OSError, ValueError, KeyError) as error:
        raise StackError(
            "尚未登录，请先运行 laurel login（或设置 LAUREL_TOKEN）。\n"
            "Not signed in; run `laurel login` first (or set LAUREL_TOKEN)."
        ) from error


def call(method: str, path: str, body: object = None, *, signed: bool = False) -> Any:
    """An answer's JSON, or its text if it is none. Raises StackError with the problem's own sentences."""
    headers = {"Authorization": f"Bearer {token()}"} if signed else {}
    try:
        answer = httpx.request(method, api_url() + _V1 + path, json=body, headers=headers, timeout=30, trust_env=False)
    except httpx.HTTPError as error:
        raise StackError(f"无法访问 {api_url()}：{error}\n{api_url()} cannot be reached: {error}") from error
    told = answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
    if answer.is_error:
        raise StackError(_explained(answer.status_code, told if isinstance(told, dict) else {}))
    return told


def _explained(status: int, problem: Mapping[str, Any]) -> str:
    lines = [str(problem.get("detail") or status), str(problem.get("detail_en") or "")]
    for finding in problem.get("findings", ()):
        lines += [f"  - {finding.get('place') or ''} {finding.get('zh', '')} {finding.get('en', '')}"]
    return "\n".join(line for line in lines if line)


@click.command()
@click.option("--login", "login_name", prompt="登录名 login")
@click.option("--password", prompt="口令 password", hide_input=True, envvar="LAUREL_PASSWORD")
def login(login_name: str, password: str) -> None:
    """Sign in; the token is kept for the following commands."""
    session = call("POST", "/sessions", {"login": login_name, "password": password})
    write_file(_session_file(), json.dumps(session))
    click.echo(f"已登录 signed in: {session['account']['name']}, 有效至 until {session['expires_at']}")


@click.group()
def campaign() -> None:
    """Check, open, amend, close, list, show and export campaigns."""


@campaign.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check a definition (YAML) and say everything that is wrong in it, with line and column."""
    definition = _load(file)
    click.echo(f"✓ {definition.id}: {definition.title.zh} {definition.title.en}")
    click.echo(f"  类别 categories {len(definition.categories)}, 推荐单位 units {len(definition.units)}")


@campaign.command("open")
@click.argument("file", type=click.Path(path_type=Path))
def open_(file: Path) -> None:
    """Open the campaign that a definition (YAML) describes."""
    opened = call("POST", "/campaigns", {"definition": _load(file).model_dump(mode="json")}, signed=True)
    click.echo(f"已开启 opened: {opened['campaign_id']} (v{opened['version']})")


class Moment(click.ParamType[datetime]):
    """A date and time. One without a zone is taken to be in the campaign's, when the command knows it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} 不是日期时间，例如 is not a date and time, e.g. 2025-04-08T18:00+08:00", param, ctx)


class Extension(click.ParamType[tuple[str, datetime]]):
    """UNIT=TIME."""

    name = "unit=time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, datetime]:
        unit, equals, moment = str(value).partition("=")
        if not (unit and equals):
            self.fail(f"{value!r}: 应为 write 单位代码 UNIT=时间 TIME", param, ctx)
        return unit, Moment().convert(moment, param, ctx)


@campaign.command()
@click.argument("campaign_id")
@click.option("--online-deadline", type=Moment())
@click.option("--cutoff", type=Moment(), help="When submitting really ends.")
@click.option("--paper-deadline", type=Moment(), help="When paper copies are due.")
@click.option("--review-due", type=Moment(), help="When experts' scores are due.")
@click.option("--extend", type=Extension(), help="A later cut-off for one unit.")
@click.option("--unit", help="With --until: the code of a unit that gets a later cut-off.")
@click.option("--until", type=Moment(), help="With --unit: its cut-off.")
@click.option("--reason", required=True)
def amend(
    campaign_id: str,
    online_deadline: datetime | None,
    cutoff: datetime | None,
    paper_deadline: datetime | None,
    review_due: datetime | None,
    extend: tuple[str, datetime] | None,
    unit: str | None,
    until: datetime | None,
    reason: str,
) -> None:
    """Change a campaign's calendar, for everybody or for one unit. Times without a zone are the campaign's own."""
    if (unit is None) != (until is None):
        raise StackError("--unit 与 --until 须同时给出。\nGive --unit and --until together.")
    if unit is not None and until is not None:
        extend = (unit, until)
    zone = ZoneInfo(call("GET", f"/campaigns/{campaign_id}")["definition"]["time_zone"])

    def zoned(moment: datetime) -> str:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()

    moments = {
        "online_deadline": online_deadline,
        "cutoff": cutoff,
        "paper_deadline": paper_deadline,
        "review_due": review_due,
    }
    body: dict[str, object] = {name: zoned(moment) for name, moment in moments.items() if moment is not None}
    if extend is not None:
        body["extension"] = {"unit_code": extend[0], "cutoff": zoned(extend[1])}
    amended = call("POST", f"/campaigns/{campaign_id}/amendments", {**body, "reason": reason}, signed=True)
    click.echo(f"已修改 amended: {campaign_id} (v{amended['version']})")


@campaign.command()
@click.argument("campaign_id")
@click.option("--reason", required=True)
def close(campaign_id: str, reason: str) -> None:
    """Accept nothing from now on. What is submitted stays; returned entries may still be mended."""
    closed = call("POST", f"/campaigns/{campaign_id}/closing", {"reason": reason}, signed=True)
    click.echo(f"已关闭 closed: {campaign_id} (v{closed['version']})")


@campaign.command()
@click.argument("campaign_id")
@click.option("--version", type=click.IntRange(min=1), help="As it stood then.")
def export(campaign_id: str, version: int | None) -> None:
    """Write the definition as YAML, with its version and extensions as comments; `check` accepts it."""
    query = f"?version={version}" if version else ""
    click.echo(call("GET", f"/campaigns/{campaign_id}/export{query}", signed=True), nl=False)


@campaign.command("list")
def list_() -> None:
    """All campaigns, newest first."""
    for one in call("GET", "/campaigns")["items"]:
        title, calendar = one["definition"]["title"], one["definition"]["calendar"]
        click.echo(f"{one['campaign_id']}  v{one['version']}  截止 closes {calendar['online_deadline']}  {title['zh']}")


@campaign.command()
@click.argument("campaign_id")
def show(campaign_id: str) -> None:
    """A campaign with its definition, as JSON."""
    click.echo(json.dumps(call("GET", f"/campaigns/{campaign_id}"), ensure_ascii=False, indent=1))


def _load(file: Path) -> CampaignDefinition:
    try:
        return load_definition(file)
    except DefinitionError as error:
        raise StackError(str(error)) from error
