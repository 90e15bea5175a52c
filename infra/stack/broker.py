"""Which RabbitMQ a stack uses: the one that AMQP_URL names, else a private node of the installed server.

A server that is missing is installed, where that is possible without asking; `python -m infra.stack.broker` does just
that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import amqp

from infra.stack import rabbitmq
from infra.stack.config import StackError
from infra.stack.process import base_env

LEAST_VERSION = (3, 10)
"""Dead letters at least once, delivery limits and time-outs on quorum queues: since this version."""

THREE_WAYS = """\
需要 RabbitMQ（3.10 或更高版本），请任选一种方式：
  1. 使用已有的服务器：设置环境变量 AMQP_URL=amqp://用户:口令@主机:5672/虚拟主机
  2. 安装系统软件包：sudo apt-get install rabbitmq-server（随后重新运行本命令）
  3. 用容器启动：docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4，再设置 AMQP_URL=amqp://guest:guest@127.0.0.1:5672/
RabbitMQ (3.10 or newer) is needed; there are three ways to get one:
  1. use a server that exists: set AMQP_URL=amqp://user:password@host:5672/vhost
  2. install the system's package: sudo apt-get install rabbitmq-server (then run this again)
  3. run a container: docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4, then AMQP_URL=amqp://guest:guest@127.0.0.1:5672/"""

_POLICY = Path("/usr/sbin/policy-rc.d")
_NOTHING_STARTS = "#!/bin/sh\nexit 101\n"
_SYSTEM_PATH = ":/usr/sbin:/sbin:/usr/bin:/bin"  # what installing needs and a user's PATH may lack
_APT = ("apt-get", "-y", "-qq", "-o", "DPkg::Lock::Timeout=300")


def broker_url() -> str | None:
    """The AMQP URL of the broker that the environment names, checked; None for a private node, whose server is there.

    Raises StackError when neither is to be had.
    """
    given = os.environ.get("AMQP_URL", "").strip()
    if given:
        check_outside(given)
        return given
    ensure_server()
    return None


def check_outside(url: str) -> None:
    """Whether we may use this broker, and whether it is new enough. Raises StackError with what it answered."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname}:{parts.port or 5672}{parts.path}"  # without the password
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise StackError(
            f"AMQP_URL 的格式不正确，应为 amqp://用户:口令@主机:端口/虚拟主机。\n"
            f"AMQP_URL is not an AMQP URL; it must look like amqp://user:password@host:port/vhost.\n{THREE_WAYS}"
        )
    try:
        connection = rabbitmq.connect(url)
        told = connection.server_properties
        connection.close()
    except (OSError, amqp.AMQPError) as error:
        raise StackError(
            f"无法连接 AMQP_URL 所指的 RabbitMQ（{shown}）：{error}\n"
            f"The RabbitMQ that AMQP_URL names ({shown}) does not let us in: {error}\n{THREE_WAYS}"
        ) from error
    version = str(told.get("version", ""))
    if told.get("product") != "RabbitMQ" or _numbers(version) < LEAST_VERSION:
        raise StackError(
            f"{shown} 上运行的是 {told.get('product')} {version}，需要 RabbitMQ 3.10 或更高版本。\n"
            f"{shown} is {told.get('product')} {version}; RabbitMQ 3.10 or newer is needed.\n{THREE_WAYS}"
        )


def ensure_server() -> None:
    """Have `rabbitmq-server` installed, installing Debian's package if need be. Raises StackError."""
    try:
        rabbitmq.server_script()
    except rabbitmq.RabbitError:
        install()
        try:
            rabbitmq.server_script()
        except rabbitmq.RabbitError as error:
            raise StackError(THREE_WAYS) from error


def install() -> None:
    """Install Debian's package without letting it start anything, now or at the next boot. Raises StackError."""
    if shutil.which("apt-get") is None:
        raise StackError(THREE_WAYS)
    become = _become_root()
    print("正在安装 Debian 软件包 rabbitmq-server（不会启动系统服务）……")
    print("Installing Debian's package rabbitmq-server (its system service will not be started) ...", flush=True)
    with _nothing_starts(become):
        for words in (("update",), ("install", "--no-install-recommends", "rabbitmq-server")):
            done = _run((*become, "env", "DEBIAN_FRONTEND=noninteractive", *_APT, *words))
            # An index that could not be refreshed may still be good enough; whether it is, the installation says.
            if done.returncode != 0 and words[0] == "install":
                said = (done.stderr or done.stdout).strip()[-600:]
                raise StackError(f"apt-get 安装失败 failed:\n{said}\n{THREE_WAYS}")
    if shutil.which("systemctl"):
        # We want its programs only; where there is no systemd to tell, nothing starts it either.
        _run((*become, "systemctl", "disable", "--quiet", "rabbitmq-server.service"))


def _become_root() -> tuple[str, ...]:
    """The words that make a command run as root without asking anything. Raises StackError."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and _run(("sudo", "-n", "true")).returncode == 0:
        return ("sudo", "-n")
    raise StackError(THREE_WAYS)


@contextmanager
def _nothing_starts(become: tuple[str, ...]) -> Iterator[None]:
    """Debian's way to install a service without starting it; what stood there before is put back."""
    before = _POLICY.read_text() if _POLICY.exists() else None
    _place(become, _NOTHING_STARTS)
    try:
        yield
    finally:
        if before is None:
            _run((*become, "rm", "-f", str(_POLICY)))
        else:
            _place(become, before)


def _place(become: tuple[str, ...], text: str) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        _run((*become, "install", "-m", "755", file.name, str(_POLICY)))


def _run(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    env = {**base_env(), "PATH": f"{os.environ.get('PATH', '')}{_SYSTEM_PATH}"}
    return subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _numbers(version: str) -> tuple[int, ...]:
    """A version's leading numbers: "3.10.8-rc.1" → (3, 10)."""
    numbers = []
    for part in version.split(".")[:2]:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


if __name__ == "__main__":
    try:
        broker_url()
    except StackError as error:
        sys.exit(str(error))
