"""What an L-band SAR would record over a labelled scene: backscatter, noise floor, speckle, digital numbers.

A simulation with plausible values, not a model of physics. Levels are in dB of sigma nought at 35 degrees of incidence:

    surface              HH            HV         fall-off with incidence
    open water      -26 .. -13    -33 .. -25      0.40 dB a degree (HH), 0.20 (HV); brighter with the wind
    level ice            -18          -28         0.22
    pack ice             -13          -22         0.22 (HH), 0.18 (HV); 1.8 dB from floe to floe
    frozen lake          -17          -27         0.20
    plains, forest   -12, -8      -20, -14        0.10; hills brighter towards the radar
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from competitions.demo.coast import Mask
from competitions.demo.ice import Ice
from competitions.demo.noise import Field, power_noise

CALIBRATION_DB = -83.0  # dB = 20 log10(digital number) + CALIBRATION_DB
LOOKS = 5
NOISE_FLOOR_DB = {"hh": -33.0, "hv": -30.5}
MIDDLE_DEGREES = 35.0

Image = NDArray[np.uint16]


@dataclass(frozen=True)
class Surface:
    """What a scene is made of, and how the radar looks at it: incidence in degrees per column."""

    ice: Ice
    lake: Mask
    land: Mask
    incidence: Field
    wind_ms: float


def incidence_angles(size: int, *, near: float, spread: float, looks_right: bool) -> Field:
    """Incidence in degrees of every column, growing away from the radar."""
    angles = np.linspace(near, near + spread, size, dtype=np.float32)
    return angles if looks_right else angles[::-1].copy()


def simulate_backscatter(rng: np.random.Generator, surface: Surface) -> dict[str, Field]:
    """Sigma nought of HH and HV in dB, without noise and speckle."""
    size = surface.land.shape[0]
    angle = surface.incidence[None, :] - MIDDLE_DEGREES
    hh, hv = water_levels(rng, surface.wind_ms, angle, size)
    ice_hh, ice_hv = ice_levels(rng, surface.ice, angle)
    lake_hh = -17.0 + 1.0 * power_noise(rng, size, exponent=2.4) - 0.20 * angle
    land_hh, land_hv = land_levels(rng, surface.incidence, size)
    for where, level_hh, level_hv in (
        (surface.ice.is_ice, ice_hh, ice_hv),
        (surface.land, land_hh, land_hv),
        (surface.lake, lake_hh, lake_hh - 10.0),
    ):
        hh = np.where(where, level_hh, hh)
        hv = np.where(where, level_hv, hv)
    return {"hh": hh, "hv": hv}


def water_levels(rng: np.random.Generator, wind_ms: float, angle: Field, size: int) -> tuple[Field, Field]:
    gusts = (
        wind_ms + 1.6 * power_noise(rng, size, exponent=2.8) + 0.5 * power_noise(rng, size, exponent=1.6, longest=50)
    )
    hh = -27.0 + 1.05 * np.clip(gusts, 1.0, 14.0) - 0.40 * angle
    return hh, -15.0 + 0.75 * hh - 0.75 * 20.0 + 15.0 + 0.10 * angle


def ice_levels(rng: np.random.Generator, ice: Ice, angle: Field) -> tuple[Field, Field]:
    size = ice.floe.shape[0]
    ridges = power_noise(rng, size, exponent=1.4, longest=40)
    age = power_noise(rng, size, exponent=3.2)
    hh = -12.6 + 1.8 * ice.floe + 0.9 * ridges + 1.4 * age - 0.22 * angle
    hv = -21.6 + 1.5 * ice.floe + 1.3 * ridges + 1.8 * age - 0.18 * angle
    flat = 0.5 * ridges - 0.22 * angle
    return np.where(ice.level, -18.0 + flat, hh), np.where(ice.level, -28.0 + flat, hv)


def land_levels(rng: np.random.Generator, incidence: Field, size: int) -> tuple[Field, Field]:
    """Plains and forested hills; a slope that faces the radar is bright, one that faces away is dark."""
    height = power_noise(rng, size, exponent=3.3, longest=size / 4)
    relief = np.clip(1.2 * height, 0.15, 1.8)
    towards = 1.0 if incidence[0] < incidence[-1] else -1.0
    slope = towards * np.gradient(power_noise(rng, size, exponent=3.1, longest=size / 8), axis=1)
    shade = np.clip(16.0 * relief * slope, -5.0, 6.5)
    forest = 1 / (1 + np.exp(-3.0 * (height + 0.5 * power_noise(rng, size, exponent=2.2, longest=size / 6))))
    fields = 1.2 * power_noise(rng, size, exponent=1.2, longest=30)
    fall = 0.10 * (incidence[None, :] - MIDDLE_DEGREES)
    hh = -12.5 + 4.3 * forest + shade + (1 - forest) * fields - fall
    hv = -20.5 + 6.3 * forest + shade + (1 - forest) * fields - fall
    return hh, hv


def record(rng: np.random.Generator, sigma_db: Field, channel: str) -> Image:
    """Digital numbers (uint16 amplitudes) after the noise floor and LOOKS-look gamma speckle; 0 does not occur."""
    size = sigma_db.shape[1]
    bow = 1.6 * np.linspace(-1, 1, size, dtype=np.float32) ** 2  # the antenna sees the swath's edges less well
    floor = 10 ** ((NOISE_FLOOR_DB[channel] + bow) / 10)
    power = 10 ** (sigma_db / 10) + floor[None, :]
    speckle = rng.standard_gamma(LOOKS, size=sigma_db.shape, dtype=np.float32) / LOOKS
    number = np.sqrt(power * speckle) * 10 ** (-CALIBRATION_DB / 20)
    return np.clip(np.rint(number), 1, 65535).astype(np.uint16)


def decibel(image: Image) -> Field:
    """Backscatter in dB of digital numbers."""
    return np.asarray(20 * np.log10(np.maximum(image, 1), dtype=np.float32) + CALIBRATION_DB)
