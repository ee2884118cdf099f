"""Changed copies of training pictures: NumPy in, NumPy out."""

from __future__ import annotations

import numpy as np


def random_shift(images: np.ndarray, pixels: int, rng: np.random.Generator) -> np.ndarray:
    """Move each picture by its own random whole number of pixels, filling with zeros.

    Args:
        images: Array ``(batch, timesteps, features)``, any dtype; a picture is
            read as rows (timesteps) of pixels (features).
        pixels: Largest shift in either direction, in pixels; 0 moves nothing.
            Vertical and horizontal shifts are drawn independently and evenly
            from ``-pixels, ..., pixels``.
        rng: Source of the randomness.

    Returns:
        A new array of the shape and dtype of ``images``.

    Raises:
        ValueError: If ``images`` has not three axes, or ``pixels`` is negative
            or not smaller than the picture.

    Example:
        >>> import numpy as np
        >>> picture = np.zeros((1, 3, 3)); picture[0, 1, 1] = 1.0
        >>> moved = random_shift(picture, 1, np.random.default_rng(0))
        >>> moved.shape, float(moved.sum())
        ((1, 3, 3), 1.0)
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(
            "images: expected (batch, timesteps, features); "
            f"got {images.shape}: a single picture needs images[np.newaxis]"
        )
    batch, rows, columns = images.shape
    if isinstance(pixels, bool) or not isinstance(pixels, (int, np.integer)):
        raise ValueError(f"pixels: expected a whole number such as 1; got {pixels!r}")
    if not 0 <= pixels < min(rows, columns):
        raise ValueError(
            f"pixels: expected 0 to {min(rows, columns) - 1} for pictures of "
            f"{rows} rows and {columns} columns; got {pixels}"
        )
    framed = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    shifted = np.empty_like(images)
    # There are few distinct shifts, so slicing one group at a time beats a gather.
    choices = 2 * pixels + 1
    group = rng.integers(0, choices**2, size=batch)
    for index in range(choices**2):
        chosen = group == index
        top, left = divmod(index, choices)
        shifted[chosen] = framed[chosen, top : top + rows, left : left + columns]
    return shifted
