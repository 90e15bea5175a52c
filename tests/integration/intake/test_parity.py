"""What a page does, a program may do: for every page, the operations of the JSON interfaces that do the same."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.intake.desk import Intake
from tests.integration.intake.test_permissions import page_routes

OPENAPI = Path(__file__).parents[3] / "contracts" / "openapi"
ENTRY, CAMPAIGN, MATERIAL = "entries/{entry_id}", "campaigns/{campaign_id}", "materials/{material_id}"
DESK, OFFICE = f"/desk/{ENTRY}", f"/office/{CAMPAIGN}"
NOTHING: tuple[str, ...] = ()
"""Of pages that only ask or only show how pages look: they neither tell nor do anything a program lacks."""

SAME: dict[str, tuple[str, ...]] = {
    "GET /": ("GET intake/campaigns",),
    "GET /language": NOTHING,
    "GET /paper/{number}/{revision}/{digest}": ("GET intake/papers/{number}/{revision}/{digest}",),
    # The door.
    "GET /login": NOTHING,
    "POST /login": ("POST intake/sessions",),
    "POST /login/code": ("POST intake/sessions",),
    "POST /logout": ("DELETE intake/own/sessions/{session_id}",),
    "GET /session": ("GET intake/own/sessions",),
    "GET /pass": ("POST intake/sessions",),
    "POST /pass": ("POST intake/sessions",),
    "PUT /pass": ("POST intake/sessions",),
    "GET /activate": NOTHING,
    "POST /activate": ("POST intake/activations",),
    "GET /password": NOTHING,
    "POST /password": ("POST intake/password-requests",),
    "GET /password/new": NOTHING,
    "POST /password/new": ("POST intake/activations",),
    # One's own account.
    "GET /account": ("GET intake/own/sessions", "GET intake/own/tokens"),
    "POST /account/sessions/{session_id}/end": ("DELETE intake/own/sessions/{session_id}",),
    "POST /account/sessions/end-others": ("GET intake/own/sessions", "DELETE intake/own/sessions/{session_id}"),
    "GET /account/password": NOTHING,
    "POST /account/password": ("POST intake/own/password",),
    "GET /account/contact": ("GET notify/contact",),
    "POST /account/contact": ("POST intake/sessions",),  # whose token says when the password was given
    "GET /account/contact/saved": NOTHING,
    "POST /account/pass": ("PUT notify/contact",),
    "POST /account/tokens": ("POST intake/own/tokens",),
    "POST /account/tokens/{token_id}/revoke": ("DELETE intake/own/tokens/{token_id}",),
    "GET /totp": ("POST intake/own/second-factor",),
    "POST /totp": ("POST intake/own/second-factor/confirmation",),
    # A unit's desk.
    "GET /desk": ("GET intake/campaigns", f"GET intake/{CAMPAIGN}/entries"),
    f"GET /desk/{CAMPAIGN}": (f"GET intake/{CAMPAIGN}", f"GET intake/{CAMPAIGN}/entries"),
    f"GET /desk/{CAMPAIGN}/members": (f"GET intake/{CAMPAIGN}/members",),
    f"GET /desk/{CAMPAIGN}/documents": (f"GET intake/{CAMPAIGN}/documents",),
    f"POST /desk/{CAMPAIGN}/entries": (f"POST intake/{CAMPAIGN}/entries",),
    "GET /desk/messages": (f"GET intake/{CAMPAIGN}/happenings", "GET notify/messages"),
    f"GET {DESK}": (f"GET intake/{ENTRY}",),
    f"POST {DESK}": (f"PUT intake/{ENTRY}/fields",),
    f"PUT {DESK}/fields": (f"PUT intake/{ENTRY}/fields",),
    f"GET {DESK}/progress": (f"GET intake/{ENTRY}",),
    f"GET {DESK}/preview": (f"GET intake/{ENTRY}",),
    f"GET {DESK}/submit": (f"GET intake/{ENTRY}",),
    f"POST {DESK}/submit": (f"POST intake/{ENTRY}/submission",),
    f"GET {DESK}/receipt": (f"GET intake/{ENTRY}", f"GET files/{ENTRY}/receipt.pdf"),
    f"GET {DESK}/withdraw": NOTHING,
    f"POST {DESK}/withdraw": (f"POST intake/{ENTRY}/withdrawal",),
    f"POST {DESK}/renewal": (f"POST intake/{ENTRY}/renewal",),
    f"GET {DESK}/history": (f"GET intake/{ENTRY}/history",),
    f"GET {DESK}/history/difference": (f"GET intake/{ENTRY}/history",),
    f"POST {DESK}/history": (f"POST intake/{ENTRY}/restorations",),
    f"GET {DESK}/documents": (f"GET intake/{ENTRY}/documents", f"GET files/{ENTRY}/documents/{{key}}.{{kind}}"),
    # Files.
    f"GET {DESK}/files": (f"GET intake/{ENTRY}",),
    f"GET {DESK}/materials": (f"GET intake/{ENTRY}",),
    f"GET {DESK}/materials/live": (f"GET intake/{ENTRY}",),
    f"POST {DESK}/materials": (f"POST intake/{ENTRY}/materials",),
    f"POST {DESK}/upload": (f"POST intake/{ENTRY}/materials",),
    f"GET {DESK}/arrival": (f"POST intake/{MATERIAL}/completion",),
    f"PUT {DESK}/order": (f"PUT intake/{ENTRY}/order",),
    f"GET /desk/{MATERIAL}/parts": (f"GET intake/{MATERIAL}/parts",),
    f"POST /desk/{MATERIAL}/parts": (f"POST intake/{MATERIAL}/parts",),
    f"POST /desk/{MATERIAL}/completion": (f"POST intake/{MATERIAL}/completion",),
    f"PUT /desk/{MATERIAL}/caption": (f"PUT intake/{MATERIAL}/caption",),
    f"DELETE /desk/{MATERIAL}": (f"DELETE intake/{MATERIAL}",),
    f"POST /desk/{MATERIAL}/removal": (f"DELETE intake/{MATERIAL}",),
    f"POST /desk/{MATERIAL}/restoration": (f"POST intake/{MATERIAL}/restoration",),
    f"GET /desk/{MATERIAL}/picture": (f"GET intake/{MATERIAL}/preview",),
    f"GET /desk/{MATERIAL}/playable": (f"GET intake/{MATERIAL}/playable",),
    f"GET /desk/{MATERIAL}/file": (f"GET intake/{MATERIAL}/link",),
    # The office.
    "GET /office": ("GET intake/campaigns", f"GET intake/{CAMPAIGN}/progress"),
    "GET /office/campaigns": ("GET intake/campaigns",),
    "GET /office/new-campaign": NOTHING,
    "POST /office/new-campaign": ("POST intake/campaigns",),
    f"GET {OFFICE}": (f"GET intake/{CAMPAIGN}/record",),
    f"GET {OFFICE}/export": (f"GET intake/{CAMPAIGN}/export",),
    f"GET {OFFICE}/amend": NOTHING,
    f"POST {OFFICE}/amend": (
        f"POST intake/{CAMPAIGN}/amendments/preview",
        f"POST intake/{CAMPAIGN}/amendments",
    ),
    f"GET {OFFICE}/close": NOTHING,
    f"POST {OFFICE}/close": (f"POST intake/{CAMPAIGN}/closing",),
    f"GET {OFFICE}/progress": (f"GET intake/{CAMPAIGN}/progress",),
    f"GET {OFFICE}/progress/file": (f"GET intake/{CAMPAIGN}/progress/export",),
    f"GET {OFFICE}/units/{{unit_code}}": (f"GET intake/{CAMPAIGN}/progress", f"GET intake/{CAMPAIGN}/entries"),
    f"GET /office/{ENTRY}": (f"GET intake/{ENTRY}",),
    "GET /office/accounts": ("GET intake/accounts",),
    "GET /office/accounts/template.xlsx": ("GET intake/accounts/imports/template.csv",),
    "GET /office/accounts/template.csv": ("GET intake/accounts/imports/template.csv",),
    "GET /office/accounts/import": NOTHING,
    "POST /office/accounts/import": ("POST intake/accounts/imports",),
    "POST /office/accounts/letters.pdf": ("POST files/letters",),
    "GET /office/accounts/codes": ("GET intake/accounts",),
    "POST /office/accounts/codes": ("POST intake/accounts/activations",),
    "GET /office/accounts/{account_id}": ("GET intake/accounts",),
    "POST /office/accounts/{account_id}/code": ("POST intake/accounts/{account_id}/activation",),
    "GET /office/accounts/{account_id}/disable": NOTHING,
    "POST /office/accounts/{account_id}/disable": ("POST intake/accounts/{account_id}/disabling",),
    "POST /office/accounts/{account_id}/second-factor": ("DELETE intake/accounts/{account_id}/second-factor",),
}


def operations() -> set[str]:
    """What the published documents describe."""
    found = set()
    for service in ("intake", "files", "notify"):
        paths = json.loads((OPENAPI / f"{service}.json").read_text(encoding="utf-8"))["paths"]
        for path, item in paths.items():
            short = path.replace(f"/api/{service}/v1", service, 1)
            found |= {f"{method.upper()} {short}" for method in item}
    return found


def test_whatever_a_page_does_a_program_may_do(intake: Intake) -> None:
    pages = {f"{method} {path}" for method, path, _ in page_routes(intake) if method != "HEAD"}

    assert set(SAME) == pages
    assert {one for row in SAME.values() for one in row} <= operations()
