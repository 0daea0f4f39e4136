#!/usr/bin/env python3
"""Writes an operator's pod report: make_report.py ROWS FILE [DAYS]. The same arguments give the same bytes; needs only Python.

Each hour has the same pods; a pod has 3 to 7 labels of one of 400 workloads, and rows are about 390 bytes long."""
import random
import sys

COLUMNS = """report_period_start report_period_end interval_start interval_end node namespace pod
pod_usage_cpu_core_seconds pod_request_cpu_core_seconds pod_limit_cpu_core_seconds
pod_usage_memory_byte_seconds pod_request_memory_byte_seconds pod_limit_memory_byte_seconds
node_capacity_cpu_cores node_capacity_cpu_core_seconds node_capacity_memory_bytes node_capacity_memory_byte_seconds
node_role resource_id pod_labels""".split()
PODS_OF_A_NODE = 75
GIB = 1 << 30


def main():
    rows, path, days = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1
    dice = random.Random(rows)
    hours = [f"2026-10-{day:02}" for day in range(1, days + 1)]
    hours = [(day, hour) for day in hours for hour in range(24)]
    pods = []
    for number in range(-(-rows // len(hours))):
        workload = dice.randrange(400)
        labels = "|".join(f"label_{key}:{key}-{workload}" for key in ["app", "tier", "team", "env", "release", "zone", "owner"][: 3 + workload % 5])
        node = number // PODS_OF_A_NODE
        pods.append((f"worker-{node}.example.com", f"namespace-{workload % 120}", f"app-{workload}-{dice.randrange(16**8):08x}-{number}", f"i-{node:016x}", labels))
    with open(path, "w") as out:
        out.write(",".join(COLUMNS) + "\n")
        written = 0
        for day, hour in hours:
            start, end = f"{day} {hour:02}:00:00 +0000 UTC", f"{day} {hour:02}:59:59 +0000 UTC"
            for node, namespace, pod, resource, labels in pods:
                if written == rows:
                    return
                used, request = dice.random() * 900, 3600 * dice.choice([0.1, 0.25, 0.5])
                memory = dice.random() * 3600 * GIB
                cells = [f"2026-10-01 00:00:00 +0000 UTC", "2026-11-01 00:00:00 +0000 UTC", start, end, node, namespace, pod]
                cells += [f"{value:.6f}" for value in (used, request, 2 * request, memory, 3600.0 * GIB / 2, 3600.0 * GIB)]
                cells += ["16.000000", "57600.000000", f"{64 * GIB}.000000", f"{64 * GIB * 3600}.000000", "worker", resource, labels]
                out.write(",".join(cells) + "\n")
                written += 1


if __name__ == "__main__":
    main()
