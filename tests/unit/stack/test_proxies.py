"""The proxies' own answers: nginx's are written by hand, and say what the services' table says."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address, ip_network
from pathlib import Path

from infra.web.problems import GATEWAY, NOT_FOUND, TOO_LARGE, Problem

NGINX = Path(__file__).parents[3] / "infra" / "deploy" / "nginx" / "nginx.conf"


def test_nginx_refuses_in_the_form_and_words_of_the_services() -> None:
    said = re.findall(r"return (\d+) '(\{.*\})';", NGINX.read_text(encoding="utf-8"))
    assert [(int(status), json.loads(body)) for status, body in said] == [
        (problem.status, Problem(problem).body("$instance")) for problem in (NOT_FOUND, TOO_LARGE, GATEWAY)
    ]


def test_nginx_believes_who_ends_tls_in_front_of_it_and_no_stranger() -> None:
    """By default it listens on this machine alone: without this everybody who comes by a TLS proxy has one address."""
    conf = NGINX.read_text(encoding="utf-8")
    believed = [ip_network(one) for one in re.findall(r"^\s*set_real_ip_from ([^;]+);", conf, re.MULTILINE)]

    assert "real_ip_header X-Forwarded-For;" in conf
    assert "real_ip_recursive" not in conf  # the last address alone: those before are what a stranger says
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in conf
    assert all(any(ip_address(near) in net for net in believed) for near in ("127.0.0.1", "172.18.0.1"))
    assert not any(net.is_global for net in believed)
    assert re.search(r"map \$http_x_forwarded_proto \$came_by \{\s*https\s+https;\s*default\s+\$scheme;", conf)
    assert "proxy_set_header X-Forwarded-Proto $came_by;" in conf
