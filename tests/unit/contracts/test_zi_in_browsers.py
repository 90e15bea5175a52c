"""The browser's 字 counter counts what the server counts: shared vectors, every character, random texts."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.counting import count_zi

ROOT = Path(__file__).parents[3]
MODULE = ROOT / "infra" / "web" / "static" / "zi.js"
VECTORS = json.loads((ROOT / "contracts" / "examples" / "counting.json").read_text(encoding="utf-8"))["vectors"]
# What random texts are made of: whatever the rule tells apart, and what comes out of word processors.
PIECES = (
    "中", "国", "𠮷", "\ue000", "a", "Z", "é", "ß", "9", "/", "-", ".", "'", "’", "‘", "“", "”", "—", "…", "·",
    " ", "\t", "\n", "\r\n", "\u3000", "\xa0", "\u2028", "\x85", "\x00", "\x07", "\u200b", "\u200d", "\ufeff", "\u00ad",
    "\u0301", "\u3099", "\ufe0f", "\U000e0100", "①", "㈱", "ｶ", "Ａ", "，", "。", "ᄒ", "ᅡ", "ᆫ", "한", "ㅤ", "か",
    "👍", "🏽", "👩", "🚀", "❤", "★", "⌚", "🇨", "🇳", "\u20e3", "©", "×", "℃", "П", "བ", "\ud83d", "\ude00", "\ufffd",
)  # fmt: skip


def counted(texts: Sequence[str]) -> list[int]:
    """What the module says of each text, run by node or, where there is none, by Chromium."""
    node = shutil.which("node")
    # Half pairs travel as escapes: json.dumps keeps to ASCII.
    call = f"console.log(JSON.stringify({json.dumps(list(texts))}.map(countZi)))"
    if node:
        script = MODULE.read_text(encoding="utf-8").replace("export function", "function") + "\n" + call
        done = subprocess.run([node, "-"], input=script.encode(), capture_output=True, check=True, timeout=280)
        answers: Any = json.loads(done.stdout)
    else:
        from playwright.sync_api import sync_playwright

        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        assert chromium, "neither node nor Chromium is here, so nothing would be tested: install one of them"
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.add_script_tag(content=MODULE.read_text(encoding="utf-8").replace("export function", "function"))
            answers = page.evaluate(f"{json.dumps(list(texts))}.map(countZi)")
            browser.close()
    assert isinstance(answers, list)
    return [int(answer) for answer in answers]


def test_every_vector_counts_alike() -> None:
    assert counted([vector["text"] for vector in VECTORS]) == [vector["zi"] for vector in VECTORS]


def test_every_character_counts_alike() -> None:
    texts = [f"中a{chr(code)}b’c" for code in range(0x110000)]

    differing = [hex(code) for code, given in enumerate(counted(texts)) if given != count_zi(texts[code])]

    assert differing == []


def test_random_texts_count_alike() -> None:
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    texts = ["".join(dice.choices(PIECES, k=dice.randrange(24))) for _ in range(20_000)]

    differing = [text for text, given in zip(texts, counted(texts), strict=True) if given != count_zi(text)]

    assert differing == [], f"seed {seed}"
