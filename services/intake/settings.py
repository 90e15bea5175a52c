"""What intake reads from the environment, once, at start."""

from __future__ import annotations

from dataclasses import dataclass

from infra.observe.settings import SettingError, broker_url, optional, required, seconds_list, whole_number
from services.intake.domain.permissions import EVERYBODY
from services.intake.domain.sessions import CONTACT_REQUIRED, FACTOR_REQUIRED


@dataclass(frozen=True, slots=True)
class Settings:
    """What api and worker share."""

    database_dsn: str
    contact_key_file: str
    log_level: str
    s3_endpoint: str
    s3_public_endpoint: str
    s3_access_key: str
    s3_secret_key: str

    @classmethod
    def read(cls) -> Settings:
        """Raises SettingError for what is missing."""
        return cls(
            database_dsn=database_dsn(),
            contact_key_file=required("LAUREL_CONTACT_KEY_FILE"),
            log_level=log_level(),
            s3_endpoint=required("LAUREL_S3_ENDPOINT"),
            s3_public_endpoint=required("LAUREL_S3_PUBLIC_ENDPOINT"),
            s3_access_key=required("LAUREL_S3_ACCESS_KEY"),
            s3_secret_key=required("LAUREL_S3_SECRET_KEY"),
        )


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the api needs besides."""

    token_private_key_file: str
    token_public_key_file: str
    public_url: str
    host: str
    port: int
    factor_required: frozenset[str]
    contact_required: frozenset[str]

    @classmethod
    def read(cls) -> ApiSettings:
        """Raises SettingError for what is missing."""
        return cls(
            token_private_key_file=required("LAUREL_TOKEN_PRIVATE_KEY_FILE"),
            token_public_key_file=required("LAUREL_TOKEN_PUBLIC_KEY_FILE"),
            public_url=required("LAUREL_PUBLIC_URL"),
            host=optional("LAUREL_HTTP_HOST", "127.0.0.1"),
            port=whole_number("LAUREL_HTTP_PORT", least=1, most=65535),
            factor_required=_roles("LAUREL_TOTP_REQUIRED_ROLES", FACTOR_REQUIRED),
            contact_required=_roles("LAUREL_CONTACT_REQUIRED_ROLES", CONTACT_REQUIRED),
        )


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """What the process kind `files` needs besides. It signs nobody in: it holds no private key."""

    token_public_key_file: str
    public_url: str
    host: str
    port: int

    @classmethod
    def read(cls) -> FilesSettings:
        """Raises SettingError for what is missing."""
        return cls(
            token_public_key_file=required("LAUREL_TOKEN_PUBLIC_KEY_FILE"),
            public_url=required("LAUREL_PUBLIC_URL"),
            host=optional("LAUREL_HTTP_HOST", "127.0.0.1"),
            port=whole_number("LAUREL_HTTP_PORT", least=1, most=65535),
        )


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the worker needs besides."""

    amqp_url: str
    health_port: int
    health_host: str
    retry_delays: tuple[float, ...]
    relay_batch: int

    @classmethod
    def read(cls) -> WorkerSettings:
        """Raises SettingError for what is missing."""
        return cls(
            amqp_url=broker_url("AMQP_URL"),
            health_port=whole_number("LAUREL_HEALTH_PORT", least=1, most=65535),
            health_host=optional("LAUREL_HEALTH_HOST", "127.0.0.1"),
            retry_delays=seconds_list("LAUREL_RETRY_DELAYS", "1,5,30,120"),
            relay_batch=whole_number("LAUREL_RELAY_BATCH", 100, least=1),
        )


def _roles(name: str, default: frozenset[str]) -> frozenset[str]:
    """Roles with commas between them; `none` for none. Raises SettingError."""
    given = optional(name, ",".join(sorted(default)))
    roles = frozenset(role.strip() for role in given.split(",") if role.strip()) - {"none"}
    if unknown := roles - EVERYBODY:
        raise SettingError(f"{name}: unknown roles {', '.join(sorted(unknown))}")
    return roles


def database_dsn() -> str:
    """Intake's own database. Raises SettingError."""
    return required("LAUREL_DATABASE_DSN")


def log_level() -> str:
    return optional("LAUREL_LOG_LEVEL", "INFO")
