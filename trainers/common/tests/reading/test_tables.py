"""Reading tables."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trainer_common.failures import UserError
from trainer_common.reading.tables import read_table


def write_shard(path: Path, **columns: list[object]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_shards_are_read_in_order_with_the_wanted_columns_alone(tmp_path: Path) -> None:
    write_shard(tmp_path / "train" / "1.parquet", Slope=[3], Aspect=[30], split=["train"])
    write_shard(tmp_path / "train" / "0.parquet", Aspect=[10, 20], Slope=[1, 2], split=["train", "train"])
    table = read_table([str(tmp_path / "train")], ["Slope", "Aspect"])
    assert table.to_pydict() == {"Slope": [1, 2, 3], "Aspect": [10, 20, 30]}


def test_several_locations_are_read_one_after_another(tmp_path: Path) -> None:
    first, second = write_shard(tmp_path / "b.parquet", x=[1]), write_shard(tmp_path / "a.parquet", x=[2])
    assert read_table([first, second], ["x"])["x"].to_pylist() == [1, 2]


def test_csv_reads_like_parquet_and_blanks_are_missing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("Soil,Slope,extra\nC1,1,x\n,,y\n")
    assert read_table([f"{tmp_path}/rows.csv"], ["Slope", "Soil"]).to_pydict() == {
        "Slope": [1, None],
        "Soil": ["C1", None],
    }


def test_a_column_of_text_is_text_where_all_its_values_look_like_numbers(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("Soil,Slope\n4758,1\n")
    (tmp_path / "1.csv").write_text("Soil,Slope\nC1,2\n")
    table = read_table([str(tmp_path)], ["Slope", "Soil"], texts=["Soil"])
    assert table.to_pydict() == {"Slope": [1, 2], "Soil": ["4758", "C1"]}


def test_shards_may_differ_between_whole_and_broken_numbers(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("x\n1\n")
    (tmp_path / "1.csv").write_text("x\n1.5\n")
    assert read_table([str(tmp_path)], ["x"])["x"].to_pylist() == [1.0, 1.5]


def test_shards_that_disagree_on_a_type_are_a_user_error(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.parquet", x=[1])
    write_shard(tmp_path / "1.parquet", x=["one"])
    with pytest.raises(UserError, match="disagree on a column's type"):
        read_table([str(tmp_path)], ["x"])


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_misnamed_column_is_one_message_with_the_nearest_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("soil_type,Slope\nC1,1\n")
    else:
        write_shard(path, soil_type=["C1"], Slope=[1])
    with pytest.raises(UserError) as caught:
        read_table([str(path)], ["Soil_Type", "Slope"])
    message = str(caught.value)
    assert "lacks column 'Soil_Type' (nearest: 'soil_type')" in message
    assert "expected Soil_Type, Slope; found soil_type, Slope" in message
    assert "\n" not in message


def test_no_rows_is_a_user_error(tmp_path: Path) -> None:
    write_shard(tmp_path / "0.parquet", x=[])
    with pytest.raises(UserError, match=r"no rows in .*\(1 shards\).*check the split"):
        read_table([str(tmp_path)], ["x"])


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_an_unreadable_shard_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match=f"cannot read .*{name}"):
        read_table([f"{tmp_path}/{name}"], ["x"])
