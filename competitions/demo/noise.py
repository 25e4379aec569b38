"""Random fields that look natural: noise with a power-law spectrum, the same for the same generator."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Field = NDArray[np.float32]


def power_noise(rng: np.random.Generator, size: int, *, exponent: float, longest: float = 0.0) -> Field:
    """Noise of mean 0 and standard deviation 1 on a (size, size) grid.

    Its amplitude falls as frequency ** -(exponent / 2); `longest` (pixels) damps everything longer, 0 for no limit.
    """
    white = rng.standard_normal((size, size), dtype=np.float32)
    spectrum = fft.rfft2(white) * spectrum_shape(size, exponent, longest)
    field = fft.irfft2(spectrum, s=(size, size))
    field -= field.mean()
    return np.asarray(field / field.std(), dtype=np.float32)


def spectrum_shape(size: int, exponent: float, longest: float) -> Field:
    frequency = np.hypot(fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None, :])
    frequency[0, 0] = 1.0
    shape = frequency ** (-exponent / 2)
    if longest:
        shape *= 1 - np.exp(-((frequency * longest) ** 2))
    shape[0, 0] = 0.0
    return np.asarray(shape, dtype=np.float32)
