"""Numbers as a person on call likes to read them."""

import math


def number(x: float) -> str:
    """Three significant digits, without an exponent where that is readable.

    >>> [number(x) for x in (3.14159, 12345.6, 0.00012345, -0.5, 2e12, 0.0, 99.96)]
    ['3.14', '12,300', '0.000123', '-0.5', '2e+12', '0', '100']
    """
    return _digits(x, 3)


def value(x: float) -> str:
    """A value as it stands in the data: whole numbers in full, others to six digits.

    >>> [value(x) for x in (12.5, -1.0, 123456789.0, 0.1 + 0.2, 1e300)]
    ['12.5', '-1', '123456789', '0.3', '1e+300']
    """
    if float(x).is_integer() and abs(x) < 1e15:
        return str(int(x))
    return f"{x:.6g}"


def signed(x: float) -> str:
    """A difference, always with its sign.

    >>> signed(3.2), signed(-0.75)
    ('+3.2', '-0.75')
    """
    return ("+" if x >= 0 else "") + number(x)


def percent(share: float) -> str:
    """A share in percent; what is small but there is not shown as nothing.

    >>> [percent(s) for s in (0.2012, 0.0, 1.0, 0.00004, 0.9999)]
    ['20.1%', '0.0%', '100.0%', '0.004%', '99.99%']
    """
    if 0 < share < 0.0005:
        return f"{_digits(100 * share, 1)}%"
    if 0.9995 <= share < 1:
        return f"{min(100 * share, 99.99):.2f}%"
    return f"{100 * share:.1f}%"


def quoted(word: str) -> str:
    """A category's name, short enough for a sentence; whitespace stays visible in the quotes.

    >>> quoted(" DE"), quoted("x" * 50)
    ("' DE'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'")
    """
    shown = word if len(word) <= 32 else word[:29] + "..."
    return "'" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + "'"


def _digits(x: float, digits: int) -> str:
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else str(x)
    rounded = f"{x:.{digits - 1}e}"
    exponent = int(rounded.partition("e")[2])
    if not -6 <= exponent < 9:
        return f"{x:.{digits}g}"
    text = f"{float(rounded):,.{max(0, digits - 1 - exponent)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
