"""Post-processing of a picture: bright areas glow into their surroundings (bloom), and corners darken (vignette).

One kernel does both in place, in two passes over the picture instead of the six of pygame's transforms and blits; the
results differ by at most 2 of 255. If it cannot run (pixels not of 32 bits, kernels not compiled), pygame does it.
"""

import ctypes
from typing import Any, Final

import numpy as np
import pygame

from game.core.sim.arrays import ByteArray, CostArray, IntArray, WordArray
from game.core.sim.jit import Kernel, jit
from game.view import sdf
from game.view.glow import ADD

SHARE: Final = 8  # the bloom works on a picture this many times smaller
THRESHOLD: Final = 72  # light below this does not bloom
BLUR: Final = 3  # px of the small picture to either side, twice
_PIXEL: Final = 4  # bytes
_EDGE: Final = BLUR * _PIXEL  # numbers before and behind a row of the small picture
_SEVENTH: Final = 9363  # / 65536: divides a sum of seven bytes without a remainder lost
_LANES: Final = np.uint64(0x00FF00FF00FF00FF)  # four bytes, 16 bits each: a pixel of the small picture


def vignette(size: tuple[int, int]) -> pygame.Surface:
    """Return a picture that darkens the corners of the view, for a multiplying blit."""
    small = max(2, size[0] // 8), max(2, size[1] // 8)
    x, y = sdf.grid(small[0], small[1], 1)
    radius = np.hypot(x / (small[0] / 2), y / (small[1] / 2))
    light = 1 - np.clip((radius - np.float32(0.62)) / np.float32(0.86), 0, 1) ** 2 * np.float32(0.72)
    rgb = np.repeat((light * 255)[..., None], 3, axis=2)
    return pygame.transform.smoothscale(sdf.rgb_surface(rgb), size)


class PostProcessing:
    """Bloom and vignette for one size of view."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._vignette = vignette(size)
        small = max(1, size[0] // SHARE), max(1, size[1] // SHARE)
        self._small = pygame.Surface(small, 0, 32)
        self._large: pygame.Surface | None = None  # used without the kernel
        self._sums = np.zeros(size[0] * _PIXEL, np.uint16)
        self._light = np.zeros((small[1], small[0] * _PIXEL + 2 * _EDGE), np.uint16)
        self._other = self._light.copy()
        self._stretched = np.zeros((small[1], size[0] * _PIXEL), np.uint16)
        self._words = tuple(each.view(np.uint64) for each in (self._sums, self._light, self._stretched))
        self._columns = _places(size[0], small[0], BLUR)
        self._rows = _places(size[1], small[1], 0)
        self._dark = bytes_of(self._vignette)
        self._clear = _white(self._dark) if self._dark is not None else np.zeros((0, 2), np.int64)
        self._pixels: tuple[pygame.Surface, ByteArray] | None = None

    def apply(self, surface: pygame.Surface, bloom: bool) -> None:
        """Add the light to a picture of this size."""
        pixels = self._bytes_of(surface)
        if pixels is None or self._dark is None:
            self._apply_slowly(surface, bloom)
            return
        sums_wide, light_wide, stretched_wide = self._words
        if bloom:
            if surface.get_width() % SHARE or surface.get_height() % SHARE:
                pygame.transform.smoothscale(surface, self._small.get_size(), self._small)
                small = bytes_of(self._small)
                assert small is not None  # it has the picture's pixel format
                self._light[:, _EDGE:-_EDGE] = small
            else:
                shrink(pixels, self._sums, sums_wide, light_wide)
            blur(self._light, light_wide, self._other, THRESHOLD)
            blur(self._light, light_wide, self._other, 0)
            stretch(light_wide, stretched_wide, self._columns)
            add_light(pixels, self._stretched, self._dark, self._clear, self._rows)
        else:
            darken(pixels, self._dark)

    def _bytes_of(self, surface: pygame.Surface) -> ByteArray | None:
        """Return a surface's bytes; for the same surface the same array as the last time."""
        if self._pixels is None or self._pixels[0] is not surface or surface is pygame.display.get_surface():
            found = bytes_of(surface)
            if found is None:
                return None
            self._pixels = surface, found
        return self._pixels[1]

    def _apply_slowly(self, surface: pygame.Surface, bloom: bool) -> None:
        if bloom:
            if self._large is None:
                self._large = pygame.Surface(self.size, 0, 32)
            pygame.transform.smoothscale(surface, self._small.get_size(), self._small)
            self._small.fill((THRESHOLD,) * 3, special_flags=pygame.BLEND_RGB_SUB)
            blurred = pygame.transform.box_blur(pygame.transform.box_blur(self._small, BLUR), BLUR)
            pygame.transform.smoothscale(blurred, self._large.get_size(), self._large)
            surface.blit(self._large, (0, 0), special_flags=ADD)
        surface.blit(self._vignette, (0, 0), special_flags=pygame.BLEND_RGB_MULT)


def _places(length: int, small: int, first: int) -> IntArray:
    """Return between which two numbers of the small picture, from `first` on, each number of the large one is."""
    at = np.arange(length, dtype=np.int64) * (small - 1)
    return np.stack([at // length + first, at % length * 256 // length], axis=1)


def _white(picture: ByteArray) -> IntArray:
    """Return the white span of each row (height, width * 4): first byte and last + 1. Sets the fourth byte of pixels to white."""
    picture[:, 3::_PIXEL] = 255
    white = (picture.reshape(len(picture), -1, _PIXEL) == 255).all(axis=2)
    count = white.sum(axis=1)
    first = white.argmax(axis=1)
    last = white.shape[1] - white[:, ::-1].argmax(axis=1)
    span = (
        np.stack([first, np.where(last - first == count, last, first)], axis=1) * _PIXEL
    )  # one span or none
    return np.where((count > 0)[:, None], span, 0)


def bytes_of(surface: pygame.Surface) -> ByteArray | None:
    """Return the bytes of a surface, (height, width * 4), if kernels can use them; the array does not keep the surface alive.

    None unless pixels have 32 bits without alpha, in rows without gaps, and kernels are compiled.
    """
    width, height = surface.get_size()
    if not isinstance(add_light, Kernel) or surface.get_bitsize() != 8 * _PIXEL or surface.get_masks()[3]:
        return None
    if surface.get_pitch() != width * _PIXEL or surface.mustlock() or surface.get_parent() is not None:
        return None
    size = width * height * _PIXEL
    memory: Any = (ctypes.c_uint8 * size).from_address(surface._pixels_address)
    return np.frombuffer(memory, np.uint8).reshape(height, width * _PIXEL)


@jit
def shrink(pixels: ByteArray, sums: CostArray, sums_wide: WordArray, small_wide: WordArray) -> None:
    """Write the mean of each 8 × 8 pixels into the small picture."""
    row_bytes = pixels.shape[1]
    for y in range(small_wide.shape[0]):
        for half in range(2):
            first = y * SHARE + 4 * half
            a, b, c, d = pixels[first], pixels[first + 1], pixels[first + 2], pixels[first + 3]
            if half == 0:
                for n in range(row_bytes):
                    sums[n] = np.uint16(a[n]) + np.uint16(b[n]) + np.uint16(c[n]) + np.uint16(d[n])
            else:
                for n in range(row_bytes):
                    sums[n] += np.uint16(a[n]) + np.uint16(b[n]) + np.uint16(c[n]) + np.uint16(d[n])
        for x in range(small_wide.shape[1] - 2 * BLUR):
            at = x * SHARE
            total = sums_wide[at]
            for n in range(1, SHARE):
                total += sums_wide[at + n]
            small_wide[y, x + BLUR] = (total >> np.uint64(6)) & _LANES


@jit
def blur(small: CostArray, small_wide: WordArray, other: CostArray, threshold: int) -> None:
    """Replace each pixel, less the threshold, by the mean of the 7 × 7 around it; edge pixels are repeated outside."""
    height = small.shape[0]
    inner = small.shape[1] - 2 * _EDGE
    least = np.uint16(threshold)
    for y in range(height):
        row = small[y]
        out = other[y]
        for n in range(small.shape[1]):
            row[n] = max(row[n], least) - least
        for x in range(BLUR):
            small_wide[y, x] = small_wide[y, BLUR]
            small_wide[y, small_wide.shape[1] - 1 - x] = small_wide[y, small_wide.shape[1] - 1 - BLUR]
        for n in range(inner):
            total = np.uint32(row[n]) + np.uint32(row[n + 4]) + np.uint32(row[n + 8]) + np.uint32(row[n + 12])
            total += np.uint32(row[n + 16]) + np.uint32(row[n + 20]) + np.uint32(row[n + 24])
            out[n] = np.uint16((total * np.uint32(_SEVENTH)) >> np.uint32(16))
    for y in range(height):
        low, high = max(y - 3, 0), min(y + 3, height - 1)
        a, b, c = other[low], other[max(y - 2, 0)], other[max(y - 1, 0)]
        d, e, f = other[y], other[min(y + 1, height - 1)], other[min(y + 2, height - 1)]
        g = other[high]
        row = small[y]
        for n in range(inner):
            total = np.uint32(a[n]) + np.uint32(b[n]) + np.uint32(c[n]) + np.uint32(d[n])
            total += np.uint32(e[n]) + np.uint32(f[n]) + np.uint32(g[n])
            row[n + _EDGE] = np.uint16((total * np.uint32(_SEVENTH)) >> np.uint32(16))


@jit
def stretch(small_wide: WordArray, stretched_wide: WordArray, places: IntArray) -> None:
    """Stretch each row of the small picture. places (width, 2): the pixel to the left, and the part of the next, of 256."""
    for y in range(stretched_wide.shape[0]):
        row = small_wide[y]
        out = stretched_wide[y]
        for x in range(out.shape[0]):
            left = places[x, 0]
            part = np.uint64(places[x, 1])
            mixed = row[left] * (np.uint64(256) - part) + row[left + 1] * part
            out[x] = (mixed >> np.uint64(8)) & _LANES


@jit
def add_light(
    pixels: ByteArray, stretched: CostArray, dark: ByteArray, clear: IntArray, places: IntArray
) -> None:
    """Add the stretched rows and multiply by the dark picture; the fourth byte of a pixel is multiplied by 255.

    clear (height, 2): the white span of each row of the dark picture, first and last + 1. places (height, 2): the row above,
    and the part of the next, of 256.
    """
    for y in range(pixels.shape[0]):
        row = pixels[y]
        factor = dark[y]
        above = stretched[places[y, 0]]
        below = stretched[min(places[y, 0] + 1, stretched.shape[0] - 1)]
        part = np.uint16(places[y, 1])
        first, last = clear[y, 0], clear[y, 1]
        _mix(row[:first], above[:first], below[:first], factor[:first], part)
        _add(row[first:last], above[first:last], below[first:last], part)
        _mix(row[last:], above[last:], below[last:], factor[last:], part)


@jit
def _mix(row: ByteArray, above: CostArray, below: CostArray, factor: ByteArray, part: np.uint16) -> None:
    """Add the value `part` / 256 of the way from above to below, and multiply."""
    rest = np.uint16(np.uint16(256) - part)
    for n in range(row.shape[0]):  # 16 bits wide, so that LLVM processes eight or more together
        mixed = np.uint16(np.uint16(above[n] * rest) + np.uint16(below[n] * part))
        bright = np.uint16(np.uint16(row[n]) + np.uint16(mixed >> np.uint16(8)))
        bright = min(bright, np.uint16(255))
        row[n] = np.uint8(np.uint16(bright * np.uint16(factor[n]) + np.uint16(255)) >> np.uint16(8))


@jit
def _add(row: ByteArray, above: CostArray, below: CostArray, part: np.uint16) -> None:
    rest = np.uint16(np.uint16(256) - part)
    for n in range(row.shape[0]):
        mixed = np.uint16(np.uint16(above[n] * rest) + np.uint16(below[n] * part))
        bright = np.uint16(np.uint16(row[n]) + np.uint16(mixed >> np.uint16(8)))
        row[n] = np.uint8(min(bright, np.uint16(255)))


@jit
def _multiply(row: ByteArray, factor: ByteArray) -> None:
    for n in range(row.shape[0]):
        row[n] = np.uint8(
            np.uint16(np.uint16(row[n]) * np.uint16(factor[n]) + np.uint16(255)) >> np.uint16(8)
        )


@jit
def darken(pixels: ByteArray, dark: ByteArray) -> None:
    """Multiply by the dark picture."""
    for y in range(pixels.shape[0]):
        _multiply(pixels[y], dark[y])
