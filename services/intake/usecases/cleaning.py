"""What the schedule removes from quarantine, because nobody will come for it."""

from __future__ import annotations

from datetime import timedelta

import structlog

from services.intake.domain import uploads
from services.intake.domain.entries import Material
from services.intake.domain.errors import StorageUnavailableError
from services.intake.ports import Ports

log = structlog.get_logger(__name__)

_CLEANED_AT_ONCE = 200
_CLOCKS_DIFFER = timedelta(hours=1)


def clean_quarantine(ports: Ports) -> int:
    """Remove what was never completed, taken out or refused over a day ago; how many.

    Uploads in parts that no material knows of (their process ended between storage's answer and the database) are
    found in storage's own list.
    """
    with ports.store.begin() as tx:
        waiting = tx.to_clean(uploads.ORPHANED_AFTER, _CLEANED_AT_ONCE)
    cleaned = 0
    try:
        for material in waiting:
            _remove(ports, material)
            with ports.store.begin() as tx:
                cleaned += tx.cleaned(material.material_id)
        return cleaned + _abort_forgotten(ports)
    except StorageUnavailableError:
        log.warning("quarantine.kept", cleaned=cleaned)
        return cleaned


def _remove(ports: Ports, material: Material) -> None:
    if material.upload_id is not None:
        ports.objects.abort_parts(material.key, material.upload_id)
    ports.objects.remove(material.key)


def _abort_forgotten(ports: Ports) -> int:
    """No upload in parts may be finished after a day, so what storage has waited for longer than that is nobody's."""
    forgotten = ports.objects.unfinished(ports.clock.now() - uploads.ORPHANED_AFTER - _CLOCKS_DIFFER)
    for upload in forgotten:
        ports.objects.abort_parts(upload.key, upload.upload_id)
    return len(forgotten)
