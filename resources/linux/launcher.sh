#!/bin/sh
# Starts Forcewright's window, or says why it cannot open. Chromium's sandbox needs user namespaces that anybody may
# make, or its helper chrome-sandbox with root's rights; without both the program would end before it can say anything
# (an AppImage on Ubuntu 24.04: electron/electron #42510).
here=$(dirname "$(readlink -f "$0")")
program="$here/forcewright-window"
settings=${FORCEWRIGHT_PROC_SYS:-/proc/sys}

setting() {
  cat "$settings/$1" 2>/dev/null
}

say() {
  printf '%s\n' "$1" >&2
  if [ -n "$DISPLAY$WAYLAND_DISPLAY" ]; then
    if command -v zenity >/dev/null 2>&1; then zenity --error --no-wrap --title=Forcewright --text="$1" 2>/dev/null
    elif command -v kdialog >/dev/null 2>&1; then kdialog --title Forcewright --error "$1" 2>/dev/null
    elif command -v xmessage >/dev/null 2>&1; then xmessage -center "$1" 2>/dev/null
    elif command -v notify-send >/dev/null 2>&1; then notify-send Forcewright "$1" 2>/dev/null
    fi
  fi
  exit 1
}

for argument in "$@"; do
  [ "$argument" = --no-sandbox ] && exec "$program" "$@"
done
if [ "$(id -u)" = 0 ] && [ -z "$FORCEWRIGHT_PROC_SYS" ]; then
  say "Forcewright's window does not run as root. Start it as an ordinary user."
fi
forbidden=no
[ "$(setting kernel/unprivileged_userns_clone)" = 0 ] && forbidden=yes
[ "$(setting user/max_user_namespaces)" = 0 ] && forbidden=yes
[ "$(setting kernel/apparmor_restrict_unprivileged_userns)" = 1 ] && forbidden=yes
# the helper of an installed package: owned by root, with its rights
if [ $forbidden = yes ] && [ -u "$here/chrome-sandbox" ] && [ "$(stat -c %u "$here/chrome-sandbox")" = 0 ]; then
  forbidden=no
fi
if [ $forbidden = yes ]; then
  say "This system does not let the sandbox of Forcewright's window work. Install the .deb package, which brings what it needs, or allow user namespaces until the next start: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
fi
exec "$program" "$@"
