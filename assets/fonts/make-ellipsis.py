#!/usr/bin/env python3
"""Makes ellipsis.ttf: a font of one character, U+2026, with its dots on the baseline.

The CJK font has them at half height, as Chinese text does; on buttons and cut texts of the window that reads as three
middle dots. The glyph is drawn here and is a part of Wirelab. Needs fontTools. The same fontTools gives the same bytes.
"""

import os

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

# The metrics of the CJK font, which lines of text are as high as.
UNITS, ASCENT, DESCENT = 2048, 1918, -483
DOT = 196
STEP = 573
ADVANCE = 3 * STEP


def dots():
    pen = TTGlyphPen(None)
    for number in range(3):
        left = number * STEP + (STEP - DOT) // 2
        pen.moveTo((left, 0))
        pen.lineTo((left, DOT))
        pen.lineTo((left + DOT, DOT))
        pen.lineTo((left + DOT, 0))
        pen.closePath()
    return pen.glyph()


builder = FontBuilder(UNITS, isTTF=True)
builder.updateHead(created=0, modified=0)
builder.setupGlyphOrder([".notdef", "ellipsis"])
builder.setupCharacterMap({0x2026: "ellipsis"})
builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "ellipsis": dots()})
builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0), "ellipsis": (ADVANCE, (STEP - DOT) // 2)})
builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
builder.setupNameTable({"familyName": "Wirelab Ellipsis", "styleName": "Regular"})
builder.setupOS2(sTypoAscender=1567, sTypoDescender=-492, usWinAscent=ASCENT, usWinDescent=-DESCENT)
builder.setupPost()
builder.font.recalcTimestamp = False
builder.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ellipsis.ttf"))
