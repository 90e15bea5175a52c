"""`laurel`: the operators' command line. Each command loads what it needs when it is called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING

import click

from infra.stack.config import ROOT, SERVICES, StackConfig, StackError, stack_folder
from infra.stack.process import base_env

if TYPE_CHECKING:
    from infra.stack.programs import Stack

_ELSEWHERE = {
    "campaign": ("infra.stack.desk", "campaign"),
    "login": ("infra.stack.desk", "login"),
    "events": ("infra.bus.operator", "events"),
}


class Operators(click.Group):
    """Finds the commands that stand in other modules when they are called, and prints a StackError as it is."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name = _ELSEWHERE[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StackError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)
        except OSError as error:
            if error.filename is None:
                raise
            # A folder that is missing or read-only, a disk that is full: whoever runs this can mend it.
            click.echo(f"无法读写 {error.filename}，请检查路径、权限和磁盘空间。", err=True)
            click.echo(f"Cannot use {error.filename}; check path, rights and space: {error.strerror}", err=True)
            ctx.exit(1)


@click.group(cls=Operators)
def main() -> None:
    """桂冠 Laurel: run the platform on this machine, and look after it.

    $LAUREL_VAR names the folder of the stack (default: var/stack of the project).
    """


@main.command()
@click.option("--media-workers", type=click.IntRange(1, 64), envvar="MEDIA_WORKERS", help="How many; default 2.")
def up(media_workers: int | None) -> None:
    """Start the whole platform in the background; one that is up is completed."""
    from infra.stack import lifecycle

    was_up, state = lifecycle.up(stack_folder(), click.echo, media_workers)
    click.echo(f"桂冠{'早已启动' if was_up else '已就绪'} Laurel is {'already ' if was_up else ''}up: {state['url']}")


@main.command()
def down() -> None:
    """Stop what `up` started. Data stay."""
    from infra.stack import lifecycle

    was_up = lifecycle.down(stack_folder(), click.echo)
    click.echo("已停止。 Stopped." if was_up else "没有运行中的进程。 Nothing was running.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, as_json: bool) -> None:
    """Show each process, how much waits in each queue, and how far each outbox lags. Exit code 1: not all is well."""
    from infra.stack.status import render, status_of

    told = status_of(stack_folder())
    if as_json:
        click.echo(json.dumps(asdict(told), ensure_ascii=False))
    else:
        render(told)
    sys.exit(0 if told.well else 1)


@main.command()
@click.argument("entry")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def trace(entry: str, *, as_json: bool) -> None:
    """Tell the whole story of ENTRY (its id or its receipt number) through all services."""
    from infra.stack.trace import render, story_of

    stack = _stack()
    found, happenings = story_of(entry, {name: stack.dsn(name) for name in SERVICES}, stack.config.logs)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in happenings], ensure_ascii=False, default=str))
    else:
        render(found, happenings)


@main.command()
def migrate() -> None:
    """Bring the databases of the stack that is up to the newest schema."""
    from infra.store.migrate import upgrade

    stack = _stack()
    for service in SERVICES:
        ran = upgrade(stack.dsn(service), f"services.{service}")
        click.echo(f"{service}: {', '.join(ran) or '已是最新 up to date'}")


@main.group()
def account() -> None:
    """Accounts, made by the operator of this machine."""


@account.command()
@click.option("--login", required=True)
@click.option("--name", required=True)
@click.option("--role", "roles", required=True, multiple=True, help="May be given several times.")
@click.option("--unit", help="Code of the unit that the account acts for.")
def create(login: str, name: str, roles: tuple[str, ...], unit: str | None) -> None:
    """Make an account and print its one-time activation code."""
    stack = _stack()
    words = ["--login", login, "--name", name, *(word for role in roles for word in ("--role", role))]
    argv = [sys.executable, "-m", "services.intake", "create-account", *words, *(("--unit", unit) if unit else ())]
    env: Mapping[str, str] = {**base_env(), **stack.service_env("intake")}
    done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackError((done.stderr or done.stdout).strip())
    issued = json.loads(done.stdout.splitlines()[-1])
    click.echo(f"账号 account: {login}, {issued['account_id']}")
    click.echo(f"有效至 valid until: {issued['activation_expires_at']}")
    click.echo(f"激活码 activation code: {issued['activation_code']}")


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> None:
    """Run the demonstration; its own --help tells more."""
    sys.exit(subprocess.run([sys.executable, "-m", "tests.demo", *arguments], cwd=ROOT, check=False).returncode)


@main.group()
def media() -> None:
    """Photos, videos and documents: before they are uploaded, and judged again."""


@media.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def check(arguments: tuple[str, ...]) -> None:
    """Judge FILE... as a media worker would, offline; its own --help tells more."""
    # -P: a folder that happens to be called `services` where the command is run is not asked.
    argv = [sys.executable, "-P", "-m", "services.media", "check", *arguments]
    sys.exit(subprocess.run(argv, check=False).returncode)


@media.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def revalidate(arguments: tuple[str, ...]) -> None:
    """Judge files that were judged before again, by today's rules and code; its own --help tells more."""
    env = {**os.environ, **({} if "--help" in arguments else _stack().service_env("media"))}
    argv = [sys.executable, "-P", "-m", "services.media", "revalidate", *arguments]
    sys.exit(subprocess.run(argv, env=env, check=False).returncode)


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def audit(arguments: tuple[str, ...]) -> None:
    """Check that the record of review was not altered, or note its ends in a file; its own --help tells more."""
    env = {**os.environ, **({} if "--help" in arguments else _stack().service_env("review"))}
    argv = [sys.executable, "-P", "-m", "services.review", "audit", *arguments]
    sys.exit(subprocess.run(argv, env=env, check=False).returncode)


@main.command()
@click.confirmation_option(prompt="将删除全部本地数据 This removes all local data. 继续 Continue?")
def reset() -> None:
    """Stop the platform and remove all its data."""
    from infra.stack import lifecycle

    lifecycle.reset(stack_folder(), click.echo)
    click.echo("已清空。 All data removed.")


@main.command()
def secrets() -> None:
    """Write random secrets for docker-compose.yml: .env and var/secrets. What is there is never overwritten."""
    from infra.stack.compose_secrets import write_secrets

    for path in write_secrets(ROOT):
        click.echo(f"已写入 wrote {path.relative_to(ROOT)}")


def _stack() -> Stack:
    """The stack that is up. Raises StackError."""
    from infra.stack import lifecycle

    folder = stack_folder()
    lifecycle.state_of(folder)
    return lifecycle.stack_of(StackConfig.load(folder))


if __name__ == "__main__":
    sys.exit(main())
