# Writes test/data/files: data sets as pyarrow and Python's csv, json and gzip write them. Needs pyarrow.
import csv, gzip, json, sys
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq

out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "files")
out.mkdir(parents=True, exist_ok=True)
rows = [
    {"question": 'Tim has 2 apples, and "3" pears.\nHow many?', "answer": "2+3=5\n#### 5", "id": 1},
    {"question": "Größe: 10,5 − 0,5?", "answer": "#### 10", "id": 2},
    {"question": " spaces, kept ", "answer": "#### 1,234", "id": 3},
]
table = pa.Table.from_pylist(rows, schema=pa.schema([("question", pa.string()), ("answer", pa.string()), ("id", pa.int64())]))
for codec in ["snappy", "zstd", "gzip", "none", "brotli"]:
    pq.write_table(table, out / f"gsm8k-{codec}.parquet", compression=codec, row_group_size=2)
chats = [
    {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"},
                  {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}], "big": 2**53 + 1, "none": None},
    {"messages": [{"role": "user", "content": "3+3?"}, {"role": "assistant", "content": "6"}], "big": 7, "none": "x"},
]
pq.write_table(pa.Table.from_pylist(chats), out / "chats.parquet", data_page_version="2.0")
encodings = {"question": "DELTA_BYTE_ARRAY", "answer": "DELTA_LENGTH_BYTE_ARRAY", "id": "DELTA_BINARY_PACKED", "odd": "RLE", "half": "BYTE_STREAM_SPLIT"}
numbers = [{"question": f"What is {i} + {i}?", "answer": None if i % 7 == 3 else str(2 * i), "id": i * i, "odd": i % 2 == 1, "half": i / 2} for i in range(40)]
for version in ["1.0", "2.0"]:
    pq.write_table(pa.Table.from_pylist(numbers), out / f"encodings-{version[0]}.parquet", data_page_version=version, use_dictionary=False,
                   column_encoding=encodings, compression="none", store_schema=False, write_statistics=False)
with open(out / "problems.csv", "w", newline="", encoding="utf-8-sig") as file:
    writer = csv.DictWriter(file, ["question", "answer", "id"])
    writer.writeheader()
    writer.writerows(rows)
with open(out / "problems.tsv", "w", newline="") as file:
    writer = csv.DictWriter(file, ["question", "answer", "id"], delimiter="\t")
    writer.writeheader()
    writer.writerows(rows)
(out / "problems.json").write_text(json.dumps(rows, indent=1))
with open(out / "problems.jsonl.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
    file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
