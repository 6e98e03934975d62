# Writes english.tsv: how frequent English words are, from the "small" English list of wordfreq 3.1.1, beside itself.
# Needs: Python with msgpack; network for one wheel.
# Usage: python assets/words/make_words.py
import gzip
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import msgpack

here = Path(__file__).parent
with tempfile.TemporaryDirectory() as work:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, "wordfreq==3.1.1"]
    subprocess.run(pip, check=True)
    (wheel,) = Path(work).glob("wordfreq-*.whl")
    with zipfile.ZipFile(wheel) as files:
        packed = files.read("wordfreq/data/small_en.msgpack.gz")
header, *lists = msgpack.loads(gzip.decompress(packed), raw=False)
assert header["format"] == "cB" and header["version"] == 1, header

# A word: letters, with apostrophes and full stops inside, or one digit. Left out: symbols, emoji, and stand-ins for longer numbers ("00").
word = re.compile(r"[^\W\d_]+(?:['.][^\W\d_]+)*|\d")
lines, count = [], 0
for centibels, words in enumerate(lists):
    kept = [w for w in words if word.fullmatch(w)]
    if kept:
        # wordfreq's Zipf value: log10 of the occurrences in a billion words.
        lines.append(f"{(900 - centibels) / 100:.2f}\t{' '.join(kept)}\n")
        count += len(kept)
(here / "english.tsv").write_text("".join(lines), encoding="utf-8")
print(count, "words")
