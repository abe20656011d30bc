# Gives the browsers of a private mount namespace (`unshare --mount --propagation private`) one serial port, and then becomes
# the program that carries its bytes. The folder has that program (wire) and what the browser is to read (policy.json, usb).
#
# Chromium asks libudev for terminals, and keeps those whose driver /proc/tty/drivers calls serial. Here that is one idle virtual
# console, whose entry in sysfs leads to a file of ours; the machine's own ports have another driver then, and are never touched.
set -eu
folder=$1

# The lock keeps others who do the same to their own consoles: messages of plug and unplug reach all browsers of the machine.
minor=63
while exec 9<"/sys/devices/virtual/tty/tty$minor/uevent" && ! flock -n 9; do
  minor=$((minor - 1))
done
entry=/devices/virtual/tty/tty$minor

{
  printf 'MAJOR=4\nMINOR=%s\nDEVNAME=%s/port\n' "$minor" "$folder"
  cat "$folder/usb"
} >"$folder/uevent"
{
  grep -v ' serial$' /proc/tty/drivers
  echo "emulated /dev/emulated 4 $minor serial"
} >"$folder/drivers"
mount --bind "$folder/uevent" "/sys$entry/uevent"
mount --bind "$folder/drivers" /proc/tty/drivers
mount -t tmpfs policies /etc/chromium
mkdir -p /etc/chromium/policies/managed
cp "$folder/policy.json" /etc/chromium/policies/managed/

exec "$folder/wire" "$folder" "$entry"
