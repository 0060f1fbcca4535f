import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.core.errors import ConfigError, UnreadableFileError

DTYPES = st.sampled_from([np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5, alphabet="ab.ü"),
        DTYPES.flatmap(lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0))),
        min_size=1,
        max_size=4,
    )
)
def test_tensors_are_read_as_they_were_written(tmp_path, tensors):
    write_tensors(tmp_path / "a.safetensors", tensors)

    read, facts = read_tensors(tmp_path / "a.safetensors")

    assert facts == {}
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert (read[name].dtype, read[name].shape) == (tensor.dtype, tensor.shape)
        assert np.array_equal(read[name], tensor, equal_nan=tensor.dtype.kind == "f")


def test_views_are_written_as_they_look(tmp_path):
    table = np.arange(12.0).reshape(3, 4)

    write_tensors(tmp_path / "a.safetensors", {"column": table[:, 1], "turned": table.T})

    read, _ = read_tensors(tmp_path / "a.safetensors")
    assert read["column"].tolist() == [1, 5, 9]
    assert np.array_equal(read["turned"], table.T)


def test_facts_are_a_json_document(tmp_path):
    facts = {"step": 3, "rate": 0.1, "best": None, "history": [{"epoch": 1}], "name": "ü"}

    write_tensors(tmp_path / "a.safetensors", {"x": np.zeros(2)}, facts)

    assert read_tensors(tmp_path / "a.safetensors")[1] == facts


def test_facts_that_json_cannot_say_leave_the_earlier_file(tmp_path):
    write_tensors(tmp_path / "a.safetensors", {"x": np.ones(1)})

    with pytest.raises(ValueError, match="JSON"):
        write_tensors(tmp_path / "a.safetensors", {"x": np.zeros(1)}, {"loss": float("nan")})

    assert read_tensors(tmp_path / "a.safetensors")[0]["x"].tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_the_same_tensors_are_the_same_bytes(tmp_path):
    tensors = {"b": np.arange(5), "a": np.ones((2, 3), np.float32)}

    write_tensors(tmp_path / "one", tensors, {"x": 1})
    write_tensors(tmp_path / "two", dict(reversed(tensors.items())), {"x": 1})

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_who_may_read_other_files_may_read_tensors(tmp_path):
    before = os.umask(0o022)
    try:
        write_tensors(tmp_path / "a.safetensors", {"x": np.zeros(1)})
    finally:
        os.umask(before)

    assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_missing_folder_is_an_error_of_the_request(tmp_path):
    with pytest.raises(ConfigError, match="there is no folder"):
        write_tensors(tmp_path / "no" / "a.safetensors", {})


@pytest.mark.parametrize(
    "damage", [lambda _: b"", lambda whole: whole[:-1], lambda whole: b"\xff" * len(whole)]
)
def test_a_broken_file_is_named(tmp_path, damage):
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"x": np.arange(9.0)}, {"step": 1})

    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(UnreadableFileError, match="cannot be read as safetensors") as caught:
        read_tensors(path)
    assert repr(str(path)) in caught.value.message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="nowhere"):
        read_tensors(tmp_path / "nowhere")
