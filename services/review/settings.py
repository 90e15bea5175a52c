"""Review's settings, read once from the environment. A missing one fails at start, by name."""

from __future__ import annotations

from dataclasses import dataclass

from infra.observe.settings import broker_url, optional, required, seconds_list, whole_number


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the api process needs."""

    database_dsn: str
    token_public_key_file: str
    s3_public_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    http_host: str
    http_port: int
    log_level: str

    @classmethod
    def from_environment(cls) -> ApiSettings:
        return cls(
            database_dsn=required("LAUREL_DATABASE_DSN"),
            token_public_key_file=required("LAUREL_TOKEN_PUBLIC_KEY_FILE"),
            s3_public_endpoint=required("LAUREL_S3_PUBLIC_ENDPOINT"),
            s3_access_key=required("LAUREL_S3_ACCESS_KEY"),
            s3_secret_key=required("LAUREL_S3_SECRET_KEY"),
            http_host=required("LAUREL_HTTP_HOST"),
            http_port=whole_number("LAUREL_HTTP_PORT", least=1, most=65535),
            log_level=optional("LAUREL_LOG_LEVEL", "INFO"),
        )


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the worker process needs."""

    database_dsn: str
    amqp_url: str
    health_host: str
    health_port: int
    retry_delays: tuple[float, ...]
    relay_batch: int
    log_level: str

    @classmethod
    def from_environment(cls) -> WorkerSettings:
        return cls(
            database_dsn=required("LAUREL_DATABASE_DSN"),
            amqp_url=broker_url("AMQP_URL"),
            health_host=optional("LAUREL_HEALTH_HOST", "127.0.0.1"),
            health_port=whole_number("LAUREL_HEALTH_PORT", least=1, most=65535),
            retry_delays=seconds_list("LAUREL_RETRY_DELAYS", "1,5,30,120"),
            relay_batch=whole_number("LAUREL_RELAY_BATCH", 100, least=1, most=10_000),
            log_level=optional("LAUREL_LOG_LEVEL", "INFO"),
        )
