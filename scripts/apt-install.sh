#!/bin/sh
# Installs Debian packages, as root, without a question and without starting the services that they bring.
#
#   sh scripts/apt-install.sh PACKAGE…
set -eu
export DEBIAN_FRONTEND=noninteractive

# Packages ask this script whether they may start their service; 101 means no. One that is there already is the
# machine's own and stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

install() {
  apt-get install --yes --no-install-recommends -o Dpkg::Use-Pty=0 -qq "$@"
}

# A fresh machine has no package lists, or lists that are out of date.
if ! install "$@" 2>/dev/null; then
  apt-get update -qq
  install "$@"
fi
