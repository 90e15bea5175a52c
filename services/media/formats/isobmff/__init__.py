"""The index (moov) of an MP4 or MOV file. ISO/IEC 14496-12 (ISO base media file format) and 14496-15 (avcC, hvcC).

Only the index is read here, from a buffer of known size; sample data stay where they are.
"""

from services.media.formats.isobmff.boxes import box_header
from services.media.formats.isobmff.entries import Entry, esds_of, hevc_sps_of, sps_of
from services.media.formats.isobmff.movie import Movie, Track, read_movie
from services.media.formats.isobmff.samples import Samples

__all__ = ["Entry", "Movie", "Samples", "Track", "box_header", "esds_of", "hevc_sps_of", "read_movie", "sps_of"]
