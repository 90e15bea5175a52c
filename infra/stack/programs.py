"""What a stack consists of: which programs, with which settings, in which order."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from infra.stack.caddy import Caddy
from infra.stack.config import ROOT, SERVICES, StackConfig
from infra.stack.postgres import Postgres
from infra.stack.process import Program
from infra.stack.rabbitmq import Rabbit
from infra.stack.seaweed import Seaweed

MAIL_FROM = "laurel@localhost.localdomain"
APIS = ("intake", "review", "notify")
"""Media has no api: it is workers only."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's servers and programs. `broker_url` is an outside broker's AMQP URL; None for a private node."""

    config: StackConfig
    postgres: Postgres
    seaweed: Seaweed
    caddy: Caddy
    rabbit: Rabbit | None
    broker_url: str | None

    @classmethod
    def of(cls, config: StackConfig, broker_url: str | None) -> Stack:
        """The stack that a configuration describes."""
        folder, ports, words = config.folder, config.ports, config.passwords
        rabbit_ports = (ports["rabbitmq"], ports["rabbitmq-dist"], ports["epmd"])
        return cls(
            config,
            Postgres(folder / "postgres", ports["postgres"], words["postgres"]),
            Seaweed(
                folder / "seaweedfs",
                config.seaweed_ports,
                config.s3_access_key,
                words["s3"],
                # The same pages by either name of this machine.
                (config.url, f"http://localhost:{ports['origin']}"),
            ),
            Caddy(
                folder / "caddy",
                ports["origin"],
                intake=ports["intake-api"],
                files=ports["intake-files"],
                review=ports["review-api"],
                notify=ports["notify-api"],
                mark=config.mark,
            ),
            None if broker_url else Rabbit(folder / "rabbitmq", *rabbit_ports, words["rabbitmq"]),
            broker_url,
        )

    @property
    def amqp_url(self) -> str:
        if self.rabbit is not None:
            return self.rabbit.url()
        assert self.broker_url is not None  # noqa: S101 - `of` sets one of the two
        return self.broker_url

    def database(self, service: str) -> str:
        """The name of a service's database and login."""
        return f"laurel_{service}"

    def dsn(self, service: str) -> str:
        name = self.database(service)
        return self.postgres.dsn(name, name, self.config.passwords[service])

    def prepare(self) -> None:
        """Write what the servers read when they start; PostgreSQL's data folder takes longer and is made by itself."""
        for server in (self.rabbit, self.seaweed, self.caddy):
            if server is not None:
                server.prepare()

    def servers(self) -> tuple[Program, ...]:
        """What everything else stands on; started first and stopped last. PostgreSQL is the last of them."""
        broker = self.rabbit.programs() if self.rabbit is not None else ()
        return (*broker, self.seaweed.program(), self.postgres.program())

    def edges(self) -> tuple[Program, ...]:
        """The origin and the mail sink: they need nothing of the others to start."""
        return (self.caddy.program(), self._mail_sink())

    def at_once(self) -> tuple[Program, ...]:
        """What the supervisor starts by itself as soon as it runs.

        In a new stack also what shows the first page: it loads while its database is made. In one that was up before
        it has to wait, lest it answer from tables that are just being changed.
        """
        door = () if self.postgres.exists else self.apis()[:1]
        return (*self.servers()[:-1], *self.edges(), *door)

    def apis(self) -> tuple[Program, ...]:
        """They need their database alone."""
        return tuple(self._service(name, "api", f"{name}-api") for name in APIS)

    def workers(self) -> tuple[Program, ...]:
        """They need the broker's queues, too. Media's come as often as asked for; `files` needs storage."""
        names = {f"{name}-worker": name for name in APIS} | dict.fromkeys(self.config.worker_names, "media")
        workers = (self._service(service, "worker", name) for name, service in names.items())
        return (*workers, self._service("intake", "files", "intake-files"))

    def programs(self) -> tuple[Program, ...]:
        """All of them, in the order of their start."""
        return (*self.servers(), *self.edges(), *self.apis(), *self.workers())

    def service_env(self, service: str) -> Mapping[str, str]:
        """The settings of a service, whichever kind of process it is."""
        keys = self.config.keys
        env = {
            "LAUREL_DATABASE_DSN": self.dsn(service),
            "AMQP_URL": self.amqp_url,
            "LAUREL_S3_ENDPOINT": self.seaweed.endpoint,
            "LAUREL_S3_PUBLIC_ENDPOINT": self.seaweed.endpoint,
            "LAUREL_S3_ACCESS_KEY": self.seaweed.access_key,
            "LAUREL_S3_SECRET_KEY": self.seaweed.secret_key,
            "LAUREL_TOKEN_PUBLIC_KEY_FILE": str(keys / "token_public_key.pem"),
            "LAUREL_PUBLIC_URL": self.config.url,
            "LAUREL_LOG_LEVEL": "INFO",
        }
        if service == "intake":
            env["LAUREL_TOKEN_PRIVATE_KEY_FILE"] = str(keys / "token_private_key.pem")
        if service in {"intake", "notify"}:
            env["LAUREL_CONTACT_KEY_FILE"] = str(keys / "contact_key")
        if service == "media":
            env |= {name: os.environ[name] for name in ("LAUREL_CLAMD", "LAUREL_CLAMD_SECONDS") if name in os.environ}
        if service == "notify":
            env["LAUREL_SMTP_HOST"] = "127.0.0.1"
            env["LAUREL_SMTP_PORT"] = str(self.config.ports["smtp"])
            env["LAUREL_MAIL_FROM"] = MAIL_FROM
        return env

    def _service(self, service: str, kind: str, name: str) -> Program:
        port = self.config.ports[name]
        variable = "LAUREL_HEALTH_PORT" if kind == "worker" else "LAUREL_HTTP_PORT"
        env = {**self.service_env(service), "LAUREL_HTTP_HOST": "127.0.0.1", variable: str(port)}
        if kind == "worker":
            # Here every address is a number: a resolver of eventlet's own would only slow the start.
            env["EVENTLET_NO_GREENDNS"] = "yes"
        argv = (sys.executable, "-m", f"services.{service}", kind)
        return Program(name, argv, env, cwd=str(ROOT), ready_url=f"http://127.0.0.1:{port}/ready")

    def _mail_sink(self) -> Program:
        port, folder = self.config.ports["smtp"], self.config.mail
        argv = (sys.executable, "-m", "infra.stack.smtp_sink", "--port", str(port), "--directory", str(folder))
        return Program("smtp", argv, cwd=str(ROOT))

    def state(self, processes: list[dict[str, object]]) -> dict[str, object]:
        """What other programs may know of a running stack; it holds passwords."""
        return {
            "url": self.config.url,
            "s3_endpoint": self.seaweed.endpoint,
            "s3_public_endpoint": self.seaweed.endpoint,
            "s3_access_key": self.seaweed.access_key,
            "s3_secret_key": self.seaweed.secret_key,
            "amqp_url": self.amqp_url,
            "dsn": {service: self.dsn(service) for service in SERVICES},
            "smtp_dir": str(self.config.mail),
            "token_public_key_file": str(self.config.keys / "token_public_key.pem"),
            "logs_dir": str(self.config.logs),
            "processes": processes,
        }
