"""The proxies' own answers: nginx's are written by hand, and say what the services' table says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from infra.web.problems import GATEWAY, NOT_FOUND, TOO_LARGE, Problem

NGINX = Path(__file__).parents[3] / "infra" / "deploy" / "nginx" / "nginx.conf"


def test_nginx_refuses_in_the_form_and_words_of_the_services() -> None:
    said = re.findall(r"return (\d+) '(\{.*\})';", NGINX.read_text(encoding="utf-8"))
    assert [(int(status), json.loads(body)) for status, body in said] == [
        (problem.status, Problem(problem).body("$instance")) for problem in (NOT_FOUND, TOO_LARGE, GATEWAY)
    ]
