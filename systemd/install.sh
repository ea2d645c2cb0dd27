#!/bin/bash
# Installs scanpipe from this folder, without Internet. Run as root; run it again to upgrade.
#   ./install.sh [--prefix /opt/scanpipe] [--site /srv/scanpipe] [--program-only]
# --program-only: nothing outside the prefix (no Debian packages, user or service); needs no root.
set -euo pipefail
umask 022
cd "$(dirname "$(readlink -f "$0")")"

prefix=/opt/scanpipe site=/srv/scanpipe whole=yes
while (($#)); do
	case $1 in
	--prefix) prefix=$(realpath -m "$2") && shift 2 ;;
	--site) site=$(realpath -m "$2") && shift 2 ;;
	--program-only) whole= && shift ;;
	*) echo "usage: $0 [--prefix DIR] [--site DIR] [--program-only]" >&2 && exit 64 ;;
	esac
done
if [[ $whole && $(id -u) != 0 ]]; then
	echo "Run this as root: sudo $0" >&2 && exit 77
fi

if [[ $whole ]]; then # only what this server does not have: an installed package is never replaced
	missing=()
	for deb in debs/*.deb; do
		name=$(dpkg-deb -f "$deb" Package)
		dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("./$deb")
	done
	if ((${#missing[@]})); then
		echo "Installing ${#missing[@]} Debian packages ..."
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-download --no-install-recommends "${missing[@]}" >/dev/null
	fi
fi

python=${PYTHON:-python$(cat python-version)}
command -v "$python" >/dev/null || { echo "$python is missing; this installer was made for it." >&2 && exit 69; }
echo "Installing scanpipe into $prefix ..."
[[ -x $prefix/bin/python ]] || "$python" -m venv "$prefix"
"$prefix/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --upgrade 'scanpipe[cluster]'
"$prefix/bin/scanpipe" --version
[[ $whole ]] || exit 0

put() { mkdir -p "$(dirname "$2")" && sed -e "s|/opt/scanpipe|$prefix|g" -e "s|/srv/scanpipe|$site|g" "$1" >"$2"; }
put scanpipe.sysusers /etc/sysusers.d/scanpipe.conf
put scanpipe.tmpfiles /etc/tmpfiles.d/scanpipe.conf
for unit in scanpipe scanpipe-web scanpipe-worker; do put "$unit.service" "/etc/systemd/system/$unit.service"; done # the last: for a machine that only reads
systemd-sysusers scanpipe.conf
systemd-tmpfiles --create scanpipe.conf
ln -sf "$prefix/bin/scanpipe" /usr/local/bin/scanpipe
[[ ! -d /run/systemd/system ]] || { systemctl daemon-reload && systemctl try-restart scanpipe scanpipe-web; }
cat <<END
scanpipe is installed. Next:
  1. Make the site, with your own list of sections if you have one:
     runuser -u scanpipe -- $prefix/bin/scanpipe init $site
     runuser -u scanpipe -- $prefix/bin/scanpipe init $site --departments SECTIONS.csv
  2. Share the folders in $site/shares with the scanners (Samba: force user = scanpipe).
  3. See what is still missing:  runuser -u scanpipe -- $prefix/bin/scanpipe --config $site/config/scanpipe.toml doctor
  4. Make the first account:  runuser -u scanpipe -- $prefix/bin/scanpipe --config $site/config/scanpipe.toml user add NAME --role administrator --role records_manager
  5. Start it now and at every boot:  systemctl enable --now scanpipe scanpipe-web
END
