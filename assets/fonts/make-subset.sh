#!/bin/sh
# Makes wqy-microhei-subset.ttf, the CJK fallback font that is compiled into the program: a part of WenQuanYi
# Micro Hei, with the outlines that repaired_glyphs.py gives back and the glyphs that composed_glyphs.py adds.
#
# usage: make-subset.sh [wqy-microhei.ttc]
#
# Without an argument the collection of Debian's package fonts-wqy-microhei is used, and the package is
# installed if it is missing. Needs Debian's python3-fonttools (pyftsubset's library). The same collection
# and the same fontTools give the same bytes: no time stamp is written. What is kept, what is dropped and
# why stands in README.md.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source_ttc=${1:-/usr/share/fonts/truetype/wqy/wqy-microhei.ttc}
output_ttf=$here/wqy-microhei-subset.ttf

# Debian's interpreter, because that is the one Debian's fontTools belongs to.
python=/usr/bin/python3

install_packages() {
    if [ "$(id -u)" -eq 0 ]; then
        apt-get install -y --no-install-recommends "$@"
    else
        sudo apt-get install -y --no-install-recommends "$@"
    fi
}

[ -r "$source_ttc" ] || [ $# -gt 0 ] || install_packages fonts-wqy-microhei
"$python" -c 'import fontTools.subset' 2>/dev/null || install_packages python3-fonttools

PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 "$python" - "$source_ttc" "$output_ttf" <<'PYTHON'
import hashlib
import os
import sys
import unicodedata

import composed_glyphs
import fontTools
import repaired_glyphs
from fontTools import subset
from fontTools.ttLib import TTFont

SANS = 0  # Index 1 of the collection is Mono, with the same Hanzi.
FAMILY = "WenQuanYi Micro Hei Subset"
NAMES = {
    1: FAMILY,
    3: "WenQuanYi Micro Hei 0.2.0-beta, subset with added and repaired glyphs, made for Wirelab",
    4: FAMILY,
    5: "Version 0.2.0-beta; modified (subset with added and repaired glyphs)",
    6: "WenQuanYiMicroHeiSubset",
    10: "Modified version of WenQuanYi Micro Hei 0.2.0-beta: the Sans face alone, without kerning, "
    "vertical metrics, glyph names and glyphs that no character reaches; with control pictures, composed of its "
    "capitals, and a few letters and icons added, and lost outlines composed anew. All other outlines are unchanged.",
}
# Characters that show nothing although they are neither spaces nor format characters.
BLANK_LETTERS = {0x3164}  # HANGUL FILLER

source, output = sys.argv[1:]

options = subset.Options(
    font_number=SANS,
    layout_features=[],
    glyph_names=False,
    notdef_outline=True,
    legacy_cmap=False,
    name_legacy=False,
    name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 10, 13, 14],
    # Without fpgm and prep the program's rasteriser takes its automatic hinter for every Hanzi.
    hinting=True,
    recalc_timestamp=False,
)
options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "vhea", "vmtx"]

font = subset.load_font(source, options)
characters = set(font.getBestCmap())
added = composed_glyphs.add(font)
repaired = repaired_glyphs.repair(font)
characters.update(added)
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=characters)
subsetter.subset(font)
for name_id, text in NAMES.items():
    font["name"].setName(text, name_id, 3, 1, 0x409)
subset.save_font(font, output, options)

# What was written is what is checked.
written = TTFont(output)
kept = set(written.getBestCmap())
if kept != characters:
    sys.exit(f"characters lost: {sorted(characters - kept)[:20]}")
for character, advance in (added | repaired).items():
    name = written.getBestCmap()[character]
    # A composite has the attribute only if it has instructions.
    program = getattr(written["glyf"][name], "program", None)
    if written["hmtx"][name][0] != advance or program and program.getBytecode():
        sys.exit(f"U+{character:04X} has another advance or has instructions")
for character, name in written.getBestCmap().items():
    # Separators (Z) and format, control and other characters (C) are rightly blank.
    blank = unicodedata.category(chr(character))[0] in "ZC" or character in BLANK_LETTERS
    points, _, _ = written["glyf"][name].getCoordinates(written["glyf"])
    if not points and not blank:
        sys.exit(f"U+{character:04X} has no outline")
if not written["name"].getDebugName(13).startswith("Licensed under the Apache License, Version 2.0"):
    sys.exit("the licence has gone from the name table")


def double_byte_characters(codec):
    """Every single character of `codec` that takes two bytes, without the private use area."""
    found = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x30, 0xFF):
            try:
                text = bytes((lead, trail)).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and not 0xE000 <= ord(text) <= 0xF8FF:
                found.add(ord(text))
    return found


print(f"fontTools {fontTools.version}, {len(kept)} characters, {written['maxp'].numGlyphs} glyphs")
for what, changed in (("added", added), ("repaired", repaired)):
    print(f"{len(changed)} {what}: " + " ".join(f"{chr(c)} U+{c:04X}" for c in sorted(changed)))
for codec in ("gb2312", "gbk", "big5", "cp950", "shift_jis", "cp932", "euc_kr", "cp949"):
    wanted = double_byte_characters(codec)
    missing = " ".join(f"U+{c:04X}" for c in sorted(wanted - kept)) or "none"
    print(f"{codec:9} {len(wanted & kept):6} of {len(wanted):6}, missing: {missing}")
for path in (source, output):
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    print(f"{digest}  {os.path.getsize(path)} bytes  {os.path.basename(path)}")
PYTHON
