#!/bin/sh
# Subsets DejaVu Sans (regular and bold) to the signs that figures use, and puts its licence beside.
# Needs: Python with fonttools 4.68.0; network for one wheel, matplotlib 3.11.2, which carries DejaVu 2.37.
# Usage: PYTHON=python3 assets/font/make_font.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip download --quiet --no-deps --only-binary=:all: --dest "$work" matplotlib==3.11.2
"$python" -m zipfile -e "$work"/matplotlib-*.whl "$work/wheel"
fonts="$work/wheel/matplotlib/mpl-data/fonts/ttf"
# Latin with Vietnamese, IPA, modifiers, combining marks, Greek, Cyrillic, punctuation, super- and subscripts, letter-like,
# arrows, mathematics, a few shapes (dots, stars, ellipsis); Hebrew, and Arabic with Persian as joined forms.
signs="U+0020-007E,U+00A0-024F,U+0250-02AF,U+02B0-036F,U+0370-03FF,U+0400-052F,U+1E00-1EFF,U+2010-2044,U+2070-209C,U+20AC"
signs="$signs,U+2100-214F,U+2150-215F,U+2190-21FF,U+2200-22FF,U+2500,U+25A0-25CF,U+2605,U+2606,U+2713,U+FFFD"
signs="$signs,U+0590-05FF,U+0600-06FF,U+FB1D-FB4F,U+FB56-FB59,U+FB7A-FB7D,U+FB8A-FB95,U+FBFC-FBFF,U+FE70-FEFC"
for name in DejaVuSans DejaVuSans-Bold; do
  "$python" -m fontTools.subset "$fonts/$name.ttf" --unicodes="$signs" --layout-features=kern --no-hinting --notdef-outline \
    --legacy-kern --desubroutinize --output-file="$here/$name.ttf"
done
cp "$fonts/LICENSE_DEJAVU" "$here/LICENSE_DEJAVU"
ls -l "$here"
