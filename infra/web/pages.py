"""Pages: one frame, one set of parts, one policy for every service that shows some.

A service makes one `Pages` with its own templates and static files, and says who is looking by `infra.web.visits`.
Templates extend `base.html` and import the macros of `parts.html`; both stand in `infra/web/templates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse

from infra.web.cookies import read_cookie, set_cookie
from infra.web.csrf import DOOR, FIELD, HEADER, Csrf, new_door
from infra.web.problems import Problem
from infra.web.static_files import PAGE_POLICY, import_map, mount_static, static_url
from infra.web.visits import Visitor

LANGUAGES = {"both": "", "zh": "zh", "en": "en"}
_LANGUAGE = "laurel-lang"
_A_YEAR = 365 * 86_400
_PARTS_OF_SCRIPTS = "script-src 'self' {modules}; connect-src 'self' {storage}; media-src {storage}; "


# A page says some hundred things so, most of them always the same: remembered, they cost a third of its time less.
# `typed`: what is marked as safe must never stand in for the same characters that are not.
@lru_cache(maxsize=4096, typed=True)
def both_languages(zh: str, en: str = "") -> Markup:
    """A text in Chinese with the English beside it: `both` of parts.html."""
    said = Markup('<span class="zh">{}</span>').format(zh)
    return said + Markup(' <span class="en" lang="en">{}</span>').format(en) if en else said


@lru_cache(maxsize=4096, typed=True)
def either_language(zh: str, en: str) -> Markup:
    """A text in Chinese; in English for who has chosen that alone: dates, names of things that were said before."""
    return Markup('<span class="zh">{}</span><span class="en instead" lang="en">{}</span>').format(zh, en)


@pass_context
def word(context: Context, zh: str, en: str) -> str:
    """The same as plain text, where no markup may stand, as in an option: both, or the one that was chosen."""
    return {"zh": zh, "en": en}.get(context.get("language", ""), f"{zh} {en}")


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A place that the header links to."""

    href: str
    zh: str
    en: str


@dataclass
class Pages:
    """The pages of one service. `package` holds templates/ and, if it has any, static/ (served at /static/<name>/)."""

    package: str
    name: str
    menu: Callable[[Visitor], Iterable[MenuItem]] = field(default=lambda _visitor: ())

    def __post_init__(self) -> None:
        self.static = Path(__import__(self.package, fromlist=["_"]).__file__ or "").parent / "static"
        self.templates = Environment(
            loader=ChoiceLoader([PackageLoader(self.package), PackageLoader("infra.web")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.templates.globals["static_url"] = self.static_url
        self.templates.globals |= {"both_languages": both_languages, "either": either_language, "word": word}
        self.templates.globals["fixed"] = cache(self._fixed)
        self.modules = import_map(self.static, self.name)

    def _fixed(self, template: str) -> Markup:
        """A template that depends on nothing, so that it is rendered once: `{{ fixed('blank.html') }}`."""
        return Markup(self.templates.get_template(template).render())  # noqa: S704 - it has escaped what it shows

    def static_url(self, name: str) -> str:
        """The address of a shared file, or of one of this service's own: `<service's name>/<file>`."""
        own, slash, rest = name.partition("/")
        return static_url(rest, self.static, own) if slash and own == self.name else static_url(name)

    def add_to(self, app: FastAPI, csrf: Csrf, *, storage: str = "") -> None:
        """Serve the static files, switch languages, and answer what is refused with a page instead of JSON.

        `storage` is the origin that browsers upload to and show media from.
        """
        app.state.pages, app.state.csrf, app.state.storage_origin = self, csrf, storage
        if self.static.is_dir():
            mount_static(app, self.static, self.name)
        mount_static(app)

        @app.get("/language", include_in_schema=False)
        def language(request: Request, show: str = "both", back: str = "/") -> Response:
            """Show Chinese, English, or both; kept in a cookie of its own."""
            answer = redirect(local_path(back))
            set_cookie(request, answer, _LANGUAGE, show if show in LANGUAGES else "both", max_age=_A_YEAR)
            return answer

    def show(
        self, request: HTTPConnection, template: str, *, status: int = 200, scripts: bool = False, **values: Any
    ) -> HTMLResponse:
        """A page. Without `scripts` its policy allows none; with them laurel.js is there, htmx where its block asks."""
        look = _Look(self, request, scripts=scripts)
        html = self.templates.get_template(template).render(**look.context(), **values)
        answer = HTMLResponse(html, status_code=status, headers={"Content-Security-Policy": look.policy})
        if look.new_door:
            set_cookie(request, answer, DOOR, look.new_door)
        return answer

    def refuse(self, request: HTTPConnection, problem: Problem) -> HTMLResponse:
        """What is refused, as a page: the sentence, what is wrong, the way back."""
        answer = self.show(request, "refused.html", status=problem.type.status, problem=problem)
        if "retry_after" in problem.extra:
            answer.headers["Retry-After"] = str(problem.extra["retry_after"])
        return answer


class _Look:
    """How one page looks to one visitor: his language, his menu, his tokens."""

    def __init__(self, pages: Pages, request: HTTPConnection, *, scripts: bool) -> None:
        self.request, self.pages, self.scripts = request, pages, scripts
        self.visitor: Visitor | None = getattr(request.state, "visitor", None)
        self.csrf: Csrf = request.app.state.csrf
        self.new_door = ""

    @property
    def policy(self) -> str:
        storage = self.request.app.state.storage_origin
        policy = PAGE_POLICY
        if self.scripts:
            policy = _PARTS_OF_SCRIPTS.format(modules=self.pages.modules.source, storage=storage or "'self'") + policy
        return policy.replace("img-src 'self' data:", f"img-src 'self' data: blob: {storage}".rstrip())

    def context(self) -> Mapping[str, Any]:
        language = read_cookie(self.request, _LANGUAGE) or "both"
        path = self.request.url.path
        query = self.request.url.query
        return {
            "visitor": self.visitor,
            "menu": list(self.pages.menu(self.visitor)) if self.visitor else [],
            "language": language if language in LANGUAGES else "both",
            "here": f"{path}?{query}" if query else path,
            "scripts": self.scripts,
            "modules": self.pages.modules.text,
            "csrf_field": self.field,
            "csrf_token": self.token,
            "csrf_header": HEADER,
        }

    @cached_property
    def _token(self) -> str:
        if self.visitor is not None:
            return self.csrf.of_session(self.visitor)
        door = read_cookie(self.request, DOOR) or self.new_door
        if not door:
            door = self.new_door = new_door()
        return self.csrf.of_door(door)

    def token(self) -> str:
        return self._token

    def field(self) -> Markup:
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self._token)


def redirect(path: str) -> RedirectResponse:
    """See the other page: what a form's answer is, so that a reload does not send it again."""
    return RedirectResponse(path, status_code=303)


def local_path(given: str, otherwise: str = "/") -> str:
    """A path of this site; `otherwise` for anything that could lead away from it."""
    plain = given.isprintable() and given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if plain and len(given) <= 2000 and "\\" not in given else otherwise  # noqa: PLR2004 - longer is no page of ours
