"""`laurel`: the operators' command line."""

from __future__ import annotations

import sys

import click

from infra.stack.config import StackError, stack_folder


class Operators(click.Group):
    """Prints a StackError as the sentence that it is."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StackError as error:
            click.echo(str(error), err=True)
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

    folder = stack_folder()
    state = lifecycle.up(folder, click.echo, media_workers)
    click.echo(f"桂冠已就绪 Laurel is up: {state['url']}")


@main.command()
def down() -> None:
    """Stop what `up` started. Data stay."""
    from infra.stack import lifecycle

    was_up = lifecycle.down(stack_folder(), click.echo)
    click.echo("已停止。 Stopped." if was_up else "没有运行中的进程。 Nothing was running.")


@main.command()
@click.confirmation_option(prompt="将删除全部本地数据 This removes all local data. 继续 Continue?")
def reset() -> None:
    """Stop the platform and remove all its data."""
    from infra.stack import lifecycle

    lifecycle.reset(stack_folder(), click.echo)
    click.echo("已清空。 All data removed.")


if __name__ == "__main__":
    sys.exit(main())
