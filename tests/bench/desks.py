"""A unit's desk: the editor's page at one reader, submissions by eight units at once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

import httpx

from contracts.campaign import CampaignDefinition
from tests.bench.figures import Figure, percentile
from tests.bench.wire import Wire, load
from tests.demo.inputs import EntryPlan
from tests.demo.office import Office
from tests.demo.people import Account
from tests.demo.run import Run, all_of
from tests.demo.units import form_of

EDITOR_BAR_MS = 8
_TOKEN = re.compile(r'name="([^"]*csrf[^"]*)"\s+value="([^"]+)"')


async def editor(port: int, account: Account, entry_id: str, samples: int) -> list[Figure]:
    """editor-p50: the page of a draft with an article in it, by a session of the unit's own."""
    url = f"http://127.0.0.1:{port}"
    wire = Wire(url, {"cookie": await _signed_in(url, account)})
    sizes: list[int] = []

    async def look() -> None:
        status, content = await wire.send("GET", f"/desk/entries/{entry_id}", {})
        if status != 200:
            raise AssertionError(f"the editor's page was answered {status}: {content[:300]!r}")
        sizes.append(len(content))

    await load([look], samples // 6)
    seconds = (await load([look], samples)).seconds
    told = {"readers": 1, "samples": samples, "page_bytes": sizes[-1], "p95_ms": _ms(percentile(seconds, 0.95))}
    return [Figure("editor-p50", _ms(percentile(seconds, 0.5)), "ms", f"≤ {EDITOR_BAR_MS}", told)]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


async def _signed_in(url: str, account: Account) -> str:
    """Sign in as a browser does; the cookies that it holds then."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, follow_redirects=False) as browser:
        form = await browser.get("/login")
        hidden = _TOKEN.search(form.text)
        assert hidden is not None, form.text[:500]
        fields = {hidden[1]: hidden[2], "login": account.person.login, "password": account.password}
        answer = await browser.post("/login", data=fields, headers={"origin": url, "sec-fetch-site": "same-origin"})
        assert answer.status_code == 303, answer.text[:500]
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def submissions(
    run: Run, office: Office, accounts: Sequence[Account], ports: Sequence[int], each: int
) -> list[Figure]:
    """submit-rps and submit-p95: every unit hands in `each` entries, one after the other, all units at once."""
    definition = without_limits(run.definition)
    await office.account.door.post("intake/v1/campaigns", definition=definition.model_dump(mode="json"))
    ready = await all_of(_ready(account, definition.id, run.inputs.plan.entries[0], each) for account in accounts)
    senders = [
        _sender(Wire(f"http://127.0.0.1:{ports[n % len(ports)]}", _bearer(account)), ready[n])
        for n, account in enumerate(accounts)
    ]
    done = await load(senders, each)
    detail = {"units": len(accounts), "processes": len(ports), "entries": len(done.seconds)}
    return [
        Figure("submit-rps", round(done.rate), "1/s", "", detail),
        Figure("submit-p95", _ms(percentile(done.seconds, 0.95)), "ms", "", detail),
    ]


def without_limits(definition: CampaignDefinition) -> CampaignDefinition:
    """The campaign under another id, where a unit may hand in as many stories as it likes, without photos."""
    story = definition.categories[0]
    free = tuple(rule.model_copy(update={"min_count": 0}) for rule in story.materials)
    open_to_all = story.model_copy(update={"quota_per_unit": None, "materials": free})
    return definition.model_copy(update={"id": f"{definition.id}-s", "categories": (open_to_all,)})


def _bearer(account: Account) -> dict[str, str]:
    return {"authorization": f"Bearer {account.door.token or ''}"}


async def _ready(account: Account, campaign_id: str, plan: EntryPlan, count: int) -> list[tuple[str, int]]:
    """Drafts with all their texts: id and version of each."""
    made = []
    for _ in range(count):
        entry = await account.door.post(f"intake/v1/campaigns/{campaign_id}/entries", category="story")
        saved = await account.door.put(
            f"intake/v1/entries/{entry['entry_id']}/fields", version=entry["version"], fields=form_of(plan, account)
        )
        assert not saved["problems"], saved["problems"]
        made.append((entry["entry_id"], saved["version"]))
    return made


def _sender(wire: Wire, ready: list[tuple[str, int]]) -> Callable[[], Awaitable[None]]:
    left = iter(ready)

    async def submit() -> None:
        entry_id, version = next(left)
        path = f"/api/intake/v1/entries/{entry_id}/submission"
        status, content = await wire.send("POST", path, {"version": version})
        if status != 201:
            raise AssertionError(f"a submission was answered {status}: {content[:300]!r}")

    return submit
