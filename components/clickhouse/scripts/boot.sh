#!/bin/bash
# Sets up the host. cloud-init runs it once, when the host starts for the first time.
set -euo pipefail
export AWS_DEFAULT_REGION='@region@' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10
umask 022

# packages: only files with the pinned checksums are installed
install -d -m 0700 /root/packages
cd /root/packages
while read -r checksum file; do
  aws s3 cp --only-show-errors "s3://@packages_bucket@/clickhouse/@version@/$file" "$file"
  echo "$checksum  $file" | sha256sum --check --strict
done <<'PACKAGES'
@packages@
PACKAGES
rpm --upgrade --force --nosignature ./*.rpm
cd /
rm -r /root/packages

# data: only an empty volume gets a new file system; one with data is just mounted
device='@device@'
if [ -n "$device" ]; then
  for _ in $(seq 120); do
    [ -b "$device" ] && break
    sleep 5
  done
  found=0
  blkid --probe "$device" || found=$?
  if [ "$found" -eq 2 ]; then
    mkfs.xfs "$device"
  elif [ "$found" -ne 0 ]; then
    echo "blkid can't tell what is on $device" >&2
    exit 1
  fi
  echo "$device /var/lib/clickhouse xfs noatime,nofail,x-systemd.device-timeout=600" >> /etc/fstab
  systemctl daemon-reload
  mount /var/lib/clickhouse
  xfs_growfs /var/lib/clickhouse
fi
# the clickhouse user's ID may differ from the one on the previous host
if [ "$(stat --format %U /var/lib/clickhouse)" != clickhouse ]; then
  chown --recursive clickhouse:clickhouse /var/lib/clickhouse
fi

# kernel settings
echo 'vm.swappiness = 1' > /etc/sysctl.d/90-clickhouse.conf
sysctl --quiet --load /etc/sysctl.d/90-clickhouse.conf
echo 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise' > /etc/tmpfiles.d/clickhouse.conf
systemd-tmpfiles --create /etc/tmpfiles.d/clickhouse.conf

systemctl daemon-reload
systemctl enable --now @units@
