#!/usr/bin/env bash
# Types Chinese into the window on a virtual screen: X11, XIM and fcitx5 with pinyin.
#
# usage: tests/ime.sh target/debug/wirelab gui --connect 127.0.0.1:PORT
#
# The word PORT inside an argument becomes the port of a listener that this script starts. The script waits
# for the program's connection and window, focuses the payload field, turns pinyin on (Ctrl+Space), types
# "nihao" and a space, sends (Ctrl+Enter), and succeeds if the listener received exactly 你好 in GBK
# (a line ending after it is allowed). The program starts with an empty home folder and must send in GBK:
# say so by its arguments, or in IME_SETUP.
#
# Settings, as environment variables:
#   IME_CLICK       focus by a click: "x,y" in the window; a negative number counts from the right or bottom edge
#   IME_FOCUS_KEYS  focus by keys, after the click if both are given: "ctrl+l Tab Tab" (xdotool's key names)
#   IME_TYPE        what to type while pinyin is on          (nihao)
#   IME_SEND_KEYS   the keys that send                               (ctrl+Return)
#   IME_EXPECT_HEX  the bytes that must arrive, in hex       (c4e3bac3)
#   IME_SETUP       a shell command run before the program, in its environment (HOME, XDG_CONFIG_HOME)
#   IME_KEEP        a folder that gets the logs and a picture of the screen at the end
#   IME_DEADLINE    seconds allowed for each wait            (20)
#
# Exit code: 0 typed and received, 1 not, 2 the harness itself could not be set up.
# Missing Debian packages are installed (as root, or with sudo).
set -euo pipefail

# F8 puts the cursor into the payload field.
: "${IME_FOCUS_KEYS=F8}"

exec 4>&2 # Standard error, for functions that until_true runs with theirs redirected.
deadline_seconds=${IME_DEADLINE:-20}
expected_hex=$(printf '%s' "${IME_EXPECT_HEX:-c4e3bac3}" | tr -d ' ' | tr 'A-F' 'a-f')
work=$(mktemp -d)
pids=()

say() { printf 'ime: %s\n' "$*" >&2; }

finish() {
    local code=$? index tries
    trap - EXIT
    if [ -n "${IME_KEEP:-}" ]; then
        mkdir -p "$IME_KEEP"
        [ -z "${DISPLAY_OF_TEST:-}" ] || ! command -v import >/dev/null ||
            import -display "$DISPLAY_OF_TEST" -window root "$IME_KEEP/screen.png" || true
        cp "$work"/*.log "$work"/received "$IME_KEEP"/ 2>/dev/null || true
    fi
    # In reverse order, so that no program loses its display or bus while it runs. A program that does not end within
    # five seconds of SIGTERM is killed.
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        kill "${pids[index]}" 2>/dev/null || continue
        for ((tries = 0; tries < 50; tries++)); do
            kill -0 "${pids[index]}" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "${pids[index]}" 2>/dev/null || true
        wait "${pids[index]}" 2>/dev/null || true
    done
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

broken() {
    say "$*"
    exit 2
}

failed() {
    say "FAILED: $*"
    [ ! -s "$work/program.log" ] || { say "the program's last lines:" && tail -n 15 "$work/program.log" >&2; }
    say "set IME_KEEP to a folder for all logs and a picture of the screen"
    exit 1
}

# until_true COMMAND...: repeats the command until it succeeds; fails after the deadline.
until_true() {
    local end=$((SECONDS + deadline_seconds))
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# start NAME COMMAND...: runs the command in the background with its own log, to be ended by `finish`.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pids+=($!)
}

install_missing() {
    local pair missing=()
    for pair in Xvfb:xvfb openbox:openbox xdotool:xdotool dbus-daemon:dbus-daemon fcitx5:fcitx5 python3:python3; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [ -e /usr/share/fcitx5/inputmethod/pinyin.conf ] || missing+=(fcitx5-pinyin)
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" \
        >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2 && broken "the packages could not be installed"; }
}

[ $# -gt 0 ] || broken "usage: $0 PROGRAM [ARGUMENT...]"
[ -n "${IME_CLICK:-}${IME_FOCUS_KEYS:-}" ] || broken "set IME_CLICK or IME_FOCUS_KEYS, so that the field can be focused"
install_missing

# An empty home folder: the program and fcitx5 neither read nor change the user's settings.
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_DATA_HOME=$work/home/.local/share
export XDG_CACHE_HOME=$work/home/.cache XDG_RUNTIME_DIR=$work/run
mkdir -p "$XDG_CONFIG_HOME/fcitx5" "$XDG_DATA_HOME" "$XDG_CACHE_HOME"
mkdir -m 700 "$XDG_RUNTIME_DIR"
cat >"$XDG_CONFIG_HOME/fcitx5/profile" <<'PROFILE'
[Groups/0]
Name=Default
Default Layout=us
DefaultIM=pinyin

[Groups/0/Items/0]
Name=keyboard-us
Layout=

[Groups/0/Items/1]
Name=pinyin
Layout=

[GroupOrder]
0=Default
PROFILE
cat >"$XDG_CONFIG_HOME/fcitx5/config" <<'CONFIG'
[Hotkey/TriggerKeys]
0=Control+space

[Behavior]
ActiveByDefault=False
ShareInputState=No
CONFIG

# XIM needs a locale that the X library knows. With WAYLAND_DISPLAY the program would open on another screen.
unset WAYLAND_DISPLAY GTK_IM_MODULE QT_IM_MODULE
export LANG=C.UTF-8 LC_ALL=C.UTF-8 XMODIFIERS=@im=fcitx LIBGL_ALWAYS_SOFTWARE=1

# The listener writes the files "port", then "connected", then "received".
cat >"$work/listener.py" <<'PYTHON'
import socket
import sys

work = sys.argv[1]
with socket.create_server(("127.0.0.1", 0)) as listener:
    with open(work + "/port", "w") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    stream, _ = listener.accept()
    with open(work + "/received", "wb", buffering=0) as received:
        open(work + "/connected", "w").close()
        while data := stream.recv(65536):
            received.write(data)
PYTHON
start listener python3 "$work/listener.py" "$work"
until_true test -s "$work/port" || broken "the listener did not start"
port=$(cat "$work/port")

start xvfb Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3>"$work/display"
until_true test -s "$work/display" || broken "Xvfb did not start: $(tail -n 3 "$work/xvfb.log")"
DISPLAY_OF_TEST=:$(tr -d '[:space:]' <"$work/display")
export DISPLAY=$DISPLAY_OF_TEST

# Without service folders the bus starts no services that would outlive this script.
cat >"$work/bus.conf" <<BUS
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$XDG_RUNTIME_DIR/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
BUS
start bus dbus-daemon --nofork --config-file="$work/bus.conf"
until_true test -S "$XDG_RUNTIME_DIR/bus" || broken "the session bus did not start"
export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus

start openbox openbox --sm-disable
desktop_is_up() { xdotool get_desktop >"$work/desktop"; }
until_true desktop_is_up || broken "openbox did not start"
start fcitx5 fcitx5 --disable=wayland,waylandim,kimpanel,notificationitem
fcitx5_is_up() { [ "$(fcitx5-remote -q)" = Default ]; }
until_true fcitx5_is_up || broken "fcitx5 did not start: $(tail -n 3 "$work/fcitx5.log")"

# The setup if IME_SETUP is empty: a tab in GBK, whose encoding new tabs take over.
gbk_tab() {
    mkdir -p "$XDG_CONFIG_HOME/wirelab"
    printf '[[tabs]]\nencoding = "GBK"\n' >"$XDG_CONFIG_HOME/wirelab/settings.toml"
}
if [ -n "${IME_SETUP:-}" ]; then sh -c "$IME_SETUP" || broken "IME_SETUP failed"; else gbk_tab; fi
start program "${@//PORT/$port}"
program_pid=${pids[-1]}

program_window() {
    kill -0 "$program_pid" || failed "the program ended before it showed a window" 2>&4
    window=$(xdotool search --onlyvisible --pid "$program_pid" | head -n 1) && [ -n "$window" ]
}
until_true program_window || failed "the program showed no window"
until_true test -e "$work/connected" || failed "the program did not connect to 127.0.0.1:$port"
xdotool windowactivate --sync "$window"

if [ -n "${IME_CLICK:-}" ]; then
    eval "$(xdotool getwindowgeometry --shell "$window" | grep -E '^(WIDTH|HEIGHT)=')"
    click_x=${IME_CLICK%%,*} click_y=${IME_CLICK##*,}
    [ "$click_x" -ge 0 ] || click_x=$((WIDTH + click_x))
    [ "$click_y" -ge 0 ] || click_y=$((HEIGHT + click_y))
    xdotool mousemove --window "$window" "$click_x" "$click_y" sleep 0.2 click 1
fi
for keys in ${IME_FOCUS_KEYS:-}; do
    xdotool key --delay 100 "$keys"
done

# Ctrl+Space has no effect until the field has an input context, so the key is pressed again until fcitx5 reports that
# pinyin is on.
pinyin_is_on() { [ "$(fcitx5-remote -n)" = pinyin ] && [ "$(fcitx5-remote)" = 2 ]; }
turn_pinyin_on() {
    pinyin_is_on && return
    xdotool key ctrl+space
    sleep 0.5
    pinyin_is_on
}
until_true turn_pinyin_on || failed "pinyin could not be turned on: the field has no focus, or no input context"

# The delays are the pace of a typist; no check depends on them.
xdotool type --delay 120 "${IME_TYPE:-nihao}"
sleep 0.3
xdotool key space
sleep 0.3
xdotool key "${IME_SEND_KEYS:-ctrl+Return}"

received_hex() { od -An -v -tx1 "$work/received" | tr -d ' \n'; }
received_expected() {
    local hex
    hex=$(received_hex)
    [ "$hex" = "$expected_hex" ] || [ "$hex" = "${expected_hex}0a" ] ||
        [ "$hex" = "${expected_hex}0d" ] || [ "$hex" = "${expected_hex}0d0a" ]
}
until_true received_expected || failed "expected $expected_hex, received '$(received_hex)'"
say "received $(received_hex)"
