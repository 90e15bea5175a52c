"""What notify's processes read from the environment, once, at start."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from infra.observe.settings import SettingError, broker_url, optional, required, seconds_list, whole_number

MAIL_RETRY_DELAYS = "30,120,600,1800,3600"
"""Seconds between attempts at a message that the server puts off; the last repeats. Greylisting asks for minutes."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Settings of `python -m services.notify api`."""

    database_dsn: str
    token_public_key_file: str
    contact_key_file: str
    public_url: str
    http_host: str
    http_port: int
    log_level: str

    @classmethod
    def read(cls) -> ApiSettings:
        """Raises SettingError, naming the variable."""
        return cls(
            database_dsn=required("LAUREL_DATABASE_DSN"),
            token_public_key_file=required("LAUREL_TOKEN_PUBLIC_KEY_FILE"),
            contact_key_file=required("LAUREL_CONTACT_KEY_FILE"),
            public_url=_public_url(),
            http_host=required("LAUREL_HTTP_HOST"),
            http_port=whole_number("LAUREL_HTTP_PORT", least=1, most=65535),
            log_level=optional("LAUREL_LOG_LEVEL", "INFO"),
        )


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings of `python -m services.notify worker`. Delays in seconds; `smtp_seconds` bounds a conversation."""

    database_dsn: str
    amqp_url: str
    contact_key_file: str
    public_url: str
    mail_from: str
    smtp_host: str
    smtp_port: int
    smtp_seconds: float
    mail_retry_delays: tuple[float, ...]
    retry_delays: tuple[float, ...]
    relay_batch: int
    health_host: str
    health_port: int
    log_level: str

    @classmethod
    def read(cls) -> WorkerSettings:
        """Raises SettingError, naming the variable."""
        return cls(
            database_dsn=required("LAUREL_DATABASE_DSN"),
            amqp_url=broker_url("AMQP_URL"),
            contact_key_file=required("LAUREL_CONTACT_KEY_FILE"),
            public_url=_public_url(),
            mail_from=_mail_from(),
            smtp_host=required("LAUREL_SMTP_HOST"),
            smtp_port=whole_number("LAUREL_SMTP_PORT", least=1, most=65535),
            smtp_seconds=seconds_list("LAUREL_SMTP_SECONDS", "40")[0],
            mail_retry_delays=seconds_list("LAUREL_MAIL_RETRY_DELAYS", MAIL_RETRY_DELAYS),
            retry_delays=seconds_list("LAUREL_RETRY_DELAYS", "1,5,30,120"),
            relay_batch=whole_number("LAUREL_RELAY_BATCH", 100, least=1),
            health_host=optional("LAUREL_HEALTH_HOST", "127.0.0.1"),
            health_port=whole_number("LAUREL_HEALTH_PORT", least=1, most=65535),
            log_level=optional("LAUREL_LOG_LEVEL", "INFO"),
        )


def _public_url() -> str:
    return required("LAUREL_PUBLIC_URL").rstrip("/")


def _mail_from() -> str:
    """The bare mailbox that mails come from. Raises SettingError for anything else."""
    given = required("LAUREL_MAIL_FROM")
    mailbox = parseaddr(given)[1]
    if mailbox != given or not mailbox.isascii() or "@" not in mailbox:
        raise SettingError(
            f"环境变量 LAUREL_MAIL_FROM 的值 {given!r} 无效：应为单独的邮箱，如 laurel@example.org。 "
            f"The environment variable LAUREL_MAIL_FROM is {given!r}; it must be a bare mailbox: laurel@example.org."
        )
    return mailbox
