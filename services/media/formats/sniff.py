"""What a file really is, by its first bytes: neither its name nor the type that its sender declares is asked."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 4096
"""How much of a file's beginning `sniff` looks at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A format by its short name, and as a sentence calls it."""

    name: str
    zh: str
    en: str


EMPTY = Kind("EMPTY", "空文件", "an empty file")
JPEG = Kind("JPEG", "JPG 图片", "a JPEG picture")
PNG = Kind("PNG", "PNG 图片", "a PNG picture")
GIF = Kind("GIF", "GIF 图片", "a GIF picture")
BMP = Kind("BMP", "BMP 图片", "a BMP picture")
TIFF = Kind("TIFF", "TIFF 图片", "a TIFF picture")
PSD = Kind("PSD", "Photoshop 文档", "a Photoshop document")
WEBP = Kind("WebP", "WebP 图片", "a WebP picture")
HEIC = Kind("HEIC", "HEIC 图片（苹果等手机的高效格式）", "an HEIC picture (the high-efficiency format of telephones)")
AVIF = Kind("AVIF", "AVIF 图片", "an AVIF picture")
JPEG_XL = Kind("JPEG XL", "JPEG XL 图片", "a JPEG XL picture")
JPEG_2000 = Kind("JPEG 2000", "JPEG 2000 图片", "a JPEG 2000 picture")
SVG = Kind("SVG", "SVG 图形", "an SVG drawing")
MP4 = Kind("MP4", "MP4 视频", "an MP4 video")
MOV = Kind("MOV", "MOV（QuickTime）视频", "a MOV (QuickTime) video")
AUDIO = Kind("M4A", "M4A 音频", "an M4A sound file")
GPP = Kind("3GP", "3GP 视频", "a 3GP video")
AVI = Kind("AVI", "AVI 视频", "an AVI video")
MATROSKA = Kind("MKV", "MKV 或 WebM 视频", "an MKV or WebM video")
FLV = Kind("FLV", "FLV 视频", "an FLV video")
WMV = Kind("WMV", "WMV 视频", "a WMV video")
MPEG = Kind("MPEG", "MPEG 视频", "an MPEG video")
MPEG_TS = Kind("MPEG-TS", "MPEG-TS 视频", "an MPEG-TS video")
MP3 = Kind("MP3", "MP3 音频", "an MP3 sound file")
OGG = Kind("OGG", "OGG 音视频", "an OGG recording")
REAL = Kind("RMVB", "RM 或 RMVB 视频", "a RealMedia (RM, RMVB) video")
AAC = Kind("AAC", "AAC 音频", "an AAC sound file")
AMR = Kind("AMR", "AMR 录音", "an AMR voice recording")
FLAC = Kind("FLAC", "FLAC 音频", "a FLAC sound file")
RAW_H264 = Kind("H.264", "没有封装的 H.264 码流", "a bare H.264 stream without a container")
CAMERA_RAW = Kind("CR3", "相机原始文件（CR3）", "a camera's raw file (CR3)")
WAV = Kind("WAV", "WAV 音频", "a WAV sound file")
PDF = Kind("PDF", "PDF 文档", "a PDF document")
ZIP = Kind("ZIP", "ZIP 压缩包或 Office 文档（docx、pptx 等）", "a ZIP archive or an Office document (docx, pptx …)")
RAR = Kind("RAR", "RAR 压缩包", "a RAR archive")
SEVEN_ZIP = Kind("7Z", "7z 压缩包", "a 7z archive")
GZIP = Kind("GZIP", "GZIP 压缩包", "a GZIP archive")
OLE = Kind("OLE", "旧版 Office 文档（doc、ppt 等）", "an older Office document (doc, ppt …)")
PROGRAM = Kind("PROGRAM", "可执行程序", "a program")
HTML = Kind("HTML", "网页", "a web page")
TEXT = Kind("TEXT", "文本文件", "a text file")
UNKNOWN = Kind("UNKNOWN", "无法识别的文件", "a file of no known format")

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"8BPS", PSD),
    (b"\xff\x0a", JPEG_XL),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", JPEG_XL),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"\x1aE\xdf\xa3", MATROSKA),
    (b"FLV\x01", FLV),
    (b"0&\xb2u\x8ef\xcf\x11", WMV),
    (b"\x00\x00\x01\xba", MPEG),
    (b"\x00\x00\x01\xb3", MPEG),
    (b"OggS", OGG),
    (b".RMF", REAL),
    (b"fLaC", FLAC),
    (b"#!AMR", AMR),
    (b"\x00\x00\x00\x01\x67", RAW_H264),
    (b"\x00\x00\x00\x01\x09", RAW_H264),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
    (b"\xff\xf3", MP3),
    (b"\xff\xf1", AAC),
    (b"\xff\xf9", AAC),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"Rar!\x1a\x07", RAR),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\x1f\x8b", GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"#!", PROGRAM),
)
_RIFF = {b"WEBP": WEBP, b"AVI ": AVI, b"WAVE": WAV}
_BRANDS = {
    b"qt  ": MOV,
    b"heic": HEIC,
    b"heix": HEIC,
    b"hevc": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"mif1": HEIC,
    b"msf1": HEIC,
    b"avif": AVIF,
    b"avis": AVIF,
    b"M4A ": AUDIO,
    b"M4B ": AUDIO,
    b"crx ": CAMERA_RAW,
    b"jp2 ": JPEG_2000,
}
_QUICKTIME_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_TS_PACKET = 188
_TS_SYNC = 0x47
TEXT_ENCODINGS = ("utf-8", "gb18030")
"""Of texts that somebody may take for a picture. Python loads a codec from disk on its first use."""
_MOST_CONTROL_SHARE = 0.02


def sniff(head: bytes) -> Kind:
    """The format that the first bytes of a file show. `head`: its first HEAD_BYTES, or all of a shorter file."""
    if not head:
        return EMPTY
    by_start = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    return by_start or _by_structure(head) or _text(head)


def _by_structure(head: bytes) -> Kind | None:
    """Formats whose mark stands further in."""
    box = head[4:8]
    found = None
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        found = BMP
    elif head[:4] == b"RIFF":
        found = _RIFF.get(head[8:12], UNKNOWN)
    elif box == b"ftyp":
        brand = head[8:12]
        found = _BRANDS.get(brand, GPP if brand.startswith((b"3gp", b"3g2")) else MP4)
    elif box in _QUICKTIME_BOXES:  # files of QuickTime's first years have no ftyp box
        found = MOV
    elif _is_transport_stream(head):
        found = MPEG_TS
    return found


def _is_transport_stream(head: bytes) -> bool:
    """Whether packets follow one another; camcorders (AVCHD) put four bytes before each."""
    packet = _TS_PACKET
    plain = len(head) > packet and head[0] == head[packet] == _TS_SYNC
    return plain or (len(head) > packet + 8 and head[4] == head[packet + 8] == _TS_SYNC)


def _text(head: bytes) -> Kind:
    """Some kind of text, or nothing known."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:256].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<script", b"<?php")):
        return HTML
    if b"<svg" in start:
        return SVG
    control = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\f\x1b")  # noqa: PLR2004 - ASCII's controls
    if control > _MOST_CONTROL_SHARE * len(head):
        return UNKNOWN
    for encoding in TEXT_ENCODINGS:
        try:
            head[:-3].decode(encoding) if len(head) >= HEAD_BYTES else head.decode(encoding)
        except UnicodeDecodeError:
            continue
        return TEXT
    return UNKNOWN
