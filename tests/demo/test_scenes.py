"""The simulated scenes look like what they claim to be."""

import numpy as np
import pytest
from rasterio.warp import transform as reproject

from competitions.demo.backscatter import decibel
from competitions.demo.coast import CRS, land_window, lonlat, scene_transform
from competitions.demo.ice import LAKE, LAND
from competitions.demo.places import LAKES, PLACES, PRIVATE, PUBLIC
from competitions.demo.scenes import simulate
from tests.demo.small_contests import SEED, SMALL


def level(scene, channel, where) -> float:
    return float(np.median(decibel(getattr(scene, channel))[where]))


def ice_of(scene):
    return (scene.labels >= 1) & (scene.labels <= 10)


def test_there_are_twelve_training_and_eight_test_scenes_half_of_them_public():
    names = [place.name for place in PLACES]
    assert sorted(name for name in names if name.startswith("test_")) == sorted(PUBLIC + PRIVATE)
    assert (len(names), len(PUBLIC), len(PRIVATE)) == (20, 4, 4)
    assert len(set(names)) == 20


def test_a_scene_is_the_same_for_the_same_seed_and_another_for_another(small_scenes, few_places):
    for place in few_places:
        again, other = (simulate(place, seed=seed, size=SMALL) for seed in (SEED, SEED + 1))
        first = small_scenes[place.name]
        for name in ("labels", "hh", "hv"):
            assert np.array_equal(getattr(first, name), getattr(again, name))
            assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_labels_are_water_tenths_of_ice_lake_and_land_and_every_class_occurs(small_scenes):
    seen = set()
    for scene in small_scenes.values():
        assert scene.labels.dtype == np.uint8
        seen |= set(np.unique(scene.labels).tolist())
    assert seen == {*range(11), LAKE, LAND}


def test_most_scenes_show_both_sea_and_land(small_scenes):
    shares = [np.mean(scene.labels >= LAKE) for scene in small_scenes.values()]
    assert sum(0.05 < share < 0.95 for share in shares) >= 18


def test_every_test_scene_has_ice_and_one_training_scene_has_none(small_scenes):
    ice = {name: ice_of(scene).mean() for name, scene in small_scenes.items()}
    assert all(ice[name] > 0.1 for name in PUBLIC + PRIVATE)
    assert [name for name, share in ice.items() if share == 0] == ["train_09"]


def test_ice_is_only_where_there_is_sea_and_denser_inside(small_scenes):
    scene = small_scenes["test_07"]
    ice = ice_of(scene)
    assert not np.any(ice & (scene.labels >= LAKE))
    assert np.mean(scene.labels[ice]) > 5


@pytest.mark.parametrize(
    ("town", "longitude", "latitude", "is_land"),
    [
        ("Kitami", 143.90, 43.80, True),
        ("Abashiri Bay", 144.55, 44.10, False),
        ("Rausu, in the hills", 145.05, 43.98, True),
        ("Nemuro Strait", 145.45, 44.00, False),
        ("Wakkanai, inland", 141.85, 45.25, True),
        ("Sea of Okhotsk", 145.50, 45.50, False),
    ],
)
def test_the_coastline_is_the_real_one(town, longitude, latitude, is_land):
    window = land_window()
    row, column = (int((47.5 - latitude) * 240), int((longitude - 139.5) * 240))
    assert bool(window[row, column] > 0.5) is is_land


def test_a_lake_is_where_the_map_has_it(small_scenes):
    saroma = next(lake for lake in LAKES if lake.title == "Saroma")
    scene = small_scenes["test_00"]
    (easting,), (northing,) = reproject("EPSG:4326", CRS, [saroma.longitude], [saroma.latitude])
    row = int((northing - scene.transform.f) / scene.transform.e)
    column = int((easting - scene.transform.c) / scene.transform.a)
    assert scene.labels[row, column] == LAKE


def test_pixel_centres_are_placed_to_within_a_hundredth_of_a_pixel():
    place = PLACES[0]
    transform = scene_transform(place, SMALL, 300.0)
    longitudes, latitudes = lonlat(transform, SMALL)
    rows, columns = np.array([0, 37, 200, 255]), np.array([255, 111, 9, 0])
    eastings, northings = reproject("EPSG:4326", CRS, longitudes[rows, columns], latitudes[rows, columns])
    found_columns = (np.asarray(eastings) - transform.c) / transform.a
    found_rows = (np.asarray(northings) - transform.f) / transform.e
    assert np.allclose(found_columns, columns + 0.5, atol=0.01)
    assert np.allclose(found_rows, rows + 0.5, atol=0.01)


def test_backscatter_is_plausible_for_every_surface(small_scenes):
    for name, scene in small_scenes.items():
        land, dense = scene.labels == LAND, scene.labels == 10
        if land.mean() > 0.02:
            assert -14 < level(scene, "hh", land) < -7, name
            assert -21 < level(scene, "hv", land) < -13, name
        if dense.mean() > 0.05:
            assert -17 < level(scene, "hh", dense) < -10, name
            assert -26 < level(scene, "hv", dense) < -18, name
        water = scene.labels == 0
        assert -27 < level(scene, "hh", water) < -12, name
        assert -31 < level(scene, "hv", water) < -23, name


def test_wind_makes_the_sea_bright_but_cross_polarisation_still_sees_the_ice(small_scenes):
    windy, calm = small_scenes["train_10"], small_scenes["test_04"]
    assert level(windy, "hh", windy.labels == 0) - level(calm, "hh", calm.labels == 0) > 3
    for scene in (windy, calm):
        assert level(scene, "hv", scene.labels == 10) > level(scene, "hv", scene.labels == 0) + 1.5


def test_on_average_the_sea_darkens_with_the_incidence_angle(small_scenes):
    """Near range against far range, over all scenes: in a single one a gust may hide it."""
    drops = [near_minus_far(scene) for scene in small_scenes.values()]
    assert 1.5 < np.nanmean(drops) < 5


def near_minus_far(scene) -> float:
    """Median HH of open water in the quarter next to the radar minus that in the farthest one; NaN without water."""
    quarters = [scene.labels[:, : SMALL // 4] == 0, scene.labels[:, -SMALL // 4 :] == 0]
    if min(quarter.sum() for quarter in quarters) < 500:
        return float("nan")
    left, right = (decibel(scene.hh[:, : SMALL // 4]), decibel(scene.hh[:, -SMALL // 4 :]))
    difference = float(np.median(left[quarters[0]]) - np.median(right[quarters[1]]))
    return difference if scene.incidence_degrees[0] < scene.incidence_degrees[1] else -difference


def test_speckle_has_the_spread_of_five_looks(small_scenes):
    """The variance over the squared mean of L-look intensity is 1 / L; a smooth sea comes close to it from above."""
    scene = small_scenes["test_06"]
    intensity = 10 ** (decibel(scene.hv)[scene.labels == 0].astype(float) / 10)
    assert 1 / 5 < intensity.var() / intensity.mean() ** 2 < 1.35 / 5


def test_no_pixel_is_zero_because_zero_would_mean_missing(small_scenes):
    assert all(scene.hh.min() > 0 and scene.hv.min() > 0 for scene in small_scenes.values())
