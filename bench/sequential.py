"""The tuning as a plain script does it: one cover type and one trial after the other, each from its CSV file.

This is what the workshop's local runner does (a data set per cover type as CSV, a random 80/20 split, scaled numbers
and one-hot categories, XGBClassifier on all cores), with a random search of as many trials around it, so that it can
be compared with the pipeline.

    python -m bench.sequential ROWS.csv TRIALS
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

_NUMERIC = 10


def prepare(rows: Path, folder: Path) -> list[Path]:
    """Write one CSV file per cover type: the features, the two categories decoded, and a 0/1 target."""
    table = pd.read_csv(rows)
    wilderness = [name for name in table if name.startswith("Wilderness_Area")]
    soil = [name for name in table if name.startswith("Soil_Type")]
    features = table.iloc[:, :_NUMERIC].copy()
    features["Wilderness_Area"] = np.argmax(table[wilderness].to_numpy(), axis=1)
    features["Soil_Type"] = np.argmax(table[soil].to_numpy(), axis=1)
    paths = []
    for cover_type in range(1, 8):
        path = folder / f"Cover_Type_{cover_type}.csv"
        features.assign(Cover_Type=(table["Cover_Type"] == cover_type).astype(int)).to_csv(path, index=False)
        paths.append(path)
    return paths


def train_evaluate(path: Path, parameters: dict[str, float], *, weighted: bool, seed: int) -> float:
    """Return the F1 of one trial on its own random test rows."""
    table = pd.read_csv(path)
    target = table.pop("Cover_Type")
    train, test, y_train, y_test = train_test_split(table, target, test_size=0.2, random_state=seed)
    numeric, categorical = list(table.columns[:_NUMERIC]), list(table.columns[_NUMERIC:])
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    preprocessor = ColumnTransformer([("scale", StandardScaler(), numeric), ("encode", encoder, categorical)])
    x_train, x_test = preprocessor.fit_transform(train), preprocessor.transform(test)
    weight = float((y_train == 0).sum() / (y_train == 1).sum()) if weighted else 1.0
    model = XGBClassifier(scale_pos_weight=weight, **parameters)
    model.fit(x_train, y_train)
    return float(f1_score(y_test, model.predict(x_test)))


def main() -> None:
    """Tune all cover types and print one JSON line: seconds and the best F1 of each."""
    rows, trials = Path(sys.argv[1]), int(sys.argv[2])
    generator = random.Random(0)
    start = time.perf_counter()
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in prepare(rows, Path(folder)):
            scores = []
            for trial in range(trials):
                parameters = {
                    "n_estimators": generator.randint(100, 300),
                    "learning_rate": generator.uniform(0.05, 0.3),
                }
                scores.append(train_evaluate(path, parameters, weighted=generator.random() < 0.5, seed=trial))
            best[path.stem] = max(scores)
    print(json.dumps({"seconds": time.perf_counter() - start, "best": best}))


if __name__ == "__main__":
    main()
