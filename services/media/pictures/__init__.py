"""What is made of a material once its verdict is out: pictures for all who may look. Runs in children of the pool."""

from services.media.pictures.captured import Captured
from services.media.pictures.fingerprint import MIRRORED, Fingerprint, fingerprint
from services.media.pictures.likeness import correlations
from services.media.pictures.make import Picture, Rendered, render_photo, render_poster
from services.media.pictures.pixels import NothingToRenderError

__all__ = [
    "MIRRORED",
    "Captured",
    "Fingerprint",
    "NothingToRenderError",
    "Picture",
    "Rendered",
    "correlations",
    "fingerprint",
    "render_photo",
    "render_poster",
]
