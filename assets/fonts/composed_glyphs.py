"""The glyphs that WenQuanYi Micro Hei lacks and Wirelab adds: control pictures, a few icons and letters.

The control pictures are composed of the font's own capital letters, ɑ and ɡ of its q; the icons are drawn here
from lines, circles and polygons. The module knows outlines and advances only; make-subset.sh decides what is
kept of the font and writes it. No added glyph has instructions: those of the letters would move points that are
no longer where the instructions expect them.
"""

import math

from fontTools.pens.ttGlyphPen import TTGlyphPointPen

# Every glyph here but ɑ and ɡ is as wide as a Hanzi, so that both sit in the same cells.
ADVANCE = 2048
# The icons are drawn in fourteenths of the em: at 14 px one is a pixel, and edges at whole numbers are sharp.
# It is also their stroke width, equal to that of the font's own signs (U+2715: 147 font units).
UNIT = ADVANCE / 14

CONTROL_PICTURES = dict(
    enumerate(
        "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC "
        "FS GS RS US SP DEL".split(),
        0x2400,
    )
) | {0x2424: "NL"}
# SYMBOL FOR SUBSTITUTE FORM TWO is a question mark seen in a mirror.
SUBSTITUTE_FORM_TWO = 0x2426


# A contour is a list of points (x, y, is on the curve) in font units; it is filled on its right side.


def letter_contours(glyf, name):
    coordinates, ends, flags = glyf[name].getCoordinates(glyf)
    points = [(x, y, bool(flag & 1)) for (x, y), flag in zip(coordinates, flags)]
    starts = [0] + [end + 1 for end in ends]
    return [points[start : end + 1] for start, end in zip(starts, ends)]


def bounds(contours):
    xs = [x for contour in contours for x, _, _ in contour]
    ys = [y for contour in contours for _, y, _ in contour]
    return min(xs), min(ys), max(xs), max(ys)


def moved(contours, dx, dy, sx=1.0, sy=1.0):
    return [[(x * sx + dx, y * sy + dy, on) for x, y, on in contour] for contour in contours]


def bolder(contour, dx, dy):
    """Moves vertical edges outwards by `dx` and horizontal ones by `dy`, others by what lies between."""
    result = []
    for i, (x, y, on) in enumerate(contour):
        ax, ay, _ = contour[i - 1]
        bx, by, _ = contour[(i + 1) % len(contour)]
        length_in, length_out = math.hypot(x - ax, y - ay), math.hypot(bx - x, by - y)
        ux, uy = (x - ax) / length_in, (y - ay) / length_in
        vx, vy = (bx - x) / length_out, (by - y) / length_out
        # The point where both shifted edges meet, but no farther than the shorter edge is long: a sharp
        # corner would become a spike.
        cosine = max(1 + ux * vx + uy * vy, 0.25)
        nx, ny = -(uy + vy) / cosine, (ux + vx) / cosine
        result.append((x + nx * dx, y + ny * dy, on))
    return result


def control_picture(glyf, names):
    """Two or three small capitals, each lower and farther right than the one before."""
    # Data is shown at 13 px. There a letter is six pixels tall and its horizontal strokes fill whole rows.
    pixel = ADVANCE / 13
    # Scaled alone, stems would be 0.6 px wide and grey; they are made as bold as the font's signs.
    cap_height, source_cap = 6 * pixel, 1462
    stem, source_stem = 0.9 * pixel, 186
    bar, source_bar = 0.9 * pixel, 164
    if len(names) == 3:
        bottoms, gap = [5 * pixel, 2 * pixel, -1 * pixel], 0.7 * pixel
    else:
        # No letter is beside the other, so that they may stand closer.
        bottoms, gap = [5 * pixel, -1 * pixel], 0.4 * pixel
    widest = 12 * pixel

    letters = [letter_contours(glyf, name) for name in names]
    boxes = [bounds(letter) for letter in letters]
    source_width = sum(x1 - x0 for x0, _, x1, _ in boxes)

    sy = (cap_height - bar) / (source_cap - source_bar)
    count = len(names)
    sx = (widest - count * stem - (count - 1) * gap) / (source_width - count * source_stem)
    sx = min(sx, sy)
    dx, dy = (stem - sx * source_stem) / 2, (bar - sy * source_bar) / 2
    letter_widths = [sx * (x1 - x0) + 2 * dx for x0, _, x1, _ in boxes]

    contours, x = [], (ADVANCE - sum(letter_widths) - (count - 1) * gap) / 2
    for letter, box, letter_width, bottom in zip(letters, boxes, letter_widths, bottoms):
        small = moved(letter, x + dx - box[0] * sx, bottom + dy, sx, sy)
        contours += [bolder(contour, dx, dy) for contour in small]
        x += letter_width + gap
    return contours


def mirrored_question_mark(glyf, name):
    question = letter_contours(glyf, name)
    x0, _, x1, _ = bounds(question)
    mirror = [contour[::-1] for contour in moved(question, 0, 0, -1)]
    return moved(mirror, (ADVANCE + x0 + x1) / 2, 0)


def script_a(q_outer, q_counter):
    """The bowl and the upper end of a q, standing on the baseline like a d."""
    top, stem_end = q_outer.index((1026, 1098, True)), q_outer.index((844, 147, True))
    foot = [(1026, 0, True), (879, 0, True), (852, 147, True)]
    return [q_outer[: top + 1] + foot + q_outer[stem_end:], q_counter]


def script_g(q_outer, q_counter):
    """A q whose stem ends in a hook, as deep as the tails of the font's g and j."""
    top, bowl_end = q_outer.index((1026, 1098, True)), q_outer.index((844, -23, True))
    hook = [(1026, -8, True), (1026, -250, False), (776, -492, False), (535, -492, True)]
    hook += [(325, -492, False), (184, -430, True), (184, -262, True)]
    hook += [(340, -346, False), (543, -346, True), (683, -346, False), (844, -186, False)]
    return [q_outer[: top + 1] + hook + q_outer[bowl_end:], q_counter]


# Both are as wide as the q that they are made of.
LETTERS = {0x0251: script_a, 0x0261: script_g}


# The icons. Their points are in UNITs, y upwards from the baseline. Their middle is (7, 5), half the height of
# the capitals; where a single line runs through it, half a UNIT beside, so that the line is one sharp pixel.


def polygon(points, hole=False):
    """Straight or, where a point has a third member False, quadratic sides, in either direction."""
    contour = [(p[0], p[1], p[2] if len(p) == 3 else True) for p in points]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(contour, contour[1:] + contour[:1]))
    return contour if (area > 0) == hole else contour[::-1]


def rectangle(x0, y0, x1, y1):
    return polygon([(x0, y0), (x0, y1), (x1, y1), (x1, y0)])


def arc(x, y, rx, ry, start, end):
    """The points of an arc from the angle `start` to `end`, in degrees."""
    steps = math.ceil(abs(end - start) / 45)
    half = math.radians((end - start) / steps / 2)
    points = []
    for i in range(2 * steps + 1):
        angle = math.radians(start) + i * half
        reach = 1 / math.cos(half) if i % 2 else 1
        points.append((x + rx * reach * math.cos(angle), y + ry * reach * math.sin(angle), i % 2 == 0))
    return points


def ellipse(x, y, rx, ry, hole=False):
    return polygon(arc(x, y, rx, ry, 0, 360)[:-1], hole)


def ring(x, y, rx, ry, width=1.0):
    """`rx` and `ry` are the outer radii."""
    return [ellipse(x, y, rx, ry), ellipse(x, y, rx - width, ry - width, hole=True)]


def parallel(points, distance, closed):
    """The line `distance` to the left of the one through `points`, with mitred corners."""
    result = []
    for i, (x, y) in enumerate(points):
        before = points[i - 1] if i or closed else None
        after = points[(i + 1) % len(points)] if closed or i + 1 < len(points) else None
        ax, ay = before or (2 * x - after[0], 2 * y - after[1])
        bx, by = after or (2 * x - before[0], 2 * y - before[1])
        length_in, length_out = math.hypot(x - ax, y - ay), math.hypot(bx - x, by - y)
        ux, uy = (x - ax) / length_in, (y - ay) / length_in
        vx, vy = (bx - x) / length_out, (by - y) / length_out
        cosine = 1 + ux * vx + uy * vy
        result.append((x - (uy + vy) / cosine * distance, y + (ux + vx) / cosine * distance))
    return result


def line(*points, width=1.0):
    half = width / 2
    return polygon(parallel(points, half, False) + parallel(points, -half, False)[::-1])


def rounded(points, length):
    """Cuts `length` from both sides of every corner and puts a curve there."""
    result = []
    for i, (x, y) in enumerate(points):
        for other in (points[i - 1], points[(i + 1) % len(points)]):
            part = length / math.hypot(other[0] - x, other[1] - y)
            result.append((x + (other[0] - x) * part, y + (other[1] - y) * part))
            if len(result) % 3 == 1:
                result.append((x, y, False))
    return result


def pause():
    return [rectangle(3, 0, 6, 10), rectangle(8, 0, 11, 10)]


def play():
    return [polygon([(4, 0), (4, 10), (12.5, 5)])]


def stop():
    return [rectangle(3, 1, 11, 9)]


def warning():
    corners = [(7.5, 10.8), (1.6, -0.5), (13.4, -0.5)]
    outer, inner = parallel(corners, -0.5, True), parallel(corners, 0.5, True)
    return [
        polygon(rounded(outer, 1.4)),
        polygon(inner, hole=True),
        rectangle(7, 3.4, 8, 6.9),
        rectangle(7, 1, 8, 2),
    ]


def sun():
    x, y = 7.5, 5.5
    rays = []
    for i in range(8):
        c, s = math.cos(math.radians(45 * i)), math.sin(math.radians(45 * i))
        rays.append(line((x + 4.3 * c, y + 4.3 * s), (x + 6.5 * c, y + 6.5 * s)))
    return [ellipse(x, y, 3, 3)] + rays


def moon():
    """A disc less a second one, to its upper right."""
    x, y, r = 7, 5, 6
    cx, cy, cr = 9.6, 7.6, 5
    distance = math.hypot(cx - x, cy - y)
    along = (distance**2 + r**2 - cr**2) / (2 * distance)
    toward = math.degrees(math.atan2(cy - y, cx - x))
    spread = math.degrees(math.acos(along / r))
    inner_spread = math.degrees(math.acos((distance - along) / cr))
    outer = arc(x, y, r, r, toward + spread, toward + 360 - spread)
    inner = arc(cx, cy, cr, cr, toward + 180 + inner_spread, toward + 180 - inner_spread)
    return [polygon(outer[:-1] + inner[:-1])]


def magnifier():
    return ring(5.5, 6.5, 4.5, 4.5) + [line((8.2, 3.8), (12.6, -0.6), width=1.5)]


def gear():
    x, y, teeth = 7, 5, 8
    outline = []
    for i in range(teeth):
        for radius, offset in ((4.4, -0.30), (6, -0.17), (6, 0.17), (4.4, 0.30)):
            angle = 2 * math.pi * i / teeth + offset
            outline.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return [polygon(outline), ellipse(x, y, 2, 2, hole=True)]


def astronomical_sun():
    return ring(7, 5, 6, 6) + [ellipse(7, 5, 1.2, 1.2)]


def enter():
    return [line((12.5, 10), (12.5, 3.5), (1.5, 3.5)), line((5, 7), (1.5, 3.5), (5, 0))]


def down_to_bar():
    return [line((7.5, 11), (7.5, 1.5)), line((3.5, 5.5), (7.5, 1.5), (11.5, 5.5)), rectangle(2, -1, 13, 0)]


def globe():
    return ring(7.5, 5.5, 6.5, 6.5) + ring(7.5, 5.5, 3, 6.5) + [rectangle(1.5, 5, 13.5, 6)]


def copy():
    corners = [(5.5, -0.5), (5.5, 6.5), (12.5, 6.5), (12.5, -0.5)]
    front = [polygon(parallel(corners, 0.5, True)), polygon(parallel(corners, -0.5, True), hole=True)]
    return front + [line((8.5, 8), (8.5, 10.5), (1.5, 10.5), (1.5, 3.5), (4, 3.5))]


def clear():
    corners = [(1, 5), (4.8, 9.5), (12.5, 9.5), (12.5, 0.5), (4.8, 0.5)]
    key = [polygon(parallel(corners, 0.5, True)), polygon(parallel(corners, -0.5, True), hole=True)]
    return key + [line((5.6, 2.6), (10.4, 7.4)), line((5.6, 7.4), (10.4, 2.6))]


ICONS = {
    0x2315: magnifier,
    0x232B: clear,
    0x23CE: enter,
    0x23F5: play,
    0x23F8: pause,
    0x23F9: stop,
    0x2600: sun,
    0x2609: astronomical_sun,
    0x263E: moon,
    0x2699: gear,
    0x26A0: warning,
    0x2913: down_to_bar,
    0x29C9: copy,
    0x1F310: globe,
}


def glyph(contours):
    pen = TTGlyphPointPen(None)
    for contour in contours:
        pen.beginPath()
        for x, y, on in contour:
            pen.addPoint((round(x), round(y)), "line" if on else None)
        pen.endPath()
    return pen.glyph()


def add(font):
    """Adds the glyphs to `font`, which must have none of them yet; returns the characters with their advances."""
    glyf, letters = font["glyf"], font.getBestCmap()
    outlines = {
        character: control_picture(glyf, [letters[ord(letter)] for letter in name])
        for character, name in CONTROL_PICTURES.items()
    }
    outlines[SUBSTITUTE_FORM_TWO] = mirrored_question_mark(glyf, letters[ord("?")])
    for character, draw in ICONS.items():
        outlines[character] = moved(draw(), 0, 0, UNIT, UNIT)
    advances = dict.fromkeys(outlines, ADVANCE)
    q = letters[ord("q")]
    q_counter, q_outer = letter_contours(glyf, q)
    for character, draw in LETTERS.items():
        outlines[character] = draw(q_outer, q_counter)
        advances[character] = font["hmtx"][q][0]

    present = sorted(set(outlines) & set(letters))
    if present:
        raise ValueError(f"the font has these already: {present}")
    names = {character: f"u{character:04X}.wirelab" for character in outlines}
    font.setGlyphOrder(font.getGlyphOrder() + list(names.values()))
    for character, contours in outlines.items():
        name = names[character]
        glyf[name] = glyph(contours)
        glyf[name].recalcBounds(glyf)
        font["hmtx"][name] = (advances[character], glyf[name].xMin)
        for table in font["cmap"].tables:
            if table.isUnicode() and (character <= 0xFFFF or table.format == 12):
                table.cmap[character] = name
    return advances
