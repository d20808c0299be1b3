#!/bin/sh
# Makes phosphor-subset.ttf, the icons of the window: a part of Phosphor Icons, regular weight.
#
# usage: make-icons.sh Phosphor.ttf
#
# Phosphor.ttf is src/regular/Phosphor.ttf of the npm package @phosphor-icons/web 2.1.2. Needs Debian's
# python3-fonttools. The same font and the same fontTools give the same bytes. The characters are those of
# src/gui/kit/icons.rs; a test checks that each has a glyph.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
icons=$here/../../src/gui/kit/icons.rs
unicodes=$(sed -n "s/.*'\\\\u{\(E[0-9A-F]*\)}'.*/\1/p" "$icons" | paste -sd,)
"${PYTHON:-/usr/bin/python3}" -m fontTools.subset "$1" --unicodes="$unicodes" --output-file="$here/phosphor-subset.ttf" \
    --no-layout-closure --layout-features= --no-hinting --desubroutinize --notdef-outline --name-IDs=0,1,2,4,5,6
