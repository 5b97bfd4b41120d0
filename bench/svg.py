"""
svg: the two plots of a report, drawn without any library: bars over a logarithmic axis, lines over logarithmic or even ones.
"""
import html
import math

WIDTH = 760
FONT = "font-family='system-ui, sans-serif' font-size='12'"
INK, FAINT = "#333", "#ddd"
COLOURS = ("#c2410c", "#1d4ed8", "#047857", "#7e22ce", "#a16207", "#0e7490", "#be123c")  # ours first; told apart by their marks, too
DIGIT_WIDTH = 8  # pixels, a little too many: labels of the lower axis that would touch are left out, and their lines with them
DASHES = ("", "6 3", "2 3", "8 3 2 3", "4 4", "1 4", "10 4")


def text(x, y, words, anchor="start", colour=INK, extra=""):
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{colour}' {extra}>{html.escape(words, quote=True)}</text>"


def line(x1, y1, x2, y2, colour=FAINT, extra=""):
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}' {extra}/>"


def sheet(height, title, parts):
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' {FONT} role='img'>"
    return "\n".join([head, f"<title>{html.escape(title)}</title>", f"<rect width='{WIDTH}' height='{height}' fill='#fff'/>",
                      text(16, 24, title, extra="font-weight='600'"), *parts, "</svg>"]) + "\n"


def number(value):
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


NICE = (1.0, 2.0, 5.0)
NARROW = 2.0  # decades: up to here an axis begins and ends at 1, 2 or 5 times a power of ten, and has them all as ticks


def nice_numbers(low, high):
    """1, 2, 5 times powers of ten that enclose low to high."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = [step * 10.0 ** power for power in range(first, last + 1) for step in NICE]
    begin = max((value for value in every if value <= low * 1.0001), default=every[0])
    end = min((value for value in every if value >= high * 0.9999), default=every[-1])
    return [value for value in every if begin <= value <= end]


class Log:
    """A logarithmic axis in pixels, over whole powers of ten, or finer where all lies within two of them."""

    def __init__(self, values, start, end):
        low, high = min(values), max(values)
        narrow = math.log10(high / low) <= NARROW
        self.marks = nice_numbers(low, high) if narrow else [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
        if len(self.marks) < 2:
            self.marks = [self.marks[0] / 2, self.marks[0], self.marks[0] * 2]
        self.low, self.high = math.log10(self.marks[0]), math.log10(self.marks[-1])
        self.start, self.end = start, end

    def at(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        return self.marks


class Even:
    """An axis in pixels that begins at nought, with about five ticks."""

    def __init__(self, values, start, end):
        high = max(values)
        step = next(value for value in nice_numbers(high / 100, high) if value * 6 >= high)
        self.marks = [step * place for place in range(math.ceil(high / step) + 1)]
        self.start, self.end = start, end

    def at(self, value):
        return self.start + value / self.marks[-1] * (self.end - self.start)

    def ticks(self):
        return self.marks


def bars(title, unit, rows, marked=()):
    """rows: (label, value), from top to bottom; those whose label is marked are drawn in our colour."""
    top, row, left, right = 44, 24, 290, WIDTH - 80
    bottom = top + row * len(rows)
    axis = Log([value for _, value in rows], left, right)
    parts = [piece for tick in axis.ticks() for piece in (line(axis.at(tick), top, axis.at(tick), bottom), text(axis.at(tick), bottom + 16, number(tick), "middle"))]
    for place, (label, value) in enumerate(rows):
        y = top + row * place
        colour = COLOURS[0] if label in marked else COLOURS[1]
        parts += [text(left - 8, y + 16, label, "end"), f"<rect x='{left}' y='{y + 4}' width='{max(axis.at(value) - left, 1):.1f}' height='{row - 8}' fill='{colour}'/>",
                  text(axis.at(value) + 6, y + 16, number(value))]
    parts.append(text((left + right) / 2, bottom + 36, unit, "middle"))
    return sheet(bottom + 48, title, parts)


def lines(title, across, unit, series, axis=Log):
    """series: {label: [(x, y)]}, the first of them ours. Over a logarithmic axis every point has its x below it."""
    top, bottom, left, right = 64, 340, 70, WIDTH - 230
    x = axis([x for points in series.values() for x, _ in points], left, right)
    y = axis([y for points in series.values() for _, y in points], bottom, top)
    below = sorted({x for points in series.values() for x, _ in points}) if axis is Log else x.ticks()
    parts = [piece for tick in y.ticks() for piece in (line(left, y.at(tick), right, y.at(tick)), text(left - 8, y.at(tick) + 4, number(tick), "end"))]
    last = -math.inf
    for value in below:
        half = len(number(value)) * DIGIT_WIDTH / 2
        if x.at(value) - half > last:
            parts += [line(x.at(value), top, x.at(value), bottom), text(x.at(value), bottom + 18, number(value), "middle")]
            last = x.at(value) + half
    for place, (label, points) in enumerate(series.items()):
        colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
        path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in sorted(points))
        style = f"stroke-width='2' stroke-dasharray='{dash}'"
        parts += [f"<polyline points='{path}' fill='none' stroke='{colour}' {style}/>",
                  *(f"<circle cx='{x.at(a):.1f}' cy='{y.at(b):.1f}' r='3' fill='{colour}'/>" for a, b in points if axis is Log),
                  line(right + 20, top + 10 + 22 * place, right + 50, top + 10 + 22 * place, colour, style), text(right + 58, top + 14 + 22 * place, label)]
    parts += [text((left + right) / 2, bottom + 40, across, "middle"), text(16, top - 18, unit)]
    return sheet(bottom + 52, title, parts)
