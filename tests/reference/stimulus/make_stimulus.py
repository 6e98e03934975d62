# TextGrids as Praat 6.1 writes them (praat-parselmouth 0.4.7), and what Praat itself says is in them; tables as pandas 3.1 writes
# them. For tests/api/stimulus.rs. Run: python make_stimulus.py  (writes beside itself)
from pathlib import Path

import pandas as pd
from parselmouth.praat import call, run

here = Path(__file__).parent
labels = ["", "Once", "sp", 'say ""so""', "naïve", "", "two words", "海", "<p:>", "3.5", "end!"]
ends = [0.31, 0.74, 0.9, 1.52, 1.987654321, 2.5, 3.25, 3.5, 4.0, 4.4, 5.0]
script = 'grid = Create TextGrid: 0, 5, "words phones clicks", "clicks"\n'
for end in ends[:-1]:
    script += f"Insert boundary: 1, {end}\n"
for n, label in enumerate(labels, 1):
    script += f'Set interval text: 1, {n}, "{label}"\n'
script += 'Set tier name: 1, "Anna - words"\n'
script += 'Insert boundary: 2, 1.0\nSet interval text: 2, 1, "w"\nInsert point: 3, 2.25, "click 1 ""loud"""\n'
for name, form, encoding in (
    ("long", "text file", "UTF-8"),
    ("short", "short text file", "UTF-8"),
    ("long16", "text file", "UTF-16"),
    ("short16", "short text file", "UTF-16"),
):
    script += f'Text writing preferences: "{encoding}"\nSave as {form}: "{here / name}.TextGrid"\n'
script += 'Text writing preferences: "UTF-8"\n'
grid = run(script)[0]

intervals = []
for n in range(1, int(call(grid, "Get number of intervals", 1)) + 1):
    intervals.append(
        (
            call(grid, "Get label of interval", 1, n),
            call(grid, "Get start time of interval", 1, n),
            call(grid, "Get end time of interval", 1, n),
        )
    )
words = pd.DataFrame(
    [row for row in intervals if row[0] not in ("", "sp", "<p:>")], columns=["word", "onset", "offset"]
)
words.to_csv(here / "words.csv", index=False)

# The same words with durations in milliseconds, in two runs, one word without time, other columns between.
table = words.assign(
    speaker="Anna, the first",
    run=["a"] * 3 + ["b"] * (len(words) - 3),
    start_ms=words.onset * 1000,
    length_ms=(words.offset - words.onset) * 1000,
)
table.loc[1, ["start_ms", "length_ms"]] = None
table = table[["run", "speaker", "start_ms", "word", "length_ms"]]
table.to_csv(here / "runs.tsv", sep="\t", index=False)
