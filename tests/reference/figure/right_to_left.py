"""Hebrew and Arabic words as Pillow draws them with libraqm (FriBidi and HarfBuzz) in the whole DejaVu Sans.

Needs: Pillow with raqm, numpy, matplotlib (for its DejaVu Sans 2.37). Writes right_to_left.npz beside this file: for each
word the ink's cover, cropped, at 40 pixels per em.
"""
import os

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

assert features.check("raqm")
here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(os.path.dirname(matplotlib.__file__), "mpl-data/fonts/ttf/DejaVuSans.ttf")
font = ImageFont.truetype(path, 40, layout_engine=ImageFont.Layout.RAQM)
words = {
    "hebrew": "שפה ומוח",
    "hebrew_number": "רשת 17 (r)",
    "arabic": "شبكة اللغة",
    "arabic_ligature": "سلام",
    "persian": "گفتار",
    "latin_first": "Network שפה",
}
arrays = {}
for name, word in words.items():
    page = Image.new("L", (600, 120), 0)
    ImageDraw.Draw(page).text((60, 30), word, font=font, fill=255, features=["-kern"])
    ink = np.asarray(page)
    rows, columns = np.where(ink.max(1) > 40)[0], np.where(ink.max(0) > 40)[0]
    arrays[name] = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    print(name, arrays[name].shape)
np.savez(os.path.join(here, "right_to_left.npz"), **arrays)
