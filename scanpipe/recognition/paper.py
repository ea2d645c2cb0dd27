"""Resolution: what the file declares if it can be true, else what makes the pixels a sheet of paper."""

_INCH = 25.4
_SIZES_MM = {"A3": (297, 420), "A4": (210, 297), "A5": (148, 210), "B4": (257, 364), "B5": (182, 257)}
_SCANNER_DPI = (300, 200, 400, 600, 150, 240, 100)  # the usual first: B4 at 240 dpi has nearly the pixels of A4 at 300
_LEAST_DPI, _MOST_DPI = 50, 1200
_SCREEN_DPI = 72.0
_LONGEST_INCH = 48  # no office scanner takes longer paper; 72 dpi written by habit makes A4 at 300 dpi 49 inches long


def resolution(width: int, height: int, declared: tuple[float, float] | None) -> tuple[float, float]:
    """Horizontal and vertical dpi of an image of width x height pixels. declared: as the file says, None if it says nothing."""
    if declared and all(_LEAST_DPI <= dpi <= _MOST_DPI for dpi in declared) and max(width / declared[0], height / declared[1]) < _LONGEST_INCH:
        return declared
    dpi = _dpi_of_a_sheet(width, height)
    return dpi, dpi


def _dpi_of_a_sheet(width: int, height: int) -> float:
    """The usual scanner resolution at which the image is A3, A4, A5, B4 or B5 within 2 %; else as if the long side were that of A4, a screen's 72 at least."""
    short, long = sorted((width, height))
    for dpi in _SCANNER_DPI:
        for size in _SIZES_MM.values():
            if all(abs(pixels / dpi * _INCH / mm - 1) < 0.02 for pixels, mm in zip((short, long), size, strict=True)):
                return float(dpi)
    return max(_SCREEN_DPI, round(long / (_SIZES_MM["A4"][1] / _INCH), 1))
