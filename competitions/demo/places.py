"""Where the demo's scenes and lakes are: twenty frames along the Sea of Okhotsk, and the lakes that they may show."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A scene's frame and its weather.

    Units: longitude, latitude of the centre in degrees; pixel_m metres; ice_cover the share of the open sea inside the
    ice edge, 0..1; wind_ms metres a second. `fast_ice` is whether level ice is frozen to the shore.
    """

    name: str
    title: str
    longitude: float
    latitude: float
    pixel_m: float
    ice_cover: float
    wind_ms: float
    fast_ice: bool = False


@dataclass(frozen=True)
class Lake:
    """A lake at its real position, drawn as a rounded shape of its real length, width and direction.

    Units: degrees, kilometres; azimuth of the long axis in degrees clockwise from north.
    """

    title: str
    longitude: float
    latitude: float
    length_km: float
    width_km: float
    azimuth: float


PLACES = (
    Place("train_00", "Abashiri", 144.32, 43.98, 75.0, 0.62, 5.0, fast_ice=True),
    Place("train_01", "Monbetsu", 143.50, 44.47, 50.0, 0.70, 7.5),
    Place("train_02", "Wakkanai", 141.85, 45.42, 75.0, 0.38, 10.0),
    Place("train_03", "Shiretoko, west", 144.95, 44.18, 60.0, 0.78, 4.5),
    Place("train_04", "Nemuro Strait", 145.25, 43.62, 60.0, 0.45, 6.5, fast_ice=True),
    Place("train_05", "Esashi", 142.70, 44.95, 60.0, 0.30, 11.0),
    Place("train_06", "Kunashiri, south", 145.80, 44.02, 75.0, 0.55, 8.5),
    Place("train_07", "Off Abashiri", 144.70, 44.75, 100.0, 0.72, 9.0),
    Place("train_08", "Soya Strait", 142.05, 45.72, 75.0, 0.58, 6.0),
    Place("train_09", "Kushiro and Akkeshi", 144.85, 43.08, 75.0, 0.0, 9.5),
    Place("train_10", "Okoppe", 143.12, 44.60, 50.0, 0.48, 12.0, fast_ice=True),
    Place("train_11", "Etorofu", 147.20, 44.80, 100.0, 0.40, 7.0),
    Place("test_00", "Saroma", 143.90, 44.18, 50.0, 0.66, 6.5, fast_ice=True),
    Place("test_01", "Hamatonbetsu", 142.42, 45.18, 60.0, 0.42, 10.5),
    Place("test_02", "Rausu", 145.32, 44.05, 60.0, 0.60, 8.0),
    Place("test_03", "Nemuro Peninsula", 145.70, 43.38, 60.0, 0.28, 7.0, fast_ice=True),
    Place("test_04", "Shari", 144.62, 44.00, 60.0, 0.74, 5.5),
    Place("test_05", "Cape Aniva", 143.35, 46.10, 75.0, 0.52, 11.5),
    Place("test_06", "Rishiri and Rebun", 141.25, 45.28, 60.0, 0.22, 8.0),
    Place("test_07", "Kunashiri, north", 146.35, 44.42, 75.0, 0.64, 9.0),
)
PUBLIC = ("test_00", "test_01", "test_02", "test_03")
PRIVATE = ("test_04", "test_05", "test_06", "test_07")

LAKES = (
    Lake("Saroma", 143.83, 44.13, 25.0, 8.0, 108.0),
    Lake("Notoro", 144.16, 44.05, 11.0, 7.0, 20.0),
    Lake("Abashiri", 144.17, 43.97, 10.0, 3.6, 45.0),
    Lake("Tofutsu", 144.40, 43.93, 9.0, 1.4, 105.0),
    Lake("Kussharo", 144.33, 43.62, 17.0, 6.5, 135.0),
    Lake("Mashu", 144.53, 43.58, 6.5, 3.8, 0.0),
    Lake("Akan", 144.10, 43.45, 5.5, 3.2, 60.0),
    Lake("Furen", 145.35, 43.29, 16.0, 4.0, 125.0),
    Lake("Komuke", 143.49, 44.27, 6.0, 1.2, 110.0),
    Lake("Kucharo", 142.33, 45.13, 6.0, 3.0, 20.0),
)
