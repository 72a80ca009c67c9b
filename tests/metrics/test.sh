#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries what `homeward metrics` writes with Debian's Prometheus: promtool reads it, and
# tests the alerts of docs/monitoring; a Prometheus collects it by HTTP, with those
# alerts. The package is fetched once into the cache (again with UPDATE=1), and is not
# installed. Everything that is started ends with this.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"

readonly PROMETHEUS=$CACHE/prometheus
readonly BIN=$PROMETHEUS/root/usr/bin
readonly MONITORING=$ROOT/docs/monitoring
readonly GOLDEN=$ROOT/userspace/cli/tests/golden/metrics.golden
# Seconds until a Prometheus must have collected something.
readonly PATIENCE=60

fetch() {
	rm -rf "$PROMETHEUS"
	mkdir -p "$PROMETHEUS/root"
	(cd "$PROMETHEUS" && apt-get download prometheus)
	dpkg-deb -x "$PROMETHEUS"/*.deb "$PROMETHEUS/root"
	rm "$PROMETHEUS"/*.deb
}

# golden TITLE: that part of what the command prints of fixed data.
golden() {
	awk -v title="== $1" '/^== / { on = $0 == title; next } on' "$GOLDEN"
}

promtool_reads_it() {
	local title
	for title in text "text without the module"; do
		golden "$title" | "$BIN/promtool" check metrics
	done
	"$BIN/promtool" check rules "$MONITORING/alerts.yml"
	"$BIN/promtool" test rules "$MONITORING/alerts.test.yml"
}

# names FILE...: of all metrics in there.
names() { grep -oh 'homeward_[a-z_]*' "$@" | sort -u; }

# What nobody tells would never alert, and show nothing.
alerts_and_dashboard_use_what_there_is() {
	local unknown
	golden text >"$work/golden"
	python3 -m json.tool "$MONITORING/dashboard.json" >/dev/null
	unknown=$(comm -23 <(names "$MONITORING/alerts.yml" "$MONITORING/dashboard.json") \
		<(names "$work/golden"))
	[ -z "$unknown" ] || die "no such metric: $unknown"
}

# serve_golden: what a host with the module tells, as OpenMetrics.
serve_golden() {
	golden openmetrics >"$work/openmetrics"
	exec python3 - "$work/openmetrics" "$work/golden.port" <<-'END'
		import http.server, sys
		text = open(sys.argv[1], "rb").read()
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200)
		        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0")
		        self.end_headers()
		        self.wfile.write(text)
		server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		open(sys.argv[2], "w").write(str(server.server_port))
		server.serve_forever()
	END
}

# serve_own: what this host tells, which has the module or not. One that has it tells root only.
serve_own() { exec "$HOMEWARD" metrics --listen 0 2>"$work/own.log"; }

# eventually COMMAND...: until it succeeds.
eventually() {
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || die "not within $PATIENCE s: $*"
		sleep 0.3
	done
}

own_port() { sed -n 's|.*http://127.0.0.1:\([0-9]*\)/metrics$|\1|p' "$work/own.log" | grep .; }
golden_port() { cat "$work/golden.port" 2>/dev/null; }

collect() {
	cat >"$work/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$MONITORING/alerts.yml"]
		scrape_configs:
		  - job_name: homeward
		    static_configs:
		      - targets: ["127.0.0.1:$(own_port)", "127.0.0.1:$(golden_port)"]
	END
	"$BIN/promtool" check config "$work/prometheus.yml"
	exec "$BIN/prometheus" --config.file "$work/prometheus.yml" --storage.tsdb.path "$work/data" \
		--web.listen-address 127.0.0.1:"$port" --log.level warn
}

# says EXPRESSION: its values, one a line.
says() {
	"$BIN/promtool" query instant "http://127.0.0.1:$port" "$1" 2>/dev/null |
		sed -n 's/.* => \([^ ]*\) .*/\1/p'
}

is() { [ "$(says "$1")" = "$2" ]; }

a_prometheus_collects_it() {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	serve_golden & started+=($!)
	serve_own & started+=($!)
	eventually own_port >/dev/null
	eventually golden_port >/dev/null
	collect & started+=($!)
	eventually is 'sum(up{job="homeward"})' 2
	eventually is 'count(homeward_up)' 2
	is 'homeward_born_total' 12 || [ -e /sys/module/homeward ] || die "no count of the golden host"
	is 'homeward_namespace_states{state="dying"} > 0' 1 || die "no labels"
	# Of the golden host a device is stuck.
	eventually is 'count(ALERTS{alertname="HomewardDeviceStuck"})' 1
}

end() {
	local status=$? pid
	# The test that ended may have its own standard error.
	[ "$status" -eq 0 ] || { cat "$work/log"; echo "failed: $test"; } >&3
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$work"
	return "$status"
}

main() {
	HOMEWARD=${HOMEWARD:-$ROOT/target/release/homeward}
	[ -x "$HOMEWARD" ] || die "build it first: make userspace"
	if [ -n "${UPDATE:-}" ] || [ ! -x "$BIN/promtool" ]; then
		have apt-get || die "there is no apt here, and so no Prometheus"
		step "Fetching Prometheus" prometheus fetch
	fi
	work=$(mktemp -d)
	started=() test=
	: >"$work/log"
	exec 3>&2
	trap end EXIT
	for test in promtool_reads_it alerts_and_dashboard_use_what_there_is a_prometheus_collects_it; do
		"$test" >"$work/log" 2>&1
		say "ok: $test"
	done
}

main "$@"
