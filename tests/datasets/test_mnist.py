"""MNIST rows: the values, the parts, and that nobody can spoil them."""

import dataclasses
import hashlib
import os

import numpy as np
import pytest
from sklearn.datasets import load_digits

from seqlearn.datasets import cache, inventory, load_mnist_rows, mnist, verify

# Read before the fixtures clean the settings.
FULL = os.environ.get("SEQLEARN_DATA")
PARTS = ("train", "val", "test")


@pytest.fixture
def small_mnist(monkeypatch, make_npz):
    """A file like Keras's with 60 + 20 images, and the file that it stands for."""
    rng = np.random.default_rng(1)
    content = {
        "x_train": rng.integers(0, 256, (60, 28, 28), dtype=np.uint8),
        "y_train": np.arange(60, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8)[::-1] % 10,
    }
    file = dataclasses.replace(mnist.FILE, digests=verify.digests(content))
    monkeypatch.setattr(mnist, "FILE", file)
    return content, make_npz(**content)


def arrays(data):
    return [getattr(data, f"{axis}_{part}") for axis in "xy" for part in PARTS]


def test_full_gives_scaled_rows_and_the_official_test_part(small_mnist, cache_folder, capsys):
    content, stored = small_mnist
    (cache_folder / "mnist.npz").write_bytes(stored)
    data = load_mnist_rows("full")
    assert capsys.readouterr().out == "MNIST: full, 60,000 + 10,000 images of 28 × 28 pixels\n"
    assert np.array_equal(data.x_test, (content["x_test"] / 255).astype(np.float32))
    assert data.y_test.tolist() == content["y_test"].tolist()
    assert [part.shape for part in arrays(data)[:3]] == [(55, 28, 28), (5, 28, 28), (20, 28, 28)]
    assert {part.dtype for part in arrays(data)[:3]} == {np.dtype("float32")}
    assert {part.dtype for part in arrays(data)[3:]} == {np.dtype("int64")}
    assert (data.source, data.timesteps, data.features, data.classes) == ("full", 28, 28, 10)
    assert repr(data) == (
        "MNISTRows(55 train, 5 validation, 20 test, each 28 timesteps × 28 features, full)"
    )


def test_validation_is_cut_from_train_with_its_labels(small_mnist, cache_folder):
    content, stored = small_mnist
    (cache_folder / "mnist.npz").write_bytes(stored)
    data = load_mnist_rows("full", validation=0.5, seed=3)
    label_of = {
        image.tobytes(): label
        for image, label in zip(
            (content["x_train"] / 255).astype(np.float32), content["y_train"], strict=True
        )
    }
    seen = [
        *zip(data.x_train, data.y_train, strict=True),
        *zip(data.x_val, data.y_val, strict=True),
    ]
    assert {image.tobytes() for image, _ in seen} == label_of.keys()
    assert all(label_of[image.tobytes()] == label for image, label in seen)


def test_same_line_and_same_data_wherever_it_comes_from(
    small_mnist, cache_folder, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "school"
    folder.mkdir()
    (folder / "mnist.npz").write_bytes(small_mnist[1])
    monkeypatch.setenv("SEQLEARN_DATA", str(folder))
    from_folder = load_mnist_rows()
    monkeypatch.delenv("SEQLEARN_DATA")
    assert cache.flat_path(mnist.FILE).exists()
    from_cache = load_mnist_rows()
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    for one, other in zip(arrays(from_folder), arrays(from_cache), strict=True):
        assert np.array_equal(one, other)
    assert [path.name for path in folder.iterdir()] == ["mnist.npz"]  # somebody else's folder


def test_embedded_holds_each_of_the_digits_once(capsys):
    data = load_mnist_rows("embedded")
    assert capsys.readouterr().out == (
        "MNIST: embedded stand-in, 1,797 digits of 8 × 8 pixels "
        "(full data: python -m seqlearn data)\n"
    )
    digits = load_digits()
    ours = sorted(
        (image.tobytes(), int(label))
        for part in PARTS
        for image, label in zip(getattr(data, f"x_{part}"), getattr(data, f"y_{part}"), strict=True)
    )
    theirs = sorted(
        (image.tobytes(), int(label))
        for image, label in zip((digits.images / 16).astype(np.float32), digits.target, strict=True)
    )
    assert ours == theirs
    assert (data.source, data.timesteps, data.features) == ("embedded", 8, 8)


def test_embedded_split_is_the_same_on_every_machine():
    data = load_mnist_rows("embedded")
    labels = np.concatenate([data.y_train, data.y_val, data.y_test]).astype("uint8")
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:16] == "ad4a98cba4577a6f"


def test_test_part_does_not_depend_on_the_arguments():
    first = load_mnist_rows("embedded", seed=1)
    second = load_mnist_rows("embedded", seed=2, validation=0.3)
    assert np.array_equal(first.x_test, second.x_test)
    assert not np.array_equal(first.x_val, second.x_val[: len(first.x_val)])


def test_nothing_in_the_data_can_be_changed():
    data = load_mnist_rows("embedded")
    for part in arrays(data):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = data.x_train - 1


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"source: expected .*; got 'ful'$"):
        load_mnist_rows("ful")
    with pytest.raises(ValueError, match=r"validation: .*; got 5000$"):
        load_mnist_rows("embedded", validation=5000)


@pytest.mark.skipif(not FULL, reason="SEQLEARN_DATA is not set")
def test_the_real_mnist(monkeypatch):
    monkeypatch.setenv("SEQLEARN_DATA", FULL)
    if inventory.look(mnist.FILE).state != "verified":
        pytest.skip("SEQLEARN_DATA has no MNIST")
    data = load_mnist_rows("full")
    assert [len(part) for part in arrays(data)] == [55_000, 5_000, 10_000] * 2
    assert np.bincount(data.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
    assert data.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert (data.x_test.min(), data.x_test.max()) == (0, 1)
