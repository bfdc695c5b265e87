"""Does on request everything that a trainer can do to a tuning service, in milliseconds."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--x", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--metric", default="score")
    parser.add_argument("--value", help="what to report instead of -(x - 0.3)^2")
    parser.add_argument("--exit", type=int, default=0)
    parser.add_argument("--crash", action="store_true")
    parser.add_argument("--die", action="store_true", help="end by a signal")
    parser.add_argument("--wait-for", type=Path, help="go on when this file exists")
    parser.add_argument("--hang", action="store_true", help="never end by itself")
    parser.add_argument("--hang-when-bad", action="store_true", help="hang where x is above 0.5, after reporting")
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--child", action="store_true", help="leave a child process running")
    parser.add_argument("--show", nargs="*", default=[], help="variables to print")
    parser.add_argument("--pid-file", type=Path)
    args, _ = parser.parse_known_args()

    shown = {"argv": sys.argv[1:], "env": {name: os.environ.get(name) for name in args.show}}
    sys.stdout.write(json.dumps(shown) + "\n")
    if args.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) if args.child else None
    if args.pid_file:
        with args.pid_file.open("a") as file:
            file.write(f"{os.getpid()}\n" + (f"{child.pid}\n" if child else ""))
    if args.crash:
        raise RuntimeError("the trainer crashed as it was told to")
    if args.die:
        os.kill(os.getpid(), signal.SIGKILL)
    report(args)
    while args.wait_for and not args.wait_for.exists():
        time.sleep(0.01)
    if args.hang or (args.hang_when_bad and args.x > 0.5):
        while True:
            signal.pause()
    sys.exit(args.exit)


def report(args):
    """Write what cloudml-hypertune writes."""
    path = os.environ.get("CLOUD_ML_HP_METRIC_FILE")
    if not path or args.metric == "none":
        return
    final = args.value if args.value is not None else str(-((args.x - 0.3) ** 2))
    records = [
        {"timestamp": time.time() + step / 1000, "trial": "1", args.metric: final, "global_step": str(step)}
        for step in range(1, args.steps + 1)
    ]
    Path(path).write_text("".join(json.dumps(record) + "\n" for record in records))


if __name__ == "__main__":
    main()
