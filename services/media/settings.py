"""Media's settings, read once from the environment. A missing one fails at start, by name."""

from __future__ import annotations

from dataclasses import dataclass

from infra.observe.settings import SettingError, broker_url, optional, required, seconds_list, whole_number
from services.media.ports import NoScanner, Scanner
from services.media.scanning import Clamd


def processes() -> int:
    """Child processes of a worker that judge and render."""
    return whole_number("LAUREL_MEDIA_PROCESSES", 1, least=1, most=64)


def scanner() -> Scanner:
    """The clamd that LAUREL_CLAMD names, if it names one. Raises SettingError."""
    address = optional("LAUREL_CLAMD", "")
    if not address:
        return NoScanner()
    try:
        return Clamd.at(address, float(whole_number("LAUREL_CLAMD_SECONDS", 120, least=1, most=1000)))
    except ValueError as error:
        raise SettingError(f"LAUREL_CLAMD names no clamd: {error}") from error


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the worker process needs."""

    database_dsn: str
    amqp_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    processes: int
    scanner: Scanner
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
            s3_endpoint=required("LAUREL_S3_ENDPOINT"),
            s3_access_key=required("LAUREL_S3_ACCESS_KEY"),
            s3_secret_key=required("LAUREL_S3_SECRET_KEY"),
            processes=processes(),
            scanner=scanner(),
            health_host=optional("LAUREL_HEALTH_HOST", "127.0.0.1"),
            health_port=whole_number("LAUREL_HEALTH_PORT", least=1, most=65535),
            retry_delays=seconds_list("LAUREL_RETRY_DELAYS", "1,5,30,120"),
            relay_batch=whole_number("LAUREL_RELAY_BATCH", 100, least=1, most=10_000),
            log_level=optional("LAUREL_LOG_LEVEL", "INFO"),
        )
