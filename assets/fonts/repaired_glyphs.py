"""The outlines that WenQuanYi Micro Hei has lost, for characters that it maps to a glyph with nothing in it.

They are composed of the font's own glyphs, nearly all as TrueType composites, so that a part is hinted as it is
where it stands alone. ǖ is among them because of it only the macron is left. The module knows outlines only: the
advance of each character stays as the font has it, and what the font does not map is in composed_glyphs.py.
"""

from composed_glyphs import ADVANCE, glyph, letter_contours, moved
from fontTools.pens.ttGlyphPen import TTGlyphPointPen

# The glyphs of these characters, each moved to the right and up, in font units.
PARTS = {
    0x02CA: [("´", 0, 0)],
    0x02CB: [("`", 0, 0)],
    # The font gives the overline no width: it is centred where it stands, as in the middle of a cell.
    0x203E: [("¯", -512, 0)],
    # The letters keep their size; what they leave of the em lies beside and between the parts.
    0x2103: [("°", -70, 0), ("C", 765, 0)],
    0x2109: [("°", 135, 0), ("F", 875, 0)],
    0x223C: [("～", 0, 0)],
}

# A letter, and a letter of the font whose accent is as wide as a caron: it says where the caron stands.
CARONS = {0x01CE: ("a", "â"), 0x01D0: ("ı", "î"), 0x01D2: ("o", "ô"), 0x01D4: ("u", "û")}

# The accents over ü, and the letter of the font that says where each stands on a u.
ABOVE_DIERESIS = {0x01D6: ("ˉ", "ū"), 0x01D8: ("´", "ú"), 0x01DA: ("ˇ", "û"), 0x01DC: ("`", "ù")}
# So high that after rounding to pixels they are apart from the dots, at 14 px as well.
ABOVE_DIERESIS_RISE = 370

# Each is the last contour of a neighbour: Ⅴ of Ⅵ, Ⅹ of Ⅺ.
ROMAN_NUMERALS = {0x2164: 0x2165, 0x2169: 0x216A}
ANGSTROM = 0x212B


def composite(glyf, parts):
    pen = TTGlyphPointPen(glyf)
    for name, x, y in parts:
        pen.addComponent(name, (1, 0, 0, 1, x, y))
    return pen.glyph()


def accent_offset(glyf, name):
    accent = glyf[name].components[-1]
    return accent.x, accent.y


def centred(contour):
    xs = [x for x, _, _ in contour]
    return moved([contour], (ADVANCE - min(xs) - max(xs)) / 2, 0)


def outlines(font):
    glyf, names = font["glyf"], font.getBestCmap()

    def name(letter):
        return names[ord(letter)]

    found = {
        character: composite(glyf, [(name(letter), x, y) for letter, x, y in parts])
        for character, parts in PARTS.items()
    }
    for character, (letter, model) in CARONS.items():
        caron = (name("ˇ"), *accent_offset(glyf, name(model)))
        found[character] = composite(glyf, [(name(letter), 0, 0), caron])
    dots = accent_offset(glyf, name("ü"))
    for character, (accent, model) in ABOVE_DIERESIS.items():
        x, y = accent_offset(glyf, name(model))
        upper = (name(accent), x, y + ABOVE_DIERESIS_RISE)
        found[character] = composite(glyf, [(name("u"), 0, 0), (name("¨"), *dots), upper])

    ring_x, ring_y = accent_offset(glyf, name("Å"))
    x = (ADVANCE - font["hmtx"][name("Å")][0]) // 2
    found[ANGSTROM] = composite(glyf, [(name("A"), x, 0), (name("˚"), x + ring_x, ring_y)])
    for character, neighbour in ROMAN_NUMERALS.items():
        found[character] = glyph(centred(letter_contours(glyf, names[neighbour])[-1]))
    return found


def repair(font):
    """Gives the characters of `font` their outlines; returns them, each with its advance."""
    glyf, metrics, names = font["glyf"], font["hmtx"], font.getBestCmap()
    advances = {}
    for character, outline in outlines(font).items():
        name = names[character]
        glyf[name] = outline
        outline.recalcBounds(glyf)
        advances[character] = metrics[name][0]
        metrics[name] = (advances[character], outline.xMin)
    return advances
