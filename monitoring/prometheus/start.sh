#!/bin/sh
# Starts Prometheus on the processes named by TARGET_1="service host:port", TARGET_2=…: its configuration has no variables of its own.
set -eu
env | sed -n 's/^TARGET_[0-9]*=\([a-z-]*\) \(.*\)$/- targets: ["\2"]\n  labels: { service: "\1" }/p' >/tmp/targets.yml
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus --storage.tsdb.retention.time=30d
