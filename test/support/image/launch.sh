#!/bin/sh
# Starts a command as process 1 of a container, as Docker would: over this machine's root file system, which is only read.
# Runs in a mount, process-id and host-name namespace of its own, so the kernel unmounts and ends everything with it.
#
#   unshare --mount --pid --uts --fork --kill-child=KILL sh launch.sh FOLDER HOSTNAME USER:GROUP ro|rw VOLUMES COMMAND…
#
# FOLDER/upper/.files is what the image has over the host's files; FOLDER/log gets the output. VOLUMES is a list of
# HOST-FOLDER:PATH with spaces between.
set -eu
folder=$1 host=$2 user=$3 mode=$4 volumes=$5
shift 5

mount --bind "$folder" "$folder"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root
# What the administrator of this machine has set up is not what is tested.
chroot "$root" /bin/sh -eu -c '
  rm -rf /etc/supervisor/conf.d/* /etc/drainctl* /var/lib/drainctl*
  chmod -R u=rwX,go=rX /.files
  cp --archive --remove-destination /.files/. /
  rm -r /.files
'
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ "$mode" = rw ]; then
  mount -t tmpfs -o mode=0755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
fi
for volume in $volumes; do
  mkdir -p "$root${volume#*:}"
  mount --bind "${volume%%:*}" "$root${volume#*:}"
done
[ "$mode" = rw ] || mount -o remount,bind,ro "$root"
echo "$host" >/proc/sys/kernel/hostname

exec chroot --userspec="$user" --groups= "$root" "$@" >>"$folder/log" 2>&1
