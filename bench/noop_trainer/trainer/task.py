"""Import what a trainer imports, and report a metric."""

import argparse

import hypertune
import sklearn.metrics
import xgboost

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--x", type=float, required=True)
    flags = parser.parse_args()
    assert xgboost.DMatrix
    assert sklearn.metrics.f1_score
    hypertune.HyperTune().report_hyperparameter_tuning_metric("score", flags.x, 1)
