#!/bin/sh
# Boots the machine that lies in a folder. Runs in a mount and a process-id namespace of its own, so the kernel unmounts
# everything and ends everything when it ends, however it ends.
#
#   unshare --mount --pid --fork --kill-child=KILL --mount-proc sh launch.sh FOLDER NAME CGROUP…
#
# FOLDER/upper is what differs from this machine's own root file system. That is only read.
set -eu
folder=$1 name=$2
shift 2

# A mount of its own, and so still writable below; systemd-nspawn leaves its locks in /run.
mount --bind "$folder" "$folder"
mount -t tmpfs tmpfs /run
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
# From here on nothing can write to this machine's files, not even by a link that leads out of the machine under test.
mount -o remount,bind,ro /

# What the administrator of this machine has set up is not what is tested. Units come from packages and from the test.
# Whatever the umask was, files can be read by all: what runs in the machine runs as several users.
if [ -e "$folder/upper/.files" ]; then
  chroot "$folder/root" /bin/sh -eu -c '
    rm -rf /etc/systemd/system/* /etc/rc?.d/* /etc/supervisor/conf.d/* /etc/drainctl* /var/lib/drainctl* /var/log/supervisor/*
    chmod -R u=rwX,go=rX /.files
    cp --archive --remove-destination /.files/. /
    rm -r /.files
  '
fi

# Each machine needs control groups of its own: two systemds in one would take the other's processes for theirs.
for cgroup; do echo $$ >"$cgroup/cgroup.procs"; done

# The host need not have a systemd, nor know of this machine. Debian's own systemd runs on the unified hierarchy, too.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --directory="$folder/root" --machine="$name" \
  --private-network --boot systemd.unit=multi-user.target
