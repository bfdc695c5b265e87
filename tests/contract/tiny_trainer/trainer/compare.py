"""Scores a challenger and the model in service, as the scoring job of a pipeline does."""

import argparse
import json

from trainer.model import INSTANCES, load, metrics
from trainer.objects import write


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--challenger", required=True)
    parser.add_argument("--champion")
    parser.add_argument("--scores", required=True)
    args, _ = parser.parse_known_args()
    challenger = {"uri": args.challenger, "metrics": metrics(load(args.challenger))}
    champion = None
    if args.champion:
        try:
            champion = {"uri": args.champion, "metrics": metrics(load(args.champion))}
        except (OSError, ValueError) as error:
            champion = {"uri": args.champion, "error": str(error)}
    document = {"split": "test", "rows": len(INSTANCES), "challenger": challenger, "champion": champion}
    write(args.scores, json.dumps(document).encode())


if __name__ == "__main__":
    main()
