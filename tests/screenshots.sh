#!/usr/bin/env bash
# Takes the screenshots in docs/ from the real window, whose peers are Python programs.
#
#   tests/screenshots.sh PROGRAM [FOLDER]
#
# Needs a display (`.ci/with-display` provides one), xdotool, ImageMagick and python3.
set -euo pipefail
program=$(realpath "$1")
out=$(realpath -m "${2:-$(dirname "$0")/../docs}")
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
mkdir -p "$out"

# settings LANGUAGE THEME VIEW ENCODING PAYLOAD FORMAT: one server, one client, one UDP tab.
settings() {
  export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
  # Otherwise this window would offer to recover the recordings of the previous one.
  rm -rf "$XDG_DATA_HOME"
  mkdir -p "$XDG_CONFIG_HOME/wirelab"
  cat >"$XDG_CONFIG_HOME/wirelab/settings.toml" <<TOML
language = "$1"
theme = "$2"
[window]
width = 1080.0
height = 700.0
[[tabs]]
kind = "tcp-server"
local_address = "127.0.0.1"
local_port = "7788"
view = "$3"
encoding = "$4"
payload = "$5"
payload_format = "$6"
line_ending = "crlf"
[[tabs]]
kind = "tcp-client"
remote_host = "127.0.0.1"
remote_port = "502"
[[tabs]]
kind = "udp"
local_address = "127.0.0.1"
local_port = "9000"
TOML
}

# open ARGUMENTS…: starts the window, waits until it is visible, and focuses it.
open() {
  "$program" gui "$@" 2>"$work/errors" &
  window_pid=$!
  pids+=("$window_pid")
  for _ in $(seq 200); do
    window=$(xdotool search --onlyvisible --pid "$window_pid" 2>/dev/null | head -n 1 || true)
    [ -n "$window" ] && break
    kill -0 "$window_pid" || { cat "$work/errors" >&2; exit 1; }
    sleep 0.1
  done
  [ -n "$window" ] || { echo "no window appeared" >&2; exit 1; }
  xdotool windowmove --sync "$window" 0 0 windowfocus --sync "$window"
  sleep 1
}

# shoot NAME: saves a screenshot of the window.
shoot() {
  sleep 0.7
  import -window "$window" -strip "$out/$1.png"
  [ "$(identify -format '%k' "$out/$1.png")" -gt 16 ] || { echo "$1.png is empty" >&2; exit 1; }
  echo "$out/$1.png"
}

close() {
  kill "$window_pid"
  wait "$window_pid" || true
}

# devices ENCODING: two clients of the window that send text and bytes; some characters are split between writes.
devices() {
  python3 - "$1" <<'PY' &
import socket, sys, time
encoding = sys.argv[1]
meter, panel = (socket.create_connection(("127.0.0.1", 7788)) for _ in range(2))
def say(who, data):
    who.sendall(data)
    time.sleep(0.15)
say(meter, "hello 世界\r\n".encode(encoding))
say(panel, bytes.fromhex("0103000A0001A408"))
text = "温度 23.5 ℃，湿度 41 %\r\n".encode(encoding)
say(meter, text[:5])
say(meter, text[5:])
say(panel, b"\x02STATUS\x03\xff\xfe" + bytes([0x10, 0x83]) + b"\r\n")
for who in meter, panel:
    who.settimeout(20)
    try:
        while who.recv(4096):
            pass
    except OSError:
        pass
PY
  pids+=("$!")
  sleep 1.5
}

# talk: sends the payload.
talk() {
  xdotool key --window "$window" F8
  sleep 0.3
  xdotool key --window "$window" ctrl+Return
}

settings en light auto UTF-8 "read status" text
open --listen 127.0.0.1:7788
devices utf-8
talk
shoot window
close

settings en dark both UTF-8 "01 03 00 0A 00 01 A4 08" hex
open --listen 127.0.0.1:7788
devices utf-8
talk
shoot window-dark-both
close

settings zh-CN light hex GBK "查询状态" text
open --listen 127.0.0.1:7788
devices gbk
talk
shoot window-chinese-hex
close

settings en light text UTF-8 "" text
python3 -c 'import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 7788)); s.listen(); time.sleep(60)' &
pids+=("$!")
sleep 0.5
open --listen 127.0.0.1:7788
shoot window-port-in-use
close
