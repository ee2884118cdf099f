"""The two series: what they hold, how they are cut, and that nobody can spoil them."""

import numpy as np
import pytest
from statsmodels.datasets import co2, sunspots

from seqlearn.datasets import DataUnavailable, load_co2, load_sunspots, series


def test_sunspots_are_those_that_ship():
    loaded = load_sunspots()
    table = sunspots.load_pandas().data
    np.testing.assert_array_equal(loaded.values, table["SUNACTIVITY"])
    np.testing.assert_array_equal(loaded.dates.astype(int) + 1970, table["YEAR"])
    assert loaded.source == "full"


def test_months_are_means_of_their_weeks():
    loaded = load_co2()
    monthly = co2.load_pandas().data["co2"].resample("MS").mean()
    np.testing.assert_allclose(loaded.values, monthly)
    np.testing.assert_array_equal(loaded.dates, monthly.index.to_numpy().astype("datetime64[M]"))
    missing = [str(month) for month in loaded.dates[np.isnan(loaded.values)]]
    assert missing == ["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]


@pytest.mark.parametrize("load", [load_co2, load_sunspots])
def test_the_parts_are_the_series_in_the_order_of_time(load, capsys):
    loaded = load()
    np.testing.assert_array_equal(
        np.concatenate([loaded.train, loaded.val, loaded.test]), loaded.values
    )
    assert (np.diff(loaded.dates).astype(int) == 1).all()
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert repr(loaded).startswith(f"TimeSeries({loaded.name}, {loaded.val_start} train, ")


@pytest.mark.parametrize(
    ("load", "borders"),
    [(load_co2, ["1987-01", "1994-01"]), (load_sunspots, ["1900", "1950"])],
)
def test_the_parts_begin_at_the_dates_of_the_book(load, borders):
    loaded = load()
    assert loaded.dates[[loaded.val_start, loaded.test_start]].astype(str).tolist() == borders


def test_the_arrays_can_not_be_changed():
    loaded = load_sunspots()
    with pytest.raises(ValueError, match="read-only"):
        loaded.values[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        loaded.test[:] -= 1


def test_other_numbers_are_noticed(monkeypatch):
    table = sunspots.load_pandas()
    table.data.loc[5, "SUNACTIVITY"] += 1
    monkeypatch.setattr(sunspots, "load_pandas", lambda: table)
    with pytest.raises(DataUnavailable, match=r"sunspots: statsmodels ships other numbers"):
        load_sunspots()


def test_a_missing_dependency_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "statsmodels", None)
    with pytest.raises(DataUnavailable, match="pip install statsmodels"):
        series.load_co2()
