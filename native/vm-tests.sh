#!/usr/bin/env bash
# Runs C tests in a virtual machine with another kernel, by software emulation. The machine has no disk: its initial file
# system holds busybox, the programs, the C library of this machine and a shell script. Prints a line for each program.
# Fails unless each program has run in the machine and passed.
# Usage: [JAVA_HOME=...] [QEMU=...] vm-tests.sh KERNEL BUSYBOX PROCESSORS [NAME...]
#   KERNEL      boot/vmlinuz-* of Debian's package linux-image-*-amd64
#   BUSYBOX     bin/busybox of Debian's package busybox-static
#   NAME        a program, for instance test_sampler or asan/test_ring; all plain programs if none is named
# The environment's SPPROF_TEST and SPPROF_ORDERS_APART reach the programs. Needs qemu-system-x86, cpio, gcc. QEMU can name
# a newer emulator: 7.2 executes wrong code now and then (.ci/aarch64).
set -euo pipefail
kernel=$1 busybox=$2 processors=$3
shift 3
kernel=$(realpath "$kernel")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -eq 0 ]; then
  make -s programs-plain
  set -- $(cd target/ctest/plain && ls -d test_* | grep -v '\.')
fi
mkdir -p "$work"/root/{bin,proc,sys,dev,tmp}
ln -s bin "$work/root/sbin"
cp "$busybox" "$work/root/bin/busybox"
for name in "$@"; do
  case $name in */*) ;; *) name=plain/$name ;; esac
  make -s "target/ctest/$name"
  mkdir -p "$work/root/ctest/$(dirname "$name")"
  cp "target/ctest/$name" "$work/root/ctest/$name"
done
cp target/ctest/plain/*.so "$work/root/ctest/plain/" 2>/dev/null || true
ldconfig -p | grep -o "/[^ ]*libgcc_s\.so\.1" | head -n 1 | xargs -r -I{} cp -L --parents {} "$work/root" # pthread_exit loads it
programs=$(find "$work/root/ctest" -type f ! -name '*.so' | wc -l)
ldd $(find "$work/root/ctest" -type f -perm -100) | grep -o '/[^ :]*\.so[^ :]*' | grep -v /ctest/ | sort -u |
  while read -r library; do cp -L --parents "$library" "$work/root"; done

cat >"$work/root/init" <<INIT
#!/bin/busybox sh
export PATH=/bin ${SPPROF_TEST:+SPPROF_TEST='$SPPROF_TEST'} SPPROF_ORDERS_APART=${SPPROF_ORDERS_APART:-1}
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
ip link set lo up
echo "machine: Linux \$(uname -r), \$(uname -v), \$(nproc) processors"
for program in /ctest/*/*; do
  case \$program in *.so) continue ;; esac
  cd \$(dirname \$program)
  begun=\$(cut -d. -f1 /proc/uptime)
  \$program >/tmp/out 2>&1
  status=\$?
  [ \$status -eq 0 ] || cat /tmp/out
  echo "\${program#/ctest/}: status \$status, \$((\$(cut -d. -f1 /proc/uptime) - begun)) s, \$(tail -n 1 /tmp/out)"
done
poweroff -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initrd"
${QEMU:-qemu-system-x86_64} -machine q35 -cpu max -accel tcg,thread=multi -smp "$processors" -m 1536 -kernel "$kernel" \
  -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr" -display none -monitor none \
  -serial stdio -nic none -no-reboot </dev/null | tee "$work/log"
passed=$(grep -ac ': status 0, ' "$work/log" || true)
[ "$passed" -eq "$programs" ] || { echo "vm-tests.sh: $passed of $programs programs passed" >&2; exit 1; }
